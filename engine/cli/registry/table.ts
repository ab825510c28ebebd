/**
 * The commands about registries: finding things in one, and keeping one; as one table.
 */
import type { Add, OptionRow } from '#engine/cli/program.ts'
import type { Terminal } from '#engine/cli/terminal.ts'

const json: OptionRow = ['--json', 'print one JSON document on stdout']
const repo: OptionRow = ['--repo <dir>', 'the repository to work on (else the one around you)']
const registry: OptionRow = [
  '--registry <address>',
  'a folder, https://…, git+https://… or a bundle (else those of ionflux.yaml)',
]

export function addFindCommands(add: Add, terminal: Terminal): void {
  add(
    'search [words...]',
    'find plugins, flows, agents and connections in registries; "trust" is a score from 0 to 100',
    [
      ['--kind <kind>', 'only flow, agent, plugin or connection'],
      ['--power <kind>', 'only what asks for this kind of power: net, secrets, git …'],
      ['--pure', 'only what asks for no power at all'],
      ['--namespace <name>', 'only of this namespace'],
      ['--limit <n>', 'how many are shown: 20 unless told'],
      registry,
      json,
      repo,
    ],
    async ([words], values) =>
      (await import('./search.ts')).search(terminal, {
        words: words as readonly string[],
        ...values,
      }),
  )
  add(
    'info <reference>',
    'show an entry of a registry: what it may do, its versions, why to trust it',
    [registry, json, repo],
    async ([reference], values) =>
      (await import('./info.ts')).info(terminal, { reference: reference as string, ...values }),
  )
}

export function addRegistryCommands(add: Add, terminal: Terminal): void {
  addKeeperCommands(add, terminal)
  addWatcherCommands(add, terminal)
}

const roles: readonly OptionRow[] = [
  ['--reviewer <key>', 'who may look at claims: ed25519:…', 'many'],
  ['--advisor <key>', 'who may warn of releases', 'many'],
  ['--watcher <key>', 'who may say that a tag moved', 'many'],
  ['--closed', 'a namespace is only given by a reviewer'],
]

const dir = (text: unknown): string => (text as string | undefined) ?? '.'

function addKeeperCommands(add: Add, terminal: Terminal): void {
  add(
    'init [dir]',
    'begin a registry: its keys, its root of trust and an empty log',
    [
      ['--origin <name>', 'what the log is called for ever: registry.example/main'],
      ['--keys <dir>', 'where root.pem and log.pem are, or are made'],
      ...roles,
      json,
    ],
    async ([path], values) =>
      (await import('./init.ts')).init(terminal, { dir: dir(path), ...values }),
  )
  add(
    'trust [dir]',
    'replace keys of a registry: the next version of its root of trust',
    [
      ['--root-key <file>', 'a root key that it has', 'many'],
      ['--new-root-key <file>', 'a root key that it has from now on, instead', 'many'],
      ['--log-key <file>', 'the key of its log'],
      ['--new-log', 'that key is new, and replaces the ones before'],
      ...roles,
      json,
    ],
    async ([path], values) =>
      (await import('./trust.ts')).trust(terminal, { dir: dir(path), ...values }),
  )
  add(
    'rebuild [dir]',
    'check the log, and write views and search index anew from it',
    [['--log-key <file>', 'the key of its log: signs a checkpoint that names them'], json],
    async ([path], values) =>
      (await import('./check.ts')).rebuild(terminal, { dir: dir(path), ...values }),
  )
  add(
    'serve [dir]',
    'serve a registry as any static host would, until interrupted',
    [
      ['--port <port>', 'the port: 8480 unless told, 0 for a free one'],
      ['--host <host>', 'the address to listen on: 127.0.0.1 unless told'],
    ],
    async ([path], values) =>
      (await import('./serve.ts')).serve(terminal, { dir: dir(path), ...values }),
  )
}

function addWatcherCommands(add: Add, terminal: Terminal): void {
  add(
    'check [address]',
    'check a whole registry: every leaf, rule, signature, tile and view',
    [['--quick', 'of each chain of signatures only the last'], json],
    async ([address], values) =>
      (await import('./check.ts')).check(terminal, { address: dir(address), ...values }),
  )
  add(
    'witness <address>',
    'sign the head of a log, if it only grew since the last time',
    [
      ['--key <file>', "the witness's key"],
      ['--name <name>', "the witness's name, for ever: witness.example/1"],
      ['--write', 'put the signature into the registry, which is a folder'],
      json,
    ],
    async ([address], values) =>
      (await import('./witness.ts')).witnessLog(terminal, {
        address: address as string,
        ...values,
      }),
  )
  add(
    'key <file>',
    'make a key, or print the public half of the one that is there',
    [['--witness <name>', 'also print it as the key of a witness of this name'], json],
    async ([file], values) =>
      (await import('./key.ts')).key(terminal, { file: file as string, ...values }),
  )
  add(
    'forget <address>',
    'forget what was seen of a registry, to believe what it shows now',
    [],
    async ([address]) => (await import('./key.ts')).forgetRegistry(terminal, address as string),
  )
}
