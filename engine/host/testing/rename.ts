/**
 * Renames a step of a flow everywhere: in its file, and in the tests of the flow.
 *
 * It gives texts and writes nothing, so a tool can show them before. Snapshots of tests are
 * made anew by `ionflux test --update`.
 */
import { posix } from 'node:path'

import type { Problem } from '#engine/core/problem.ts'
import { applyEdits } from '#engine/dsl/patch/edits.ts'
import { patch } from '#engine/dsl/patch/patch.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import type { Files } from '#engine/host/repository/files.ts'
import { flowOf } from '#engine/testing/check.ts'
import { outlineOf } from '#engine/testing/outline.ts'
import { renameInTest } from '#engine/testing/edit/rename.ts'

import { testGlobs } from './files.ts'

export interface RenameWish {
  /** Path of the flow's file from the root. */
  readonly flow: string
  /** The id of the step, now and afterwards. */
  readonly from: string
  readonly to: string
}

export type Renamed =
  /** The files that change, by path, as they are to be. */
  | { readonly texts: ReadonlyMap<string, string>; readonly problem?: undefined }
  | { readonly problem: Problem }

/** The files of a repository after a step has another id; a problem where that cannot be. */
export function renameStep(files: Files, { flow, from, to }: RenameWish): Renamed {
  const document = parseDocument({ file: flow, text: files.readText(flow) ?? '' })
  const outline = outlineOf(document.value)
  const made = patch(document, { kind: 'renameStep', id: from, to })
  if (made.problem !== undefined) return { problem: { ...made.problem, file: flow } }
  const texts = new Map([[flow, made.text]])
  for (const file of files.find(testGlobs)) {
    const test = parseDocument({ file, text: files.readText(file) ?? '' })
    if (posix.normalize(flowOf(file, test.value)) !== flow) continue
    const edits = renameInTest(test, { from, to, outline })
    if (edits === undefined) {
      const message = `"${from}" is written in a way that cannot be edited here.`
      const problem = {
        code: 'DSL_EDIT_REFUSED',
        severity: 'error',
        message,
        at: '',
        file,
      } as const
      return { problem }
    }
    if (edits.length > 0) texts.set(file, applyEdits(test.text, edits))
  }
  return { texts }
}
