/**
 * `runs fork RUN --from STEP`: runs again from a step on, and says beforehand what that means.
 */
import { IonError } from '#engine/core/error.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import { exits } from '#engine/cli/exit.ts'
import { readInputs } from '#engine/cli/input.ts'
import { printJson } from '#engine/cli/output.ts'
import { dataDirOf, findRun, withReader, type PlaceValues } from '#engine/cli/place.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { watchRun } from '#engine/cli/watch-run.ts'
import { withSession } from '#engine/cli/with-session.ts'
import { previewFork } from '#engine/host/runs/fork.ts'
import { freshRunId } from '#engine/host/session.ts'
import { planOf } from '#engine/host/views.ts'

import { readGiven } from './given.ts'

export interface ForkValues extends PlaceValues {
  readonly run: string
  readonly from?: string
  readonly with?: readonly string[]
  readonly setOutput?: readonly string[]
  readonly dryRun?: boolean
  readonly wait: boolean
  readonly json?: boolean
}

/** Makes the fork and stays with it; with `--dry-run` only says what it would do. */
export async function fork(terminal: Terminal, values: ForkValues): Promise<number> {
  const { from } = values
  if (from === undefined)
    throw new IonError('CLI_USAGE', 'Say with --from which step the fork goes on with.')
  const outputs = outputsOf(values.setOutput ?? [])
  const fresh = freshRunId()
  const { run, preview, changed } = await withReader(values, (reader) => {
    const found = findRun(reader, values.run)
    const wish = { run: found, fork: fresh, from, outputs }
    const { inputs } = planOf(reader, found)
    return { run: found, preview: previewFork(reader, wish), changed: changedOf(values, inputs) }
  })
  if (values.json !== true) tellPreview(terminal, preview)
  if (values.dryRun === true) {
    if (values.json === true) printJson(terminal, { fork: { run, from, ...preview } })
    return exits.done
  }
  const directory = dataDirOf(values)
  const rest = changed === undefined ? {} : { with: changed }
  const told = { kind: 'forked', run: fresh, from, outputs, ...rest } as const
  return await withSession({ terminal, directory, carriesOn: false }, async (session) => {
    await session.tell(run, told)
    const { wait, json } = values
    return await watchRun({ terminal, session, directory }, { run: fresh, wait, json })
  })
}

function changedOf(values: ForkValues, inputs: JsonObject | undefined): JsonObject | undefined {
  if (values.with === undefined || values.with.length === 0) return undefined
  const { required: _required, ...schema } = inputs ?? { additionalProperties: true }
  return readInputs({ args: values.with, schema, subject: 'The flow', readFile: readGiven })
}

/** `STEP=@file` or `STEP=json`, by step path. */
function outputsOf(given: readonly string[]): JsonObject {
  return Object.fromEntries(
    given.map((text) => {
      const split = text.indexOf('=')
      const [path, value] = [text.slice(0, split), text.slice(split + 1)]
      if (split < 1) throw usage(text)
      try {
        const json = value.startsWith('@') ? readGiven(value.slice(1)) : value
        return [path, JSON.parse(json) as Json]
      } catch (thrown) {
        throw thrown instanceof IonError ? thrown : usage(text)
      }
    }),
  )
}

function usage(text: string): IonError {
  const message = `"${text}" is no output: write --set-output STEP=@file.json, or STEP= and JSON.`
  return new IonError('CLI_USAGE', message)
}

function tellPreview({ note, paint }: Terminal, preview: ReturnType<typeof previewFork>): void {
  const words = { reused: 'reused', stubbed: 'given', repeated: 'happens again' } as const
  const kinds = ['reused', 'stubbed', 'repeated'] as const
  if (kinds.every((kind) => preview[kind].length === 0))
    note(paint('muted', 'No step of the run reached outside: there is nothing to reuse or repeat.'))
  for (const kind of kinds) {
    const tone = kind === 'repeated' ? 'warn' : 'muted'
    for (const { path, what } of preview[kind].slice(0, shownMax)) {
      note(
        `${paint(tone, words[kind].padEnd(14))}${printable(path)}  ${paint('muted', printable(what))}`,
      )
    }
    const more = preview[kind].length - shownMax
    if (more > 0) note(`… and ${more} more`)
  }
}

const shownMax = 50
