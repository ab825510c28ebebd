/**
 * Says whether a mirrored commit could run: the checker over all of its files. Runs nothing.
 */
import { toFailure } from '#engine/core/error.ts'
import type { Problem } from '#engine/core/problem.ts'
import type { MirrorContent } from '#engine/mirror/sync/store.ts'
import type { Compile } from '#engine/mirror/sync/sync.ts'
import { checkAll } from '#engine/host/repository/check-all.ts'

import { filesOfManifest } from './files.ts'

export function compiler(content: Pick<MirrorContent, 'get'>): Compile {
  return async (manifest, { name }) => {
    try {
      const files = filesOfManifest(content, { manifest, label: `mirror:${name}` })
      const { flows, problems } = await checkAll({ files })
      const errors = problems.filter(({ severity }) => severity === 'error')
      const [first] = errors
      return first === undefined ? { flows } : { flows, problem: told(first, errors.length - 1) }
    } catch (thrown) {
      // What is too large to be checked at all is a mistake of the commit, too.
      const { message } = toFailure(thrown, 'MIRROR_COMPILE_FAILED')
      return { flows: 0, problem: { code: 'MIRROR_COMPILE_FAILED', message } }
    }
  }
}

/** The first mistake with its place, and how many more there are. */
function told(
  { code, message, file }: Problem,
  more: number,
): { readonly code: string; readonly message: string } {
  const where = file === undefined ? '' : `${file}: `
  const rest = more === 0 ? '' : ` And ${more} more.`
  return { code: 'MIRROR_COMPILE_FAILED', message: `${where}${message} (${code})${rest}` }
}
