/**
 * The commands about `ionflux.lock`, as one table.
 */
import type { Add, OptionRow } from '#engine/cli/program.ts'
import type { Terminal } from '#engine/cli/terminal.ts'

const json: OptionRow = ['--json', 'print one JSON document on stdout']
const repo: OptionRow = ['--repo <dir>', 'the repository to work on (else the one around you)']
const consent: OptionRow = ['--accept-caps', 'consent to every power that is asked for']

export function addLockCommands(add: Add, terminal: Terminal): void {
  add(
    'lock',
    'write ionflux.lock: what every reference means, by digest',
    [
      ['--check', 'write nothing; end with 3 when it is not current'],
      ['--fetch', 'get packages that it names and this machine does not have'],
      ['--prune', 'take out packages that no flow uses'],
      json,
      repo,
    ],
    async (_, values) => (await import('./lock.ts')).lock(terminal, values),
  )
  add(
    'add <source>',
    'lock a package: namespace/name@^1 of a registry, or git+https://HOST/OWNER/REPO//path@TAG',
    [consent, json, repo],
    async ([source], values) =>
      (await import('./add.ts')).add(terminal, { source: source as string, ...values }),
  )
  add(
    'update [name]',
    'take what is newest of what packages were asked by',
    [['--dry-run', 'only say what would change'], consent, json, repo],
    async ([name], values) =>
      (await import('./add.ts')).update(terminal, {
        name: name as string | undefined,
        ...values,
      }),
  )
  addRegistryCommands(add, terminal)
  add(
    'merge-driver [files...]',
    'merge flows and locks for Git by what they mean; --install sets it up',
    [['--install', 'tell Git in this clone, and .gitattributes'], repo],
    async ([files], values) =>
      (await import('#engine/cli/merge/driver.ts')).mergeDriver(terminal, {
        files: files as readonly string[],
        ...values,
      }),
  )
  add(
    'why <name>',
    'say which flows need a package or a flow',
    [json, repo],
    async ([name], values) =>
      (await import('./why.ts')).why(terminal, { name: name as string, ...values }),
  )
}

const dataDir: OptionRow = [
  '--data-dir <dir>',
  'where runs are kept (or IONFLUX_DATA_DIR; else .ionflux/)',
]

/** What registries say now of what is locked. */
function addRegistryCommands(add: Add, terminal: Terminal): void {
  add(
    'outdated',
    'say which packages have newer releases; ends with 5',
    [json, repo],
    async (_, values) => (await import('./audit.ts')).outdated(terminal, values),
  )
  add(
    'audit',
    'say which locked packages are yanked, weak or moved, and which runs use them',
    [json, repo, dataDir],
    async (_, values) => (await import('./audit.ts')).audit(terminal, values),
  )
  add(
    'verify [name]',
    'hold what is locked to the logs of its registries',
    [['--rebuild', 'fetch the sources anew and build them again'], json, repo],
    async ([name], values) =>
      (await import('./audit.ts')).verify(terminal, {
        name: name as string | undefined,
        ...values,
      }),
  )
}

/** Adds the commands below `bundle`. */
export function addBundleCommands(add: Add, terminal: Terminal): void {
  add(
    'export <file>',
    'write the packages of the lock into one file',
    [json, repo],
    async ([file], values) =>
      (await import('./bundle.ts')).bundleExport(terminal, { file: file as string, ...values }),
  )
  add(
    'import <file>',
    'keep the packages of such a file on this machine',
    [json],
    async ([file], values) =>
      (await import('./bundle.ts')).bundleImport(terminal, { file: file as string, ...values }),
  )
}
