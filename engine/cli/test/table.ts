/** The command of flow tests, as a row of the table in `program.ts`. */
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
