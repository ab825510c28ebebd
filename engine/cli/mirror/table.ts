/**
 * The commands about mirrors, as one table.
 */
import type { Add, OptionRow } from '#engine/cli/program.ts'
import type { Terminal } from '#engine/cli/terminal.ts'

const json: OptionRow = ['--json', 'print one JSON document on stdout']
const repo: OptionRow = ['--repo <dir>', 'the repository whose data directory is meant']
const dataDir: OptionRow = [
  '--data-dir <dir>',
  'where mirrors are kept (or IONFLUX_DATA_DIR; else .ionflux/)',
]
const common: readonly OptionRow[] = [json, repo, dataDir]

export function addMirrorCommands(add: Add, terminal: Terminal): void {
  const change = async () => await import('./change.ts')
  const look = async () => await import('./look.ts')
  add(
    'add <url>',
    'follow a repository: https://HOST/OWNER/REPO',
    [
      ['--name <name>', 'what to call it (else OWNER/REPO)'],
      ['--branch <branch>', 'the branch to follow (else what HEAD is at the first sync)'],
      ['--path <glob>', 'keep only these files, such as "flows/**"', 'many'],
      ['--max-caps <power>', 'the most that its flows may do: net:HOST, secrets:NAME …', 'many'],
      ['--token-secret <name>', 'the secret that its host is sent, and no other'],
      ['--no-sync', 'only write it down'],
      ...common,
    ],
    async ([url], values) =>
      (await change()).addMirror(terminal, { url: url as string, ...values }),
  )
  add('ls', 'list mirrors and how far each got', common, async (_, values) =>
    (await look()).listMirrors(terminal, values),
  )
  add(
    'status [name]',
    'show the four facts, holds and incidents of one mirror, or of all',
    common,
    async ([name], values) =>
      (await look()).showStatus(terminal, { name: name as string | undefined, ...values }),
  )
  add(
    'sync [name]',
    'look at the remote now, bring what is new and check it',
    [
      ['--all', 'all mirrors'],
      ['--again', 'also what was looked at, or refused, before'],
      ...common,
    ],
    async ([name], values) =>
      (await import('./sync.ts')).sync(terminal, { name: name as string | undefined, ...values }),
  )
  addHoldCommands(add, terminal)
  add(
    'rm <name>',
    'follow a repository no longer, and forget what was seen of it',
    common,
    async ([name], values) =>
      (await change()).removeMirror(terminal, { name: name as string, ...values }),
  )
}

function addHoldCommands(add: Add, terminal: Terminal): void {
  const change = async () => await import('./change.ts')
  add(
    'hold <name>',
    'let nothing of a mirror become active until it is released',
    [['--reason <text>', 'why, for whoever looks at it'], ...common],
    async ([name], values) =>
      (await change()).holdMirror(terminal, { name: name as string, ...values }),
  )
  add(
    'release <name>',
    'end a hold, also that of a rewritten branch',
    common,
    async ([name], values) =>
      (await change()).releaseMirror(terminal, { name: name as string, ...values }),
  )
}
