/**
 * What a workflow asks of the action: read from the environment, where a runner puts it, so
 * that no text of a workflow is ever part of a command.
 */
import { readFileSync } from 'node:fs'

import { IonError } from '#engine/core/error.ts'
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { suggest } from '#engine/dsl/suggest.ts'

export const modes = ['run', 'plan', 'check', 'test', 'publish'] as const
export type Mode = (typeof modes)[number]

export interface ActionSettings {
  readonly mode: Mode
  /** File or id; empty where the mode needs none. */
  readonly flow: string
  /** The inputs of the run. */
  readonly inputs: JsonObject
  /** More arguments of the command, one per line. */
  readonly args: readonly string[]
  /** Powers, one per line; empty means the flow's own permissions. */
  readonly grants: readonly string[]
  /** Whether the plan becomes a comment of the pull request. */
  readonly isComment: boolean
  readonly token: string
  /** `owner/name` */
  readonly repository: string
  readonly apiUrl: string
  /** The pull request that started the workflow. */
  readonly pullRequest?: { readonly number: number; readonly base: string; readonly head: string }
}

type Environment = Readonly<Record<string, string | undefined>>

/** Reads the settings. Throws `CLI_USAGE` for what nobody can mean. */
export function readSettings(env: Environment): ActionSettings {
  const text = (name: string): string => (env[`IONFLUX_ACTION_${name}`] ?? '').trim()
  const lines = (name: string): readonly string[] =>
    text(name)
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '')
  const mode = modeOf(text('MODE'))
  const flow = text('FLOW')
  if (mode === 'run' && flow === '') {
    throw new IonError('CLI_USAGE', 'The mode "run" needs `flow:`, a file or the id of a flow.')
  }
  if (flow.startsWith('-')) {
    throw new IonError(
      'CLI_USAGE',
      `"${flow}" is an option and no flow; options go into \`args:\`.`,
    )
  }
  const event = eventOf(env['GITHUB_EVENT_PATH'])
  const pullRequest = pullRequestOf(event)
  return {
    mode,
    flow,
    inputs: inputsOf(text('INPUTS')),
    args: lines('ARGS'),
    grants: lines('GRANTS'),
    isComment: text('COMMENT') === 'true',
    token: env['IONFLUX_ACTION_TOKEN'] ?? '',
    repository: env['GITHUB_REPOSITORY'] ?? '',
    apiUrl: env['GITHUB_API_URL'] ?? 'https://api.github.com',
    ...(pullRequest === undefined ? {} : { pullRequest }),
  }
}

function modeOf(text: string): Mode {
  const mode = modes.find((one) => one === (text === '' ? 'run' : text))
  if (mode !== undefined) return mode
  const near = suggest(text, modes)
  const hint = near === undefined ? `It can be ${modes.join(', ')}.` : `Did you mean "${near}"?`
  throw new IonError('CLI_USAGE', `There is no mode "${text}". ${hint}`)
}

function inputsOf(text: string): JsonObject {
  if (text === '') return {}
  const value = attempt(() => JSON.parse(text) as Json)
  if (isObject(value)) return value
  throw new IonError(
    'CLI_USAGE',
    '`inputs:` is a JSON object, such as {"from": "v1.0.0"} or ${{ toJSON(inputs) }}.',
  )
}

function eventOf(path: string | undefined): JsonObject {
  if (path === undefined || path === '') return {}
  const value = attempt(() => JSON.parse(readFileSync(path, 'utf8')) as Json)
  return isObject(value) ? value : {}
}

function pullRequestOf(event: JsonObject): ActionSettings['pullRequest'] {
  const found = event['pull_request']
  if (!isObject(found)) return undefined
  const sha = (side: string): unknown => {
    const end = found[side]
    return isObject(end) ? end['sha'] : undefined
  }
  const [number, base, head] = [found['number'], sha('base'), sha('head')]
  if (typeof number !== 'number' || typeof base !== 'string' || typeof head !== 'string')
    return undefined
  return { number, base, head }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
