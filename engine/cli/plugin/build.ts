/**
 * `plugin build` and `plugin types`: what a manifest and its code become.
 *
 * A build starts from the sources every time and keeps nothing, so that calling it twice
 * shows that it gives the same bytes.
 */
import { hasErrors } from '#engine/core/problem.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { buildFolder, openPlugin } from '#engine/host/plugin/folder.ts'
import { overwrite } from '#engine/host/plugin/overwrite.ts'
import { typesStateOf, writeTypes } from '#engine/host/plugin/types-file.ts'

import { compileModule, tellProblems, tellTypes } from './ready.ts'

export interface BuildValues {
  readonly plugin: string
  readonly out?: string
  readonly json?: boolean
}

/** Builds; ends with 3 when there are mistakes. */
export async function build(
  terminal: Terminal,
  { plugin, out, json = false }: BuildValues,
): Promise<number> {
  const folder = openPlugin(plugin)
  const mistakes = await compileModule(terminal, folder, { write: true })
  if (mistakes.length > 0) return tellProblems(terminal, mistakes, { json })
  const { built, problems, types: state } = await buildFolder(folder)
  if (built === undefined) return tellProblems(terminal, problems, { json })
  if (problems.length > 0) tellProblems(terminal, problems, { json: false })
  tellTypes(terminal, folder, state)
  if (out !== undefined) overwrite(out, built.code)
  const { unit, digest, code } = built
  const bytes = code.length
  const actions = Object.keys(unit.actions)
  if (json) {
    const format = unit.format ?? 'script'
    const facts = { plugin: unit.name, format, version: folder.manifest?.version, actions, bytes }
    printJson(terminal, { ...facts, digests: { unit: digest, code: unit.code }, types: state })
    return exits.done
  }
  terminal.data(`${digest}\n`)
  const what = `${actions.length} action${actions.length === 1 ? '' : 's'}: ${actions.join(', ')}`
  terminal.note(`${unit.name} ${folder.manifest?.version ?? ''} · ${bytes} bytes · ${what}`)
  return exits.done
}

export interface TypesValues {
  readonly plugin: string
  readonly check?: boolean
  readonly json?: boolean
}

/** Writes `types.ts` anew; with `--check` only says whether it would change, by exit 1. */
export async function types(
  terminal: Terminal,
  { plugin, check = false, json = false }: TypesValues,
): Promise<number> {
  const folder = openPlugin(plugin)
  const { manifest, problems, path, files } = folder
  if (manifest === undefined || hasErrors(problems)) {
    return tellProblems(terminal, problems, { json })
  }
  const file = folder.shown('types.ts')
  const before = check
    ? typesStateOf(files.readText('types.ts'), manifest)
    : writeTypes(path, manifest)
  const state = check || before === 'current' ? before : 'written'
  if (json) printJson(terminal, { plugin: manifest.plugin, file, types: state })
  terminal.note(`${file} is ${state}`)
  return check && state !== 'current' ? exits.failed : exits.done
}
