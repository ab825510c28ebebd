/**
 * One side of a change: the flows of a repository as the comparison wants them.
 */
import { hasErrors } from '#engine/core/problem.ts'
import { isObject } from '#engine/core/json.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import type { FlowVersion, Side } from '#engine/plan/change/change.ts'
import type { BundleCache } from '#engine/sandbox/bundle.ts'

import type { Files } from './files.ts'
import { openLoader, settled, type Loader } from './load.ts'
import { worldOf } from './world.ts'

export interface SideWish {
  readonly files: Files
  /** Which flow files are looked at; absent means all. */
  readonly isWanted?: (file: string) => boolean
  readonly cache?: BundleCache
}

/** Reads, checks and compiles the flows of `files`; runs nothing. */
export async function readSide({ files, isWanted, cache }: SideWish): Promise<Side> {
  return await settled(files, async () => {
    const loader = openLoader(files, cache)
    const side = new Map<string, FlowVersion>()
    for (const file of loader.catalog.flowFiles()) {
      if (isWanted?.(file) === false && !callsFlows(files.readText(file))) continue
      const version = await versionOf(loader, files, file)
      if (version !== undefined && !side.has(version.id)) side.set(version.id, version)
    }
    return side
  })
}

/** Whether a flow may call another one, whose change is its change too. */
function callsFlows(text: string | undefined): boolean {
  return text === undefined || /\b(?:flow|component|agent)["']?\s*:/.test(text)
}

async function versionOf(
  loader: Loader,
  files: Files,
  file: string,
): Promise<FlowVersion | undefined> {
  const text = files.readText(file)
  if (text === undefined) return undefined
  const { loaded, problems } = await loader.load({ id: '', file, files })
  const document = parseDocument({ file, text })
  const flow = isObject(document.value) ? document.value : {}
  const id = typeof flow['id'] === 'string' ? flow['id'] : file
  const world = worldOf(loader.catalog, files)
  return {
    id,
    document,
    flow,
    errors: hasErrors(problems) ? problems.filter(({ severity }) => severity === 'error') : [],
    findAction: (name) => world.findAction(name),
    ...(loaded === undefined ? {} : { plan: loaded.plan, digest: loaded.digest }),
  }
}
