/**
 * The commands about secrets, as one table.
 */
import type { Add, OptionRow } from '#engine/cli/program.ts'
import type { Terminal } from '#engine/cli/terminal.ts'

const json: OptionRow = ['--json', 'print one JSON document on stdout']
const repo: OptionRow = ['--repo <dir>', 'the repository to work on (else the one around you)']
const dataDir: OptionRow = [
  '--data-dir <dir>',
  'where runs are kept (or IONFLUX_DATA_DIR; else .ionflux/)',
]

export function addSecretCommands(add: Add, terminal: Terminal): void {
  const load = async () => await import('./secret.ts')
  const options: readonly OptionRow[] = [json, repo, dataDir]
  add(
    'set <name>',
    'seal a value, read from stdin or typed unseen',
    options,
    async ([name], values) =>
      (await load()).setSecret(terminal, { name: name as string, ...values }),
  )
  add('ls', 'list names, never values', options, async (_, values) =>
    (await load()).listSecrets(terminal, values),
  )
  add('rm <name>', 'forget a value', options, async ([name], values) =>
    (await load()).removeSecret(terminal, { name: name as string, ...values }),
  )
}
