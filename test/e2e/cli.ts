/**
 * Calls the real command line in a process of its own, with real files, as a user does.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { inject } from 'vitest'

/** The command line as it is built from the source before the tests of this folder; others take only fixtures from here. */
export const main = inject('command') ?? ''
/** Where Node.js keeps what it compiled of it. */
export const compileCache = join(dirname(main), 'compiled')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CallOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

export interface Call {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves once stderr has `text`; rejects when the process ends without it. */
  said(text: string): Promise<void>
}

/** Starts a call. */
export function start(args: readonly string[], { cwd, env = {} }: CallOptions): Call {
  if (main === '') throw new Error('Only tests below test/e2e call the command line.')
  const { NO_COLOR: _, FORCE_COLOR: __, IONFLUX_DATA_DIR: ___, ...rest } = process.env
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    env: { ...rest, LANG: 'C.UTF-8', NODE_COMPILE_CACHE: compileCache, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  const heard = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    for (const hear of heard) hear()
  })
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
  const said = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const hear = (): void => {
        if (stderr.includes(text)) resolve()
      }
      heard.add(hear)
      void ended.then(() => reject(new Error(`"${text}" was not said:\n${stderr}`)))
      hear()
    })
  return { child, ended, said }
}

/** Calls and waits for the end. */
export async function call(args: readonly string[], options: CallOptions): Promise<Ended> {
  return await start(args, options).ended
}

/** A fresh folder, removed by `using`. */
export function folder(
  files: Readonly<Record<string, string>> = {},
): Disposable & { readonly path: string } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'ionflux-e2e-')))
  write(path, files)
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** Writes files by their paths below `root`. */
export function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
}

/** Git with a name and without the user's configuration. */
export function git(cwd: string, ...args: readonly string[]): string {
  const env = {
    ...process.env,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.org',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@example.org',
  }
  return execFileSync('git', [...args], { cwd, env, encoding: 'utf8' }).trim()
}

/** A repository with some flows, committed once. */
export function repository(
  files: Readonly<Record<string, string>> = {},
): ReturnType<typeof folder> {
  const made = folder({
    'ionflux.yaml': 'namespace: fixture\n',
    '.gitignore': '.ionflux/\n',
    ...flows,
    ...files,
  })
  git(made.path, 'init', '--quiet', '--initial-branch=main')
  git(made.path, 'add', '.')
  git(made.path, 'commit', '--quiet', '-m', 'feat: flows')
  return made
}

const flows = {
  'flows/sum.flow.yaml': `dsl: flux/1
id: sum
inputs:
  type: object
  required: [a, b]
  properties:
    a: { type: integer, description: The first number. }
    b: { type: integer }
    label: { type: string, default: sum }
    exact: { type: boolean }
    extra: { type: object }
steps:
  - id: added
    let: \${{ inputs.a + inputs.b }}
  - id: text
    let: "\${{ inputs.label }}: \${{ steps.added.output }}"
`,
  'flows/nap.flow.yaml': `dsl: flux/1
id: nap
inputs: { type: object, properties: { for: { type: string, default: 30s } } }
steps:
  - id: guarded
    try:
      - { id: rest, sleep: "\${{ inputs.for }}" }
    finally:
      - { id: tidy, let: tidied }
  - { id: out, let: rested }
`,
  'flows/stubborn.flow.yaml': `dsl: flux/1
id: stubborn
steps:
  - id: guarded
    try:
      - { id: rest, sleep: 60s }
    finally:
      - { id: linger, sleep: 2s }
`,
  'flows/strict.flow.yaml': `dsl: flux/1
id: strict
steps:
  - { id: first, let: 1 }
  - { id: stop, fail: { code: out_of_stock, message: Nothing left. } }
`,
  'flows/many.flow.yaml': `dsl: flux/1
id: many
steps:
  - id: all
    each: { in: "\${{ [1, 2, 3] }}", as: n, concurrency: 2 }
    steps:
      - id: twice
        transform: |
          export default ({ n }, ctx) => n * 2
        with: { n: "\${{ n }}" }
outputs: { markdown: "# \${{ string(steps.all.output[2]) }}", list: "\${{ steps.all.output }}" }
`,
}
