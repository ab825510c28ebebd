/**
 * The commands about files that come from elsewhere and become one's own, as one table.
 */
import type { Add, OptionRow } from '#engine/cli/program.ts'
import type { Terminal } from '#engine/cli/terminal.ts'

const json: OptionRow = ['--json', 'print one JSON document on stdout']
const repo: OptionRow = ['--repo <dir>', 'the repository to work on (else the one around you)']
const set: OptionRow = ['--set <input>', 'name=value, name:=json or @file.json', 'many']

export function addUpstreamCommands(add: Add, terminal: Terminal): void {
  add(
    'use <reference> [dir]',
    'make a flow, an agent or a connection from a blueprint',
    [set, json, repo],
    async ([reference, dir], values) =>
      (await import('./take.ts')).use(terminal, {
        reference: reference as string,
        dir: dir as string | undefined,
        ...values,
      }),
  )
  add(
    'fork <reference> [dir]',
    'copy a plugin or a blueprint to make it your own; sync merges what upstream changes',
    [['--as <name>', 'the name of the copy: namespace/name'], json, repo],
    async ([reference, dir], values) =>
      (await import('./take.ts')).fork(terminal, {
        reference: reference as string,
        dir: dir as string | undefined,
        ...values,
      }),
  )
  add(
    'sync <dir>',
    'merge what upstream changed into a fork, or into what a blueprint made',
    [
      ['--to <reference>', 'take this instead of what it came from'],
      set,
      ['--branch <name>', 'commit to this branch, and leave the files here as they are'],
      ['--pull-request', 'push that branch to origin, and propose it there with its plan'],
      ['--token <name>', 'the secret that the forge is sent'],
      ['--forge <url>', 'the API of the forge (else that of the host of origin)'],
      ['--dry-run', 'only say what would change'],
      ['--accept-caps', 'take in powers that grow, safeguards that go and triggers that are new'],
      json,
      repo,
    ],
    async ([dir], values) =>
      (await import('./sync.ts')).sync(terminal, { dir: dir as string, ...values }),
  )
  add(
    'contribute <dir>',
    'print what was changed here as a patch for upstream (git apply), or propose it there',
    [
      ['--pull-request', 'push it to your fork, and open a pull request upstream'],
      ['--push <url>', 'your fork of upstream: https://HOST/OWNER/REPO'],
      ['--branch <name>', 'the branch there (else contribute/NAME)'],
      ['--title <text>', 'what the pull request is called'],
      ['--token <name>', 'the secret that the forge is sent'],
      ['--forge <url>', 'the API of the forge (else that of the host of the fork)'],
      json,
      repo,
    ],
    async ([dir], values) =>
      (await import('./contribute.ts')).contribute(terminal, { dir: dir as string, ...values }),
  )
}
