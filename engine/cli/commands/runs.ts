/**
 * `runs ls|show|logs`: what ran here. Reads beside a living writer.
 */
import { IonError } from '#engine/core/error.ts'
import { clock, duration, elapsed, localText } from '#engine/cli/duration.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson, printOutput } from '#engine/cli/output.ts'
import { dataDirOf, findRun, withReader, type PlaceValues } from '#engine/cli/place.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { suggest } from '#engine/dsl/suggest.ts'
import { notRetriedText, sourceText } from '#engine/cli/run/advice.ts'
import { gateText, spentText } from '#engine/cli/run/waits.ts'
import { leftBy, type LeftFiles } from '#engine/host/data/artifacts.ts'
import { isOwned } from '#engine/host/other/owned.ts'
import {
  headView,
  isOver,
  listRuns,
  viewOf,
  type RunHeader,
  type RunStatus,
  type RunView,
  type StepView,
} from '#engine/host/views.ts'

interface Values extends PlaceValues {
  readonly json?: boolean
}
interface RunValues extends Values {
  readonly run: string
  /** After how many records, as typed. */
  readonly at?: string
}
export interface ListValues extends Values {
  readonly status?: string
  readonly flow?: string
  readonly limit?: string
  /** With the runs that other runs started. */
  readonly all?: boolean
}

const statuses: readonly RunStatus[] = [
  'running',
  'parked',
  'uncertain',
  'done',
  'failed',
  'cancelled',
]
const listDefault = 20
const listMax = 1_000
const filesShownMax = 10

/** Prints runs, newest first. */
export async function list(terminal: Terminal, values: ListValues): Promise<number> {
  const status = statusOf(values.status)
  const query = {
    limit: limitOf(values.limit),
    withChildren: values.all === true,
    ...(status === undefined ? {} : { status }),
    ...(values.flow === undefined ? {} : { flow: values.flow }),
  }
  return await withReader(values, async (reader) => {
    const headers = listRuns(reader, query)
    const isAnyOpen = headers.some((one) => !isOver(one.status))
    const hasOwner = isAnyOpen && (await isOwned(dataDirOf(values)))
    if (values.json === true) {
      const shown = headers.map((one) => ({
        ...headView(one),
        isOwned: !isOver(one.status) && hasOwner,
      }))
      printJson(terminal, { runs: shown })
      return exits.done
    }
    for (const header of headers) terminal.data(`${headText(terminal, header, hasOwner)}\n`)
    const isLeft = !hasOwner && headers.some((one) => one.status === 'running')
    if (headers.length === 0) terminal.note('Nothing has run here yet.\nNext: ionflux run FLOW')
    else
      terminal.note(
        `${terminal.paint('muted', 'Next:')} ionflux ${isLeft ? 'resume' : 'runs show last'}`,
      )
    return exits.done
  })
}

function headText(terminal: Terminal, header: RunHeader, hasOwner: boolean): string {
  const { run, flow, status, startedAt, endedAt, parent } = header
  const began = localText(new Date(startedAt))
  const took = (endedAt === undefined ? '' : duration(endedAt - startedAt)).padStart(9)
  const isLeft = status === 'running' && !hasOwner
  const state = isLeft ? interruptedText(terminal) : statusText(terminal, status)
  const under = parent === undefined ? '' : `  ${terminal.glyphs.child} ${parent}`
  return `${run}  ${state}  ${began}  ${took}  ${printable(flow)}${under}`
}

/** A run that the journal calls running while no process works in its directory. */
function interruptedText({ paint, glyphs }: Terminal): string {
  return paint('warn', `${glyphs.left} interrupted`)
}

/** Prints a run and its steps; with `--json` its records too. */
export async function show(terminal: Terminal, values: RunValues): Promise<number> {
  return await withReader(values, (reader) => {
    const run = findRun(reader, values.run)
    const stored = reader.journal.readStored(run)
    const at = values.at === undefined ? stored.length : recordOf(values.at, stored.length)
    const view = viewOf(reader, run, at)
    const left = leftBy(dataDirOf(values), run)
    if (values.json === true) {
      const files = left === undefined ? {} : { left }
      printJson(terminal, { run: { ...view, ...files, records: stored.slice(0, at) } })
      return exits.done
    }
    // A run as it was has taken until then, not until now.
    const then = values.at === undefined ? undefined : stored[at - 1]?.record.at
    const until = then === undefined ? view.endedAt : new Date(then).toISOString()
    showHead(terminal, view, until)
    const isLarge = view.steps.length > stepsShownMax
    for (const step of view.steps.slice(0, stepsShownMax))
      terminal.data(stepText(terminal, step) + '\n')
    if (isLarge)
      terminal.note(`… and ${view.steps.length - stepsShownMax} steps more; --json prints all.`)
    if (left !== undefined) terminal.data(leftText(left) + '\n')
    if (view.error !== null) {
      const { code, message } = view.error
      terminal.data(
        `${terminal.paint('fail', `error[${printable(code)}]`)}: ${printable(message)}\n`,
      )
    }
    for (const more of [view.compensation, view.onFailure]) {
      if (more !== undefined)
        terminal.data(
          `${terminal.paint('fail', `error[${printable(more.code)}]`)}: ${printable(more.message)}\n`,
        )
    }
    printOutput(terminal, view.output)
    const child = view.steps.find((step) => step.status === 'failed' && step.child !== undefined)
    if (child !== undefined)
      terminal.note(`${terminal.paint('muted', 'Next:')} ionflux runs show ${child.child}`)
    return exits.done
  })
}

const stepsShownMax = 200

/** Prints what the steps wrote, in order of time. */
export async function logs(terminal: Terminal, values: RunValues): Promise<number> {
  return await withReader(values, (reader) => {
    const run = findRun(reader, values.run)
    const lines = reader.logs.read(run)
    if (values.json === true) {
      printJson(terminal, {
        logs: lines.map((line) => ({ ...line, at: new Date(line.at).toISOString() })),
      })
      return exits.done
    }
    for (const { at, level, path, text } of lines) {
      const time = terminal.paint('muted', clock(new Date(at).toISOString()))
      const mark = level === 'error' ? terminal.paint('fail', level) : level
      terminal.data(`${time} ${mark.padEnd(5)} ${printable(path)}  ${printable(text)}\n`)
    }
    if (lines.length === 0) terminal.note('The steps of this run wrote nothing.')
    return exits.done
  })
}

function showHead(terminal: Terminal, view: RunView, until: string | null): void {
  const { paint } = terminal
  const took = duration(elapsed(view.startedAt, until))
  const source = sourceText(view)
  terminal.data(`${paint('bold', printable(view.flow))}  ${view.id}\n`)
  terminal.data(
    `${statusText(terminal, view.status).trimEnd()}  ${localText(new Date(view.startedAt))}  ${took}${source === '' ? '' : `  ${source}`}\n`,
  )
  terminal.data(`${paint('muted', `plan ${view.execDigest}`)}\n`)
  if (view.spent !== undefined)
    terminal.data(`${paint('muted', `spent ${spentText(view.spent)}`)}\n`)
  const gate = gateText(view)
  if (gate !== '') terminal.data(`${paint('wait', gate)}\n`)
  if (view.parent !== null) terminal.data(`${paint('muted', `started by ${view.parent}`)}\n`)
  if (view.forked !== undefined)
    terminal.data(
      `${paint('muted', `forked from ${view.forked.run}, record ${view.forked.seq}`)}\n`,
    )
}

function stepText({ paint, glyphs }: Terminal, step: StepView): string {
  const marks = {
    done: paint('ok', glyphs.ok),
    failed: paint('fail', glyphs.fail),
    cancelled: paint('muted', glyphs.skip),
    running: paint('run', glyphs.run),
    waiting: paint('wait', glyphs.wait),
    uncertain: paint('warn', glyphs.wait),
  }
  const depth = step.path.split('/').length - 1
  const took = step.endedAt === undefined ? '' : duration(elapsed(step.startedAt, step.endedAt))
  const items = step.progress === undefined ? '' : `  ${step.progress.done}/${step.progress.total}`
  const attempts = step.attempts > 1 ? `  ${step.attempts} attempts` : ''
  const branch = step.branch === undefined ? '' : `  ${glyphs.arrow} ${printable(step.branch)}`
  const due = step.due === undefined ? '' : `  until ${clock(step.due)}`
  const why = step.error === undefined ? '' : `  ${paint('fail', printable(step.error.code))}`
  const child = step.child === undefined ? '' : `  ${glyphs.child} ${step.child}`
  const cost = usageText(step) + cachedText(step)
  const indent = '  '.repeat(depth)
  const more = notRetriedText(step)
  const line = `${indent}${marks[step.status]} ${printable(step.path)}  ${paint('muted', step.what ?? step.kind)}${branch}${items}${due}  ${paint('muted', took + cost)}${attempts}${why}${child}`
  return line.trimEnd() + (more === undefined ? '' : `\n${indent}    ${paint('muted', more)}`)
}

/** Files that a run leaves behind, and where they are. */
function leftText({ folder, files }: LeftFiles): string {
  const shown = files.slice(0, filesShownMax).map(({ path }) => printable(path))
  const more = files.length > shown.length ? [`and ${files.length - shown.length} more`] : []
  return `left in ${printable(folder)}: ${[...shown, ...more].join(', ')}`
}

/** Where an output comes from that nothing was run for. */
function cachedText({ cached }: StepView): string {
  return cached === undefined ? '' : `  cached from ${cached.run}`
}

/** What code took of the machine; next to nothing is not worth a word. */
function usageText({ usage }: StepView): string {
  if (usage === undefined) return ''
  const { cpuMs = 0, peakBytes = 0, hostCalls } = usage
  const cpu = cpuMs < 1 ? '' : `  cpu ${Math.round(cpuMs)} ms`
  const heap = peakBytes < 16 * 1024 * 1024 ? '' : `  ${Math.round(peakBytes / 1024 / 1024)} MB`
  return `${cpu}${heap}${hostCalls === 0 ? '' : `  asked ${hostCalls} times`}`
}

function statusText({ paint, glyphs }: Terminal, status: RunStatus): string {
  const text =
    `${{ done: glyphs.ok, failed: glyphs.fail, cancelled: glyphs.skip, parked: glyphs.wait, uncertain: glyphs.wait, running: glyphs.run }[status]} ${status}`.padEnd(
      11,
    )
  const tone = {
    done: 'ok',
    failed: 'fail',
    cancelled: 'muted',
    parked: 'wait',
    uncertain: 'warn',
    running: 'run',
  } as const
  return paint(tone[status], text)
}

function statusOf(text: string | undefined): RunStatus | undefined {
  if (text === undefined) return undefined
  const found = statuses.find((status) => status === text)
  if (found !== undefined) return found
  const near = suggest(text, statuses)
  const hint =
    near === undefined ? `It is one of ${statuses.join(', ')}.` : `Did you mean "${near}"?`
  throw new IonError('CLI_USAGE', `There is no status "${text}". ${hint}`)
}

function recordOf(text: string, count: number): number {
  const at = Number(text)
  if (Number.isInteger(at) && at > 0 && at <= count) return at
  throw new IonError('CLI_USAGE', `--at is a number from 1 to ${count}, not "${text}".`)
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return listDefault
  const limit = Number(text)
  if (Number.isInteger(limit) && limit > 0 && limit <= listMax) return limit
  throw new IonError('CLI_USAGE', `--limit is a number from 1 to ${listMax}, not "${text}".`)
}
