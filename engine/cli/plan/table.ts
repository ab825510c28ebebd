/**
 * What `plan` takes.
 */
import type { Add, OptionRow } from '#engine/cli/program.ts'
import type { Terminal } from '#engine/cli/terminal.ts'

const repo: OptionRow = ['--repo <dir>', 'the repository to work on (else the one around you)']
const dataDir: OptionRow = [
  '--data-dir <dir>',
  'where runs are kept (or IONFLUX_DATA_DIR; else .ionflux/)',
]

export function addPlanCommand(add: Add, terminal: Terminal): void {
  add(
    'plan [range]',
    'show what a branch, or the files on the disk, would change; runs nothing',
    [
      ['--base <ref>', 'what is changed (else the main branch)'],
      ['--head <ref>', 'what changes it (else the files on the disk)'],
      ['--format <format>', 'text, json, markdown, sarif or github'],
      ['--json', 'the same as --format json'],
      ['--full', 'show every value that changes'],
      ['--replay <count>', 'how many recorded runs of a changed flow to replay (else 5)'],
      ['--detailed-exitcode', 'end with 5 when something changes'],
      repo,
      dataDir,
    ],
    async ([range], values) =>
      (await import('#engine/cli/commands/plan.ts')).plan(terminal, {
        range: range as string | undefined,
        ...values,
      }),
  )
}
