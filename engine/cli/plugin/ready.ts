/** What several commands need: a plugin that is built, or its mistakes told. */
import { readFileSync } from 'node:fs'

import type { Problem } from '#engine/core/problem.ts'
import { exitOfProblems, type Exit } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { problemForJson } from '#engine/cli/problem-formats.ts'
import { openSources } from '#engine/cli/problem-text.ts'
import { countText, showProblems } from '#engine/cli/show-problems.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import type { PluginFolder } from '#engine/host/plugin/folder.ts'
import type { TypesState } from '#engine/host/plugin/types-file.ts'

/** The text of a file as problems name it: from where the command was called. */
export function readShown(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** Tells mistakes on stderr, or as one document on stdout; the exit code that they call for. */
export function tellProblems(
  terminal: Terminal,
  problems: readonly Problem[],
  { json = false }: { readonly json?: boolean | undefined },
): Exit {
  if (json) {
    const sources = openSources(readShown)
    printJson(terminal, { problems: problems.map((one) => problemForJson(one, sources)) })
  } else showProblems({ terminal, readText: readShown }, problems)
  terminal.note(countText(problems))
  return exitOfProblems(problems)
}

/** Compiles the AssemblyScript of a plugin, if it has some, and says what came of it; its mistakes come back. */
export async function compileModule(
  terminal: Terminal,
  folder: PluginFolder,
  options: { readonly write: boolean },
): Promise<readonly Problem[]> {
  if (folder.manifest?.source === undefined) return []
  const { compileFolder, compilerHint } = await import('#engine/host/module/assembly.ts')
  const { state, problems } = await compileFolder(folder, options)
  const { entry, source } = folder.manifest
  const module = folder.shown(entry)
  if (state === 'written') terminal.note(`${module} is written`)
  const warn = terminal.paint('warn', state)
  if (state === 'unchecked') terminal.note(`${warn}: ${module} is taken as it is. ${compilerHint}`)
  if (state === 'stale') {
    terminal.note(
      `${warn}: ${module} is not what ${source} gives: ionflux plugin build ${folder.shown('')}`,
    )
  }
  return problems
}

/** A word about `types.ts` that the manifest has left behind. */
export function tellTypes(terminal: Terminal, folder: PluginFolder, types: TypesState): void {
  if (types !== 'stale') return
  const command = `ionflux plugin types ${folder.shown('')}`
  terminal.note(
    `${terminal.paint('warn', 'stale')}: ${folder.shown('types.ts')} is not what plugin.yaml says: ${command}`,
  )
}
