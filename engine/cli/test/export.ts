/**
 * `runs export RUN --as-test`: a recorded run as a test of its flow, which passes at once.
 */
import { writeFileSync } from 'node:fs'
import { relative, resolve, sep } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { exitOfProblems, exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { dataDirOf, findRun, withReader, type PlaceValues } from '#engine/cli/place.ts'
import { showProblems } from '#engine/cli/show-problems.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'
import { readerOf, repositoryFor } from '#engine/host/target.ts'
import { exportTest, type Exported } from '#engine/host/testing/export.ts'

export interface ExportValues extends PlaceValues {
  readonly run: string
  readonly asTest?: boolean
  readonly output?: string
  readonly name?: string
  readonly json?: boolean
}

/** Prints the test, or writes it; ends with 1 when the flow of now does something else. */
export async function exportRun(terminal: Terminal, values: ExportValues): Promise<number> {
  if (values.asTest !== true) {
    throw new IonError('CLI_USAGE', 'Say what to make of the run: --as-test.')
  }
  const files = openWorkingTree(repositoryFor(values.repo) ?? process.cwd())
  const directory = dataDirOf(values)
  const path = values.output === undefined ? undefined : insideOf(files.root, values.output)
  const exported = await withReader(values, async (reader) => {
    const run = findRun(reader, values.run)
    const { name } = values
    return await exportTest({
      files,
      directory,
      reader,
      run,
      ...(path === undefined ? {} : { path }),
      ...(name === undefined ? {} : { name }),
    })
  })
  if (values.output !== undefined) write(values.output, exported.text)
  if (values.json === true) return printed(terminal, exported, values)
  if (values.output === undefined) terminal.data(exported.text)
  if (exported.problems.length > 0) {
    showProblems({ terminal, readText: readerOf(files) }, exported.problems)
    terminal.note('The flow of now cannot run the test; the flow of the run could.')
    return exitOfProblems(exported.problems)
  }
  return tellOutcome(terminal, exported, values)
}

function printed(terminal: Terminal, exported: Exported, { output }: ExportValues): number {
  const { path, text, faults, problems } = exported
  const messages = faults.map(({ message }) => message)
  const isPassed = messages.length + problems.length === 0
  printJson(terminal, { path: output ?? path, text, isPassed, faults: messages, problems })
  if (problems.length > 0) return exitOfProblems(problems)
  return isPassed ? exits.done : exits.failed
}

function tellOutcome(terminal: Terminal, exported: Exported, { output }: ExportValues): number {
  const { glyphs, paint } = terminal
  const where = printable(output ?? exported.path)
  if (exported.faults.length === 0) {
    terminal.note(`${paint('ok', glyphs.ok)} the test passes`)
    terminal.note(
      `${paint('muted', 'Next:')} ${output === undefined ? `put it into ${where}, then ` : ''}ionflux test ${where}`,
    )
    return exits.done
  }
  terminal.note(`${paint('warn', 'differs')} the flow of now does not do what the run did:`)
  for (const { message } of exported.faults) terminal.note(`  ${printable(message)}`)
  return exits.failed
}

function insideOf(root: string, output: string): string {
  const path = relative(root, resolve(output)).split(sep).join('/')
  if (!path.startsWith('..') && /\.test\.ya?ml$/.test(path)) return path
  const message = `"${output}" is no test file of ${root}: name one that ends in .test.yaml.`
  throw new IonError('CLI_USAGE', message)
}

/** Makes the file; one that is there is its author's. */
function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new IonError('CLI_USAGE', `The file "${file}" is there already; choose another.`)
    }
    throw new IonError('CLI_FILE_UNREADABLE', `The file "${file}" cannot be written.`, { cause })
  }
}
