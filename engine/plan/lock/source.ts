/**
 * References to packages outside of a repository, as `ionflux.yaml` names them:
 * `git+https://HOST/OWNER/REPO//path/in/it@REF`.
 */

import { limits } from '#engine/core/limits.ts'

export interface GitSource {
  readonly url: string
  /** The folder in the repository; empty for its root. */
  readonly path: string
  /** A tag, a branch or a commit; absent means the default branch. */
  readonly ref?: string
}

/**
 * Reads a source; undefined for a text that is none, or one that no lock should hold: with a
 * password, over another protocol, or with a path that leaves the repository.
 *
 * @example
 * parseSource('git+https://example.com/acme/flows.git//plugins/ledger@v1.2.0')
 */
export function parseSource(text: string): GitSource | undefined {
  if (text.length > limits.packageSourceCharsMax || !/^[!#-&(-[\]-~]*$/.test(text)) return undefined
  const match =
    /^git\+((?:https?|file):\/\/[^@]*?[^/@])(?:\/\/([^@]*))?(?:@([\w][\w./+@-]*))?$/.exec(text)
  if (match === null) return undefined
  const [, url = '', path = '', ref] = match
  const folder = path.replace(/\/+$/, '')
  const isInside = folder
    .split('/')
    .every((part, _, all) => (part !== '' || all.length === 1) && part !== '..' && part !== '.')
  if (!isInside || ref?.includes('..') === true || !URL.canParse(url)) return undefined
  return { url, path: folder, ...(ref === undefined ? {} : { ref }) }
}

/** The source as it is written. */
export function printSource({ url, path, ref }: GitSource): string {
  return `git+${url}${path === '' ? '' : `//${path}`}${ref === undefined ? '' : `@${ref}`}`
}
