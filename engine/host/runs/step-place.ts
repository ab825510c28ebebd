/**
 * Where a step of a run is written: in the file of its flow, or of the component that it is in.
 */
import { findSteps } from '#engine/dsl/check/walk.ts'
import { resolvePath } from '#engine/dsl/path.ts'
import { type Document, parseDocument } from '#engine/dsl/text.ts'
import type { Files } from '#engine/host/repository/files.ts'

/** `flows/a.flow.yaml:7` for the step at `path` of the flow in `file`; undefined where it is not. */
export function placeOfStep(
  files: Pick<Files, 'readText'>,
  { file, path }: { readonly file: string; readonly path: string },
): string | undefined {
  let document = read(files, file)
  let place: string | undefined
  // A path also has the names of branches, which are no steps.
  for (const id of path.replaceAll(/\[\d+\]/g, '').split('/')) {
    const found = findSteps(document?.value).find(({ step }) => step['id'] === id)
    if (document === undefined || found === undefined) continue
    const { start } = document.span(`${found.at}/id`)
    place = `${document.file}:${document.text.slice(0, start).split('\n').length}`
    const { component } = found.step
    if (typeof component !== 'string') continue
    const target = resolvePath(document.file, component)
    document = target === undefined ? undefined : read(files, target)
  }
  return place
}

function read({ readText }: Pick<Files, 'readText'>, file: string): Document | undefined {
  const text = readText(file)
  return text === undefined ? undefined : parseDocument({ file, text })
}
