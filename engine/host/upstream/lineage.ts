/**
 * `lineage.yaml`: where a folder of files was taken from, and which bytes they were then.
 *
 * The bytes are named by digest, so the base of a later merge is what was taken and nothing
 * else, whatever became of the tag or the repository.
 */
import { type Digest, isDigest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import { isObject, type JsonObject } from '#engine/core/json.ts'
import { isVersion } from '#engine/dsl/reference.ts'
import { parseDocument } from '#engine/dsl/text.ts'

export interface Lineage {
  readonly name: string
  readonly version: string
  readonly digest: Digest
  /** What is asked for newer ones: a source, a folder, or a name of a registry with its range. */
  readonly from: string
  /** Of a source in Git. */
  readonly commit?: string
  /** What a blueprint was filled in with; absent for a fork, which takes its files as they are. */
  readonly inputs?: JsonObject
}

export const lineageFile = 'lineage.yaml'

/** The lineage as its one text. */
export function printLineage({ name, version, digest, from, commit, inputs }: Lineage): string {
  return [
    '# Where these files come from. `ionflux sync` merges what changed there since.',
    'lineage: 1',
    `name: ${name}`,
    `version: ${version}`,
    `digest: ${digest}`,
    `from: ${JSON.stringify(from)}`,
    ...(commit === undefined ? [] : [`commit: ${JSON.stringify(commit)}`]),
    ...(inputs === undefined ? [] : [`inputs: ${JSON.stringify(inputs)}`]),
    '',
  ].join('\n')
}

/** Reads a lineage. Throws `CLI_USAGE` for a text that is none. */
export function readLineage(text: string, file = lineageFile): Lineage {
  const { value } = parseDocument({ file, text })
  const { lineage, name, version, digest, from, commit, inputs } = isObject(value) ? value : {}
  const isNamed = typeof name === 'string' && /^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/.test(name)
  const isPinned = typeof digest === 'string' && isDigest(digest)
  const isVersioned = typeof version === 'string' && isVersion(version)
  if (lineage !== 1 || !isNamed || !isPinned || !isVersioned || typeof from !== 'string') {
    const message = `"${file}" does not say where these files come from. Restore it from Git.`
    throw new IonError('CLI_USAGE', message, { data: { file } })
  }
  return {
    name,
    version,
    digest,
    from,
    ...(typeof commit === 'string' && /^[0-9a-f]{40,64}$/.test(commit) ? { commit } : {}),
    ...(isObject(inputs) ? { inputs } : {}),
  }
}
