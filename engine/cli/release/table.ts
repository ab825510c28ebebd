/**
 * The commands of those who publish, as one table.
 */
import type { Add, OptionRow } from '#engine/cli/program.ts'
import type { Terminal } from '#engine/cli/terminal.ts'

const json: OptionRow = ['--json', 'print one JSON document on stdout']
const repo: OptionRow = ['--repo <dir>', 'the repository to work on (else the one around you)']
const registry: OptionRow = [
  '--registry <address>',
  'a folder, or git+https://HOST/OWNER/REPO//folder@branch (or IONFLUX_REGISTRY; else ionflux.yaml)',
]
const key: OptionRow = [
  '--key <file>',
  'the key that signs: Ed25519 in PEM, or an SSH key (or IONFLUX_KEY)',
]
const logKey: OptionRow = [
  '--log-key <file>',
  'the key of the log, where this machine keeps it (or IONFLUX_LOG_KEY)',
]
const out: OptionRow = ['--out <file>', 'write what was signed, for whoever keeps the log']
const common = [registry, key, logKey, out, json, repo]
const reason: OptionRow = ['--reason <text>', 'why, for people']

/** Adds `publish`. */
export function addPublishCommand(add: Add, terminal: Terminal): void {
  add(
    'publish [tag]',
    'release what a tag names (name@1.2.0 or v1.2.0): built, tested, judged, signed',
    [
      ['--dry-run', 'only say what would be published'],
      ['--branch <name>', 'a branch that must have the commit; else the main one', 'many'],
      ['--url <url>', 'where others get this repository; else the remote origin'],
      ['--sigstore-bundle <file>', 'a Sigstore bundle about the release, to go beside it'],
      ...common,
    ],
    async ([tag], values) =>
      (await import('./publish.ts')).publish(terminal, {
        tag: tag as string | undefined,
        ...values,
      }),
  )
}

/** Adds the commands below `release`. */
export function addReleaseCommands(add: Add, terminal: Terminal): void {
  const word = (name: string, subject: string, text: string, options: readonly OptionRow[]): void =>
    add(`${name} <${subject}>`, text, [...options, ...common], async ([one], values) =>
      (await import('./say.ts')).say(terminal, name, { subject: one as string, values }),
    )
  word('yank', 'release', 'hide a release from being chosen; locks keep working', [
    reason,
    ['--gone', 'its content is gone too, and does not come back'],
  ])
  word('unyank', 'release', 'take a yank back', [])
  word('deprecate', 'name', 'tell who uses it to move on; an empty message takes it back', [
    ['--message <text>', 'what to do instead'],
    ['--range <range>', 'the versions that are meant; else all'],
    ['--instead <name>', 'what to use instead'],
  ])
  word('advise', 'name', 'warn of a weakness of some versions', [
    ['--id <id>', 'the same for every word on this weakness'],
    ['--range <range>', 'the versions that have it'],
    ['--severity <severity>', 'low, medium, high or critical; else high'],
    ['--message <text>', 'what can happen'],
    ['--fixed <version>', 'the first version without it'],
    ['--link <url>', 'where to read more'],
  ])
  addNamespaceCommands(add, terminal)
  addTransferCommands(add, terminal)
  add(
    'accept <file>',
    'take into the log what others signed (--out)',
    [registry, logKey, json, repo],
    async ([file], values) =>
      (await import('./say.ts')).acceptFile(terminal, { file: file as string, ...values }),
  )
}

function addNamespaceCommands(add: Add, terminal: Terminal): void {
  add(
    'claim <namespace>',
    'take a namespace for the key that signs',
    [
      ['--owner <owner>', 'an account by its number (github:1234567); else the key'],
      ['--reviewer <file>', 'the key of a reviewer who vouches for it'],
      ...common,
    ],
    async ([namespace], values) =>
      (await import('./say.ts')).claim(terminal, { ...values, namespace: namespace as string }),
  )
  add(
    'key-add <namespace>',
    'let one more key sign for a namespace',
    [['--new-key <file>', 'the key that is added'], ...common],
    async ([namespace], values) =>
      (await import('./say.ts')).keyAdd(terminal, { ...values, namespace: namespace as string }),
  )
  add(
    'key-revoke <namespace> <public-key>',
    'let a key sign no more',
    [reason, ['--since <instant>', 'others had it from then on'], ...common],
    async ([namespace, publicKey], values) =>
      (await import('./say.ts')).keyRevoke(terminal, {
        ...values,
        namespace: namespace as string,
        publicKey: publicKey as string,
      }),
  )
  add(
    'tags <namespace>',
    'tell of tags that were moved since they were released',
    common,
    async ([namespace], values) =>
      (await import('./say.ts')).tags(terminal, { ...values, namespace: namespace as string }),
  )
}

function addTransferCommands(add: Add, terminal: Terminal): void {
  add(
    'transfer <namespace>',
    'hand a namespace over; both sides sign, and it takes the days that the registry says',
    [
      ['--new-key <file>', 'the key of the new owner, where it is at hand'],
      ['--to <public-key>', 'the new owner, who signs elsewhere; with --out'],
      ['--owner <owner>', 'an account by its number (github:1234567); else the new key'],
      ['--call-off', 'do not hand it over after all'],
      ...common,
    ],
    async ([namespace], values) =>
      (await import('./transfer.ts')).transfer(terminal, {
        ...values,
        namespace: namespace as string,
      }),
  )
  add('cosign <file>', 'sign what others signed (--out), too', [key], async ([file], values) =>
    (await import('./transfer.ts')).cosign(terminal, { ...values, file: file as string }),
  )
}
