/**
 * `approvals ls|show|approve|reject`: what people are asked, and their answers.
 *
 * An answer names the digest of what was shown here, so that what is approved is what a person
 * saw, even when the run has moved on in between.
 */
import type { Digest } from '#engine/core/digest.ts'
import { type Failure, IonError, toFailure } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import { clock } from '#engine/cli/duration.ts'
import { exits } from '#engine/cli/exit.ts'
import { readInputs } from '#engine/cli/input.ts'
import { jsonText, printJson } from '#engine/cli/output.ts'
import { dataDirOf, findRun, withReader, type PlaceValues } from '#engine/cli/place.ts'
import { afterwards } from '#engine/cli/run/afterwards.ts'
import { readGiven } from '#engine/cli/run/given.ts'
import { calledText } from '#engine/cli/run/waits.ts'
import { whoActs } from '#engine/cli/run/who.ts'
import { printable, printableLines } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { withSession } from '#engine/cli/with-session.ts'
import type { RunReader } from '#engine/host/reader.ts'
import { freshRunId } from '#engine/host/session.ts'
import { openApprovals, viewOf, type StepView } from '#engine/host/views.ts'

interface Values extends PlaceValues {
  readonly json?: boolean
}
export interface OneValues extends Values {
  readonly run: string
  /** The path of the step; needed where a run asks several things. */
  readonly step?: string | undefined
}
export interface AnswerValues extends OneValues {
  readonly as?: readonly string[]
  readonly reason?: string
  /** Answers to the form, as typed. */
  readonly input?: readonly string[]
  readonly digest?: string
}

interface Open {
  readonly run: RunId
  readonly flow: string
  readonly step: StepView & { readonly asks: NonNullable<StepView['asks']> }
}

/** Prints everything that people are asked. */
export async function list(terminal: Terminal, values: Values): Promise<number> {
  return await withReader(values, (reader) => {
    const { open, unreadable } = readAll(reader)
    if (values.json === true) printJson(terminal, { approvals: open.map(shown), unreadable })
    else if (open.length === 0 && unreadable.length === 0)
      terminal.note('Nobody is asked anything.')
    else for (const one of open) terminal.data(line(terminal, one) + '\n')
    for (const { run, code, message } of unreadable) {
      terminal.note(`${terminal.paint('warn', 'warning')}: run ${run} asks and cannot be read.`)
      terminal.note(`  ${code}: ${printable(message)}`)
    }
    return exits.done
  })
}

interface Unreadable extends Failure {
  readonly run: RunId
}

/** Every open question; a run that cannot be read keeps nobody from seeing the others. */
function readAll(reader: RunReader): {
  readonly open: readonly Open[]
  readonly unreadable: readonly Unreadable[]
} {
  const open: Open[] = []
  const unreadable = new Map<RunId, Unreadable>()
  for (const { run, path } of openApprovals(reader)) {
    try {
      open.push(mustFind(reader, run, path))
    } catch (thrown) {
      // One that was answered a moment ago asks nobody any more.
      const failure = toFailure(thrown, 'RUN_INTERNAL')
      if (failure.code !== 'RUN_APPROVAL_CLOSED') unreadable.set(run, { run, ...failure })
    }
  }
  return { open, unreadable: [...unreadable.values()] }
}

/** Prints one question with everything that an answer is an answer to. */
export async function show(terminal: Terminal, values: OneValues): Promise<number> {
  return await withReader(values, (reader) => {
    const one = choose(reader, values)
    if (values.json === true) printJson(terminal, { approval: shown(one) })
    else print(terminal, one)
    return exits.done
  })
}

/** Gives an answer. */
export async function answer(
  terminal: Terminal,
  values: AnswerValues & { readonly decision: 'approve' | 'reject' },
): Promise<number> {
  if (values.decision === 'reject' && (values.reason ?? '').trim() === '') {
    const message = 'Whoever denies says why: add --reason "…".'
    throw new IonError('CLI_USAGE', message)
  }
  const { run, step } = await withReader(values, (reader) => choose(reader, values))
  const given = values.input ?? []
  const form =
    given.length === 0
      ? {}
      : {
          form: readInputs({
            args: given,
            schema: step.asks.form,
            subject: `The form of "${step.path}"`,
            readFile: readGiven,
          }),
        }
  const told = {
    kind: 'answer',
    path: step.path,
    decision: values.decision,
    ...whoActs(values.as ?? []),
    ...(values.reason === undefined ? {} : { reason: values.reason }),
    ...form,
    digest: (values.digest ?? step.asks.digest) as Digest,
    id: freshRunId(),
  } as const
  const directory = dataDirOf(values)
  return await withSession({ terminal, directory, carriesOn: false }, async (session) => {
    await session.tell(run, told)
    const view = await afterwards(session, values, run)
    if (values.json === true) printJson(terminal, { run: view, answer: told })
    else {
      const { note, paint, glyphs } = terminal
      const done = values.decision === 'approve' ? 'approved' : 'denied'
      note(`${paint('ok', glyphs.ok)} ${told.by} ${done} "${printable(step.path)}"`)
      note(`  the run is ${view.status}`)
      note(`${paint('muted', 'Next:')} ionflux runs show ${run}`)
    }
    return exits.done
  })
}

/** The question that is meant: of the run, at the path or with the last name where there are several. */
function choose(reader: RunReader, { run: text, step }: OneValues): Open {
  const run = findRun(reader, text)
  const { steps } = viewOf(reader, run)
  const open = steps.filter(isOpen)
  const found = step === undefined ? open : named(open, step)
  const [only, ...others] = found
  if (only !== undefined && others.length === 0) return mustFind(reader, run, only.path)
  if (step !== undefined && only === undefined) {
    const [past] = named(steps, step).filter(({ asks }) => asks !== undefined)
    if (past !== undefined) throw closed(run, `"${past.path}" of run ${run} is answered.`)
  }
  const [first] = others.length > 0 ? found : open
  if (first === undefined) {
    const below = calledText(reader, run)
    const rest = below === undefined ? ' anything now.' : `; ${below}`
    throw closed(run, `Run ${run} itself asks nobody${rest}`)
  }
  const paths = open.map(({ path }) => `"${path}"`).join(', ')
  const command = `ionflux approvals show ${run} ${first.path}`
  throw new IonError(
    'CLI_USAGE',
    `Run ${run} asks ${paths}; name the one that is meant, as in: ${command}`,
  )
}

/** The step at a path; where there is none, those whose path ends with that name. */
function named<T extends StepView>(steps: readonly T[], name: string): readonly T[] {
  const exact = steps.filter(({ path }) => path === name)
  return exact.length > 0 ? exact : steps.filter(({ path }) => path.endsWith(`/${name}`))
}

function closed(run: RunId, message: string): IonError {
  return new IonError('RUN_APPROVAL_CLOSED', message, { data: { run } })
}

function isOpen(step: StepView): step is Open['step'] {
  return step.asks !== undefined && step.status === 'waiting'
}

function mustFind(reader: RunReader, run: RunId, path: string): Open {
  const { flow, steps } = viewOf(reader, run)
  const step = steps.find((one) => one.path === path)
  if (step !== undefined && isOpen(step)) return { run, flow, step }
  throw closed(run, `"${path}" of run ${run} is answered.`)
}

function shown({ run, flow, step }: Open): object {
  const { path, asks, due = null, startedAt } = step
  return { run, flow, path, ...asks, due, startedAt }
}

function line({ paint, glyphs }: Terminal, { run, flow, step }: Open): string {
  const { ask, by } = step.asks
  const until = step.due === undefined ? '' : paint('muted', `  until ${clock(step.due)}`)
  const who = paint('muted', `${by.map(printable).join(', ')}`)
  const what = printable(ask).slice(0, 100)
  return `${paint('wait', glyphs.wait)} ${run}  ${printable(flow)} ${printable(step.path)}  ${what}  ${who}${until}`
}

function print(terminal: Terminal, one: Open): void {
  const { data, note, paint } = terminal
  const { asks, path } = one.step
  data(`${printableLines(asks.ask)}\n`)
  if (asks.show !== undefined) data(`${printableLines(jsonText(asks.show))}\n`)
  if (asks.form !== undefined) data(`form: ${printableLines(jsonText(asks.form))}\n`)
  const quorum = asks.quorum === 1 ? '' : `, ${asks.quorum} of them`
  note(paint('muted', `asked: ${asks.by.map(printable).join(', ')}${quorum}`))
  note(paint('muted', `digest: ${asks.digest}`))
  const form = asks.form === undefined ? '' : ' -i name=value'
  note(`${paint('muted', 'Next:')} ionflux approvals approve ${one.run} ${printable(path)}${form}`)
}
