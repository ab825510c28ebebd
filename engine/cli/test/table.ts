/** The commands of flow tests, as rows of the table in `program.ts`. */
import type { Add, OptionRow } from '#engine/cli/program.ts'
import type { Terminal } from '#engine/cli/terminal.ts'

/** Adds `test`; `shared` are options that several commands have. */
export function addTestCommand(add: Add, terminal: Terminal, shared: readonly OptionRow[]): void {
  add(
    'test [paths...]',
    'run the tests of flows, with mocks and in no time: files, folders, flows or ids',
    [
      ['--filter <text>', 'only cases whose name holds this'],
      ['--watch', 'run them again with every change'],
      ['--update', 'write the snapshots'],
      ['--coverage', 'name the steps and ways that no case takes'],
      ['--junit <file>', 'write a JUnit report as well'],
      ...shared,
    ],
    async ([paths], values) =>
      (await import('./command.ts')).test(terminal, { paths: paths as string[], ...values }),
  )
}

/** Adds `export` to the commands of runs. */
export function addExportCommand(add: Add, terminal: Terminal, shared: readonly OptionRow[]): void {
  add(
    'export <run>',
    'make a test of what a run did',
    [
      ['--as-test', 'as a test file, with mocks for what the world answered'],
      ['-o, --output <file>', 'write it to this file, which must be new (else print it)'],
      ['--name <name>', 'what the case is called'],
      ['--json', 'print one JSON document on stdout'],
      ...shared,
    ],
    async ([run], values) =>
      (await import('./export.ts')).exportRun(terminal, { run: run as string, ...values }),
  )
}
