/**
 * `plugin call`: one action, once, with the powers that are named and no others.
 *
 * The result goes to stdout, what the action logs to stderr.
 */
import { readFileSync } from 'node:fs'

import { IonError } from '#engine/core/error.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import { exitOfFailure, exits } from '#engine/cli/exit.ts'
import { readInputs } from '#engine/cli/input.ts'
import { printJson, printOutput } from '#engine/cli/output.ts'
import { tellFrames } from '#engine/cli/run/frames.ts'
import { printableLines } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { parseDuration } from '#engine/dsl/duration.ts'
import type { CallLimits } from '#engine/dsl/manifest.ts'
import { readJson } from '#engine/dsl/text/exact.ts'
import { suggest } from '#engine/dsl/suggest.ts'
import { callOnce, readGrant, type Grant } from '#engine/host/plugin/call.ts'
import { buildFolder, openPlugin } from '#engine/host/plugin/folder.ts'
import { threadAhead } from '#engine/host/plugin/sandbox.ts'
import { repositoryFor } from '#engine/host/target.ts'

import { tellProblems } from './ready.ts'

export interface CallValues {
  readonly plugin: string
  readonly action: string
  readonly input?: readonly string[]
  readonly grant?: readonly string[]
  readonly secret?: readonly string[]
  readonly deadline?: string
  readonly memory?: string
  readonly repo?: string
  readonly json?: boolean
}

/** Calls; ends with 1 when the action fails and with 4 when it was not granted something. */
export async function call(terminal: Terminal, values: CallValues): Promise<number> {
  const { action, json = false } = values
  const folder = openPlugin(values.plugin)
  const { manifest } = folder
  const wish = { grants: grantsOf(values), secrets: secretsOf(values), ...limitsOf(values) }
  const limits = { ...manifest?.limits, ...wish.limits }
  await threadAhead()
  const { built, problems } = await buildFolder(folder, { limits })
  if (built === undefined) return tellProblems(terminal, problems, { json })
  const actions = Object.keys(built.unit.actions)
  if (!actions.includes(action)) throw noAction(built.unit.name, action, actions)
  const repository = repositoryFor(values.repo)
  const result = await callOnce(built, {
    action,
    input: withHandles(inputOf(values, built.unit.actions[action]?.input), wish.secrets),
    grants: wish.grants,
    secrets: wish.secrets,
    ...(repository === undefined ? {} : { repository }),
    log: ({ level, text }) =>
      terminal.note(`${terminal.paint('muted', level.padEnd(5))} ${printableLines(text)}`),
  })
  if (json) printJson(terminal, result)
  else if (result.ok) printOutput(terminal, result.output)
  if (result.ok) return exits.done
  const { code, message } = result.error
  terminal.note(
    `${terminal.paint('fail', `error[${code}]`)}${terminal.paint('bold', `: ${printableLines(message)}`)}`,
  )
  tellFrames(terminal, result.error.data)
  return exitOfFailure(code)
}

function noAction(plugin: string, action: string, actions: readonly string[]): IonError {
  const near = suggest(action, actions)
  const hint = near === undefined ? `It has ${actions.join(', ')}.` : `Did you mean "${near}"?`
  return new IonError('CLI_USAGE', `"${plugin}" has no action "${action}". ${hint}`, {
    data: { plugin, action },
  })
}

/** One JSON value, one file with any JSON value in it, or parts by their names. */
function inputOf({ input = [], plugin, action }: CallValues, schema: JsonObject | undefined): Json {
  const [only = ''] = input
  if (input.length === 1 && /^\s*[[{"]/.test(only)) return parsed(only, 'The input')
  if (input.length === 1 && only.startsWith('@')) {
    return parsed(readFile(only.slice(1)), `The file "${only.slice(1)}"`)
  }
  const open = { ...schema, required: [] }
  return readInputs({
    args: input,
    schema: open,
    subject: `The action "${plugin}/${action}"`,
    readFile,
  })
}

/** `{ secret: NAME }`, as a flow writes it, where that secret was given: code gets its handle. */
function withHandles(value: Json, secrets: ReadonlyMap<string, string>): Json {
  if (secrets.size === 0 || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((one: Json) => withHandles(one, secrets))
  const entries = Object.entries(value as JsonObject)
  const [[key, name] = []] = entries
  const isHandle = entries.length === 1 && key === 'secret' && typeof name === 'string'
  if (isHandle && secrets.has(name)) return { $secret: name }
  return Object.fromEntries(entries.map(([at, one]) => [at, withHandles(one, secrets)]))
}

function parsed(text: string, what: string): Json {
  const read = readJson(text)
  if (read.ok) return read.value
  const wrong =
    read.reason === undefined ? 'is not JSON.' : `cannot be taken as it is: ${read.reason}`
  throw new IonError('CLI_USAGE', `${what} ${wrong}`)
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new IonError('CLI_USAGE', `The input file "${path}" cannot be read.`, { cause })
  }
}

function grantsOf({ grant = [] }: CallValues): readonly Grant[] {
  return grant.map((text) => {
    const found = readGrant(text)
    if (found !== undefined) return found
    throw new IonError(
      'CLI_USAGE',
      `"${text}" is no grant: write net:HOST, git:read, git:write:BRANCH, state:read, files:read:PATH, blob:write or the like.`,
    )
  })
}

/** From variables, never from the command line, where other people of the machine see them. */
function secretsOf({ secret = [] }: CallValues): ReadonlyMap<string, string> {
  return new Map(
    secret.map((text) => {
      const [, name, variable] = /^([A-Z][A-Z0-9_]{0,62})=(\w+)$/.exec(text) ?? []
      if (name === undefined || variable === undefined) {
        const message = 'A secret is written NAME=VARIABLE: its name, and where its value is.'
        throw new IonError('CLI_USAGE', message)
      }
      const value = process.env[variable]
      if (value !== undefined && value !== '') return [name, value] as const
      throw new IonError('CLI_USAGE', `The variable "${variable}" of the environment is empty.`)
    }),
  )
}

function limitsOf({ deadline, memory }: CallValues): { readonly limits: CallLimits } {
  if (deadline !== undefined && (parseDuration(deadline) ?? 0) < 1) {
    throw new IonError('CLI_USAGE', `"${deadline}" is no duration such as 500ms or 10s.`)
  }
  if (memory !== undefined && !/^[1-9][0-9]{0,6}(?:kb|mb|gb)$/.test(memory)) {
    throw new IonError('CLI_USAGE', `"${memory}" is no size such as 32mb.`)
  }
  return {
    limits: {
      ...(deadline === undefined ? {} : { time: deadline }),
      ...(memory === undefined ? {} : { memory }),
    },
  }
}
