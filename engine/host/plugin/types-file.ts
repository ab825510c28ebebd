/**
 * `types.ts` beside a plugin's code: printed from its manifest, and only ever replaced
 * where it was printed before.
 */
import { lstatSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import type { Manifest } from '#engine/dsl/manifest.ts'
import { printActionTypes, typesMark } from '#engine/dsl/types/actions.ts'

/** `own` is a file of the author's that merely has the same name. */
export type TypesState = 'current' | 'stale' | 'absent' | 'own'

/** Compares what is there with what the manifest asks for; how it is laid out does not count. */
export function typesStateOf(text: string | undefined, manifest: Manifest): TypesState {
  if (text === undefined) return 'absent'
  if (!text.includes(typesMark)) return 'own'
  return bare(text) === bare(printActionTypes(manifest)) ? 'current' : 'stale'
}

/** Writes the file and says what was there before. Throws `CLI_USAGE` for a file of the author's. */
export function writeTypes(folder: string, manifest: Manifest): TypesState {
  const path = join(folder, 'types.ts')
  const before = typesStateOf(readIfThere(path), manifest)
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
  if (before === 'own' || isLink) {
    const message = `"types.ts" was not made by ionflux and is left alone. Give it another name.`
    throw new IonError('CLI_USAGE', message, { data: { path } })
  }
  if (before !== 'current') writeFileSync(path, printActionTypes(manifest))
  return before
}

/** Without what a formatter may change. */
function bare(text: string): string {
  return text.replaceAll(/[\s;,'"|()*]/g, '')
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
