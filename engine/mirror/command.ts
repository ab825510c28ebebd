/**
 * Runs the system's git: no shell, no user settings, no hooks, no helper programs.
 *
 * The environment is made anew, so that variables of a hook or settings of a machine
 * cannot point git elsewhere or make it start something. Every call has a time and an
 * output limit; what a call means is left to `native.ts`.
 */
import { spawn } from 'node:child_process'
import { devNull } from 'node:os'
import { Readable } from 'node:stream'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

/** Settings of a repository that could start a program or change what is printed. */
const settings: Readonly<Record<string, string>> = {
  'core.fsmonitor': 'false',
  'core.hooksPath': devNull,
  'core.quotePath': 'false',
  'log.showSignature': 'false',
  'log.mailmap': 'false',
  'log.follow': 'false',
  'i18n.logOutputEncoding': 'UTF-8',
  // The folder may belong to somebody else (a container, a CI): nothing here runs its code.
  'safe.directory': '*',
}

const fixed = [
  '--no-pager',
  '--literal-pathspecs',
  ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
]

export interface GitResult {
  readonly status: number
  readonly stdout: Buffer
  readonly stderr: string
}

export interface GitCall {
  readonly cwd: string
  readonly args: readonly string[]
  readonly input?: string | Uint8Array | Readable
  /** Transports that may be used, as git names them; absent means none at all. */
  readonly protocols?: readonly string[]
  /** Settings that no other process may read off the command line. */
  readonly settings?: Readonly<Record<string, string>>
}

/** Runs git to its end, whatever its exit status; throws only when that cannot be. */
export function runGit({
  cwd,
  args,
  input,
  protocols = [],
  settings: own = {},
}: GitCall): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', [...fixed, ...args], {
      cwd,
      env: {
        ...environment(),
        ...settingsOf(own),
        GIT_ALLOW_PROTOCOL: protocols.join(':') || 'none',
      },
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    })
    const chunks: Buffer[] = []
    let bytes = 0
    let stderr = ''
    let refusal: IonError | undefined
    const stop = (error: IonError): void => {
      refusal ??= error
      child.kill('SIGKILL')
    }
    const timer = setTimeout(() => stop(tooLong(args)), limits.gitTimeMsMax)

    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > limits.gitOutputBytesMax) stop(tooMuch(args))
      else chunks.push(chunk)
    })
    child.stderr.on('data', (chunk: Buffer) => {
      if (stderr.length < 4_096) stderr += chunk.toString('utf8')
    })
    child.on('error', (cause) => {
      clearTimeout(timer)
      reject(notStarted(cwd, cause))
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      if (refusal !== undefined) reject(refusal)
      else resolve({ status: code ?? -1, stdout: Buffer.concat(chunks, bytes), stderr })
    })
    // Git may end before it has read everything; its exit status says more than EPIPE.
    child.stdin.on('error', () => {})
    if (input instanceof Readable) input.on('error', () => child.kill('SIGKILL')).pipe(child.stdin)
    else child.stdin.end(input ?? '')
  })
}

/** The version of git on the PATH as `[major, minor]`; undefined when there is none. */
export async function findGitVersion(cwd: string): Promise<readonly [number, number] | undefined> {
  try {
    const { stdout } = await runGit({ cwd, args: ['version'] })
    const match = /(\d+)\.(\d+)/.exec(stdout.toString('utf8'))
    return match === null ? undefined : [Number(match[1]), Number(match[2])]
  } catch (error) {
    if (error instanceof IonError && error.code === 'MIRROR_GIT_NEEDED') return undefined
    throw error
  }
}

function environment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'Path', 'SystemRoot', 'TMPDIR', 'TEMP'].flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value]]
  })
  return {
    ...Object.fromEntries(kept),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: devNull,
    GIT_ATTR_NOSYSTEM: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    // A partial clone fetches what it lacks: the first says no, the second holds in an older git.
    GIT_NO_LAZY_FETCH: '1',
    LC_ALL: 'C',
  }
}

/** As variables: they are seen by this user only. */
function settingsOf(own: Readonly<Record<string, string>>): Record<string, string> {
  const pairs = Object.entries(own).flatMap(([key, value], i): [string, string][] => [
    [`GIT_CONFIG_KEY_${i}`, key],
    [`GIT_CONFIG_VALUE_${i}`, value],
  ])
  return { ...Object.fromEntries(pairs), GIT_CONFIG_COUNT: String(pairs.length / 2) }
}

function notStarted(cwd: string, cause: Error): IonError {
  const { code } = cause as NodeJS.ErrnoException
  if (code === 'ENOENT') {
    return new IonError(
      'MIRROR_GIT_NEEDED',
      'No `git` was found on the PATH; install git 2.25 or newer.',
      {
        data: { folder: cwd },
        cause,
      },
    )
  }
  return new IonError(
    'MIRROR_READ_FAILED',
    `Git could not be started (${code ?? cause.message}).`,
    { cause },
  )
}

function tooLong(args: readonly string[]): IonError {
  return new IonError(
    'MIRROR_READ_FAILED',
    `\`git ${args[0] ?? ''}\` took longer than ${limits.gitTimeMsMax / 1000} s and was stopped.`,
    { data: { command: args[0] ?? '' } },
  )
}

function tooMuch(args: readonly string[]): IonError {
  return new IonError(
    'MIRROR_OBJECT_REFUSED',
    `\`git ${args[0] ?? ''}\` printed more than ${limits.gitOutputBytesMax} bytes and was stopped; ask for less at once.`,
    { data: { command: args[0] ?? '' } },
  )
}
