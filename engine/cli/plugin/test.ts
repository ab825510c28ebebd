/**
 * `plugin test`: the cases of plugins, each through the real sandbox.
 *
 * What failed is told place by place: what was expected, and what came.
 */
import { join } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'
import { hasErrors } from '#engine/core/problem.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { printableLines } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { readCases, type CaseFile } from '#engine/host/plugin/case-file.ts'
import {
  buildFolder,
  openPlugin,
  pluginsHere,
  type PluginFolder,
} from '#engine/host/plugin/folder.ts'
import { overwrite } from '#engine/host/plugin/overwrite.ts'
import { CaseRunner, type CaseResult, type Difference } from '#engine/host/plugin/run-cases.ts'
import { threadAhead } from '#engine/host/plugin/sandbox.ts'
import { updatedText } from '#engine/host/plugin/update-cases.ts'

import { compileModule, tellProblems, tellTypes } from './ready.ts'
import { watching } from './watching.ts'

export interface TestValues {
  readonly plugins: readonly string[]
  readonly filter?: string
  readonly update?: boolean
  readonly watch?: boolean
  readonly json?: boolean
}

interface Told {
  readonly plugin: string
  readonly file: string
  readonly action: string
  readonly name: string
  readonly ok: boolean
  readonly reason?: string
  readonly differences: readonly Difference[]
  readonly ms: number
}

/** Runs the cases; ends with 1 when one failed and with 3 when a file has mistakes. */
export async function test(terminal: Terminal, values: TestValues): Promise<number> {
  const plugins = values.plugins.length === 0 ? pluginsHere() : values.plugins
  if (values.watch !== true) return await testAll(terminal, plugins, values)
  if (values.json === true) {
    throw new IonError('CLI_USAGE', '--json prints one document and --watch has no end.')
  }
  const folders = plugins.map((plugin) => openPlugin(plugin).path)
  return await watching(folders, async () => {
    const exit = await testAll(terminal, plugins, values)
    terminal.note(terminal.paint('muted', 'Waiting for a change; Ctrl+C ends it.'))
    return exit
  })
}

async function testAll(
  terminal: Terminal,
  plugins: readonly string[],
  values: TestValues,
): Promise<number> {
  const began = performance.now()
  const told: Told[] = []
  let exit: number = exits.done
  for (const plugin of plugins) {
    if (plugins.length > 1 && values.json !== true) terminal.note(plugin)
    const outcome = await testOne(terminal, openPlugin(plugin), values)
    if (typeof outcome !== 'number') {
      told.push(...outcome)
      continue
    }
    exit = outcome
    if (values.json === true) return exit // one document, which has told its problems
  }
  const failed = told.filter(({ ok }) => !ok).length
  const passed = told.length - failed
  if (exit === exits.done && failed > 0) exit = exits.failed
  if (values.json === true) printJson(terminal, { passed, failed, cases: told })
  const seconds = ((performance.now() - began) / 1000).toFixed(2)
  const count = `${passed} passed, ${failed} failed`
  terminal.note(`${terminal.paint(failed === 0 ? 'ok' : 'fail', count)} (${seconds} s)`)
  if (told.length === 0) terminal.note('There is no such case; cases are in cases/*.yaml.')
  return exit
}

/** What came of one plugin, or the exit code when it has mistakes. */
async function testOne(
  terminal: Terminal,
  folder: PluginFolder,
  values: TestValues,
): Promise<readonly Told[] | number> {
  await threadAhead()
  const mistakes = await compileModule(terminal, folder, { write: values.watch === true })
  if (mistakes.length > 0) return tellProblems(terminal, mistakes, values)
  const { built, problems: found, types } = await buildFolder(folder)
  const { files, problems: wrong } = await readCases(folder)
  const problems = [...found, ...wrong]
  if (built === undefined || hasErrors(problems)) return tellProblems(terminal, problems, values)
  tellTypes(terminal, folder, types)
  await using runner = new CaseRunner(built)
  const told: Told[] = []
  const ran: RunFile[] = []
  for (const file of files) {
    const one = { folder, file, results: await runFile(runner, file, values.filter) }
    ran.push(one)
    if (values.update !== true) told.push(...tellFile(terminal, one, values))
  }
  if (values.update !== true) return told
  const updated = ran.filter((one) => update(terminal, one))
  if (updated.length === 0) return ran.flatMap((one) => tellFile(terminal, one, values))
  // What was written is read and run again: only what then passes has passed.
  return await testOne(terminal, openPlugin(folder.path), { ...values, update: false })
}

type Results = readonly (CaseResult | undefined)[]

interface RunFile {
  readonly folder: PluginFolder
  readonly file: CaseFile
  /** In the order of the cases; undefined for one that was left out. */
  readonly results: Results
}

async function runFile(runner: CaseRunner, file: CaseFile, filter = ''): Promise<Results> {
  const results: (CaseResult | undefined)[] = []
  for (const one of file.cases) {
    const isWanted = `${one.action}: ${one.name}`.toLowerCase().includes(filter.toLowerCase())
    results.push(isWanted ? await runner.run(file, one) : undefined)
  }
  return results
}

function tellFile(
  terminal: Terminal,
  { folder, file, results }: RunFile,
  { json = false }: TestValues,
): readonly Told[] {
  return file.cases.flatMap((one, index) => {
    const result = results[index]
    if (result === undefined) return []
    const { ok, reason, differences, usage } = result
    const { action, name } = one
    if (!json) tellCase(terminal, `${action}: ${name}`, result)
    if (!json && !ok) terminal.note(`      ${placeOf(folder, file, index)}`)
    const facts = { plugin: folder.manifest?.plugin ?? '', file: folder.shown(file.path) }
    const why = reason === undefined ? {} : { reason }
    return [{ ...facts, action, name, ok, ...why, differences, ms: usage.wallMs }]
  })
}

function placeOf(folder: PluginFolder, { path, document }: CaseFile, index: number): string {
  const { line } = document.lines.position(document.span(`/cases/${index}`).start)
  return `${folder.shown(path)}:${line}`
}

function tellCase(terminal: Terminal, title: string, result: CaseResult): void {
  const { paint, glyphs } = terminal
  const { ok, reason = '', differences, usage } = result
  const sign = ok ? paint('ok', glyphs.ok) : paint('fail', glyphs.fail)
  terminal.note(`  ${sign} ${printableLines(title)} ${paint('muted', `(${usage.wallMs} ms)`)}`)
  if (ok) return
  for (const line of printableLines(reason).split('\n')) terminal.note(`      ${line}`)
  for (const { at, expected, actual } of differences) {
    terminal.note(`      ${paint('note', at === '' ? 'the whole' : `at ${at}`)}`)
    terminal.note(paint('ok', `      - ${shown(expected)}`))
    terminal.note(paint('fail', `      + ${shown(actual)}`))
  }
}

const shownCharsMax = 400

function shown(value: Json | undefined): string {
  if (value === undefined) return '(nothing)'
  const text = JSON.stringify(value)
  const cut = text.length > shownCharsMax ? `${text.slice(0, shownCharsMax)}…` : text
  return printableLines(cut)
}

/** Whether there was something to write. */
function update(terminal: Terminal, { folder, file, results }: RunFile): boolean {
  const text = updatedText(file, results)
  if (text === file.document.text) return false
  overwrite(join(folder.path, file.path), text)
  terminal.note(`  ${terminal.paint('warn', 'updated')} ${folder.shown(file.path)}`)
  return true
}
