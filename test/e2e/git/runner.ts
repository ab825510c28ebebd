/**
 * A runner of GitHub Actions, as far as a composite action can tell: it fills the inputs into
 * the environment of each step, calls bash, and collects what the step writes.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { parseDocument } from '#engine/dsl/text.ts'

const root = resolve(import.meta.dirname, '../../..')

export interface StepWish {
  readonly cwd: string
  readonly with: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  /** The payload of what started the workflow. */
  readonly event?: Json
}

export interface StepEnd {
  readonly code: number | null
  /** The log. */
  readonly log: string
  readonly outputs: Readonly<Record<string, string>>
  readonly summary: string
}

/** Runs the action of this repository once. */
export async function runAction(wish: StepWish): Promise<StepEnd> {
  const file = join(root, 'action.yml')
  const { value } = parseDocument({ file, text: readFileSync(file, 'utf8') })
  const spec = value as unknown as ActionFile
  const inputs = Object.fromEntries(
    Object.entries(spec.inputs).map(([name, input]) => [name, wish.with[name] ?? input.default]),
  )
  const unknown = Object.keys(wish.with).filter((name) => !Object.hasOwn(inputs, name))
  if (unknown.length > 0) throw new Error(`the action has no input ${unknown.join(', ')}`)
  const folder = mkdtempSync(join(tmpdir(), 'ionflux-runner-'))
  const path = (name: string): string => join(folder, name)
  for (const name of ['output', 'summary']) writeFileSync(path(name), '')
  writeFileSync(path('event.json'), JSON.stringify(wish.event ?? {}))
  let log = ''
  let code: number | null = 0
  for (const step of spec.runs.steps) {
    const env = Object.fromEntries(
      Object.entries(step.env ?? {}).map(([name, text]) => [name, fill(text, inputs)]),
    )
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run], {
      cwd: resolve(wish.cwd, fill(step['working-directory'] ?? '.', inputs)),
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: folder,
        CI: 'true',
        GITHUB_ACTIONS: 'true',
        GITHUB_ACTION_PATH: root,
        GITHUB_REPOSITORY: 'ada/shop',
        GITHUB_OUTPUT: path('output'),
        GITHUB_STEP_SUMMARY: path('summary'),
        GITHUB_EVENT_PATH: path('event.json'),
        IONFLUX_DATA_DIR: path('data'),
        ...wish.env,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.setEncoding('utf8').on('data', (text: string) => (log += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
    code = await new Promise((done) => child.on('close', done))
  }
  const end = {
    code,
    log,
    outputs: readOutputs(readFileSync(path('output'), 'utf8')),
    summary: readFileSync(path('summary'), 'utf8'),
  }
  rmSync(folder, { recursive: true, force: true })
  return end
}

interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>
  readonly runs: {
    readonly steps: readonly {
      readonly run: string
      readonly env?: Readonly<Record<string, string>>
      readonly 'working-directory'?: string
    }[]
  }
}

function fill(text: string, inputs: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, name: string) => inputs[name] ?? '')
}

/** `name<<delimiter` up to the delimiter, as the runner reads the file. */
function readOutputs(text: string): Readonly<Record<string, string>> {
  const outputs: Record<string, string> = {}
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const [, name, end] = /^([\w-]+)<<(.+)$/.exec(lines[at] ?? '') ?? []
    if (name === undefined || end === undefined) continue
    const stop = lines.indexOf(end, at + 1)
    outputs[name] = lines.slice(at + 1, stop).join('\n')
    at = stop
  }
  return outputs
}

/** A pull request as its event tells it. */
export function pullRequestEvent(event: JsonObject, base: string, head: string): JsonObject {
  const pull = event['pull_request']
  if (!isObject(pull)) throw new Error('the event is no pull request')
  const end = (side: string, sha: string): JsonObject => {
    const was = pull[side]
    return { ...(isObject(was) ? was : {}), sha }
  }
  return {
    ...event,
    pull_request: { ...pull, base: end('base', base), head: end('head', head) },
  }
}
