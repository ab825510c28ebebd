/**
 * Stays with a run until it has ended: shows its steps, answers Ctrl-C, prints what came
 * out and what to do next. `run`, `resume` and `runs retry` end here. SIGTERM, which leaves
 * the run alone, belongs to `with-session.ts`.
 */
import type { RunId } from '#engine/core/id.ts'
import type { Session } from '#engine/host/session.ts'
import { openRunReader, type RunReader } from '#engine/host/reader.ts'
import { followOf, planOf, viewOf, type RunView, type StepView } from '#engine/host/views.ts'

import { adviceOf, notRetriedText, sourceText } from '#engine/cli/run/advice.ts'
import { tellFrames } from '#engine/cli/run/frames.ts'
import { gateText, tellCalled, tellWaits } from '#engine/cli/run/waits.ts'

import { duration, elapsed } from './duration.ts'
import { exits } from './exit.ts'
import { isOuter, openLive } from './live.ts'
import { exitOfRun, printJson, printOutput } from './output.ts'
import { printable } from './source.ts'
import type { Terminal } from './terminal.ts'

export interface Watching {
  readonly terminal: Terminal
  readonly session: Session
  /** The data directory. */
  readonly directory: string
  /** `file:line` of the step at a path; absent where the files are not at hand. */
  readonly placeOf?: (path: string) => string | undefined
}

export interface WatchedRun {
  readonly run: RunId
  /** False with `--no-wait`: a run that only waits is left alone. */
  readonly wait: boolean
  readonly json?: boolean | undefined
  /** Whether Ctrl-C leaves the run alone where another process executes it. */
  readonly isVisitor?: boolean
}

/** Follows `run` and returns the exit code of the process. */
export async function watchRun(
  watching: Watching,
  { run, wait, json = false, isVisitor = false }: WatchedRun,
): Promise<number> {
  const { terminal, session, directory } = watching
  const reader = openRunReader(directory)
  try {
    const live = json
      ? quiet(terminal)
      : openLive(terminal, followOf(reader.store, planOf(reader, run)))
    if (!json) live.note(headLine(terminal, reader, run))
    const interrupt = onInterrupt(watching, { run, isVisitor, note: live.note })
    const until = wait ? 'ended' : 'parked'
    // With `--no-wait` all of it is told in the end.
    const called =
      wait && !json ? tellCalled(terminal, { reader, run, note: live.note }) : undefined
    try {
      await Promise.race([session.follow({ run, until, hear: live.hear }), interrupt.left])
    } finally {
      called?.[Symbol.dispose]()
      live.stop()
      interrupt.stop()
    }
    const view = viewOf(reader, run)
    if (json) printJson(terminal, { run: view })
    else if (!interrupt.hasLeft()) tell(watching, reader, view)
    if (session.owner() === undefined) tellLeft(terminal, reader, view)
    return interrupt.isInterrupted() ? exits.interrupted : exitOfRun(view)
  } finally {
    reader.close()
  }
}

function quiet(terminal: Terminal): { hear(): void; note(line: string): void; stop(): void } {
  return { hear: () => {}, note: (line) => terminal.note(line), stop: () => {} }
}

function headLine({ paint }: Terminal, { journal }: RunReader, run: RunId): string {
  const flow = printable(journal.find(run)?.flow ?? '')
  const [first] = journal.read(run)
  const source = first?.kind === 'run.started' ? sourceText(first.source) : ''
  const from = source === '' ? '' : `  ${paint('muted', source)}`
  return `${paint('muted', 'run')} ${run}  ${paint('bold', flow)}${from}`
}

/** How it ended, its output, and the next command that makes sense. */
function tell({ terminal, placeOf }: Watching, reader: RunReader, view: RunView): void {
  const { paint, glyphs } = terminal
  const took = duration(elapsed(view.startedAt, view.endedAt))
  switch (view.status) {
    case 'done':
      terminal.note(`${paint('ok', glyphs.ok)} done in ${took}`)
      printOutput(terminal, view.output)
      terminal.note(next(terminal, `ionflux runs show ${view.id}`))
      return
    case 'failed': {
      const { code = '', message = '' } = view.error ?? {}
      terminal.note(`${paint('fail', `${glyphs.fail} failed`)} in ${took}`)
      const isTold = view.steps.some(
        ({ path, error }) => isOuter(path) && error?.message === message,
      )
      if (!isTold)
        terminal.note(`${paint('fail', `error[${printable(code)}]`)}: ${printable(message)}`)
      const isWhere = ({ status, error }: StepView): boolean =>
        status === 'failed' && error?.message === message
      const where = placeOf?.(view.steps.findLast(isWhere)?.path ?? '')
      if (where !== undefined) terminal.note(`  ${paint('muted', `--> ${printable(where)}`)}`)
      tellFrames(terminal, view.error?.data)
      if (/^[A-Z]/.test(code))
        terminal.note(`  = ${paint('muted', `docs: ionflux explain ${code}`)}`)
      for (const text of view.steps.flatMap((step) => notRetriedText(step) ?? []).slice(0, 3))
        terminal.note(`  = ${paint('muted', text)}`)
      const { command, about } = adviceOf(view)
      terminal.note(next(terminal, command, about))
      return
    }
    case 'cancelled':
      terminal.note(`${paint('muted', `${glyphs.skip} cancelled`)} after ${took}`)
      terminal.note(next(terminal, `ionflux runs retry ${view.id}`, 'goes on from where it was'))
      return
    case 'parked':
    case 'uncertain':
    case 'running':
      terminal.note(`${paint('wait', glyphs.wait)} the run waits; nothing of it is in memory now`)
      if (view.gate !== undefined) terminal.note(`  ${paint('muted', gateText(view))}`)
      tellWaits(terminal, reader, view)
      terminal.note(next(terminal, `ionflux resume ${view.id}`))
  }
}

/** Runs that were let go of and go on only as long as a process works on them. */
function tellLeft(terminal: Terminal, { journal }: RunReader, { steps }: RunView): void {
  const ended = steps.filter(({ endedAt }) => endedAt !== undefined)
  const left = new Set(ended.flatMap(({ child }) => child ?? []))
  const open = [...left].filter((child) => journal.find(child)?.endedAt === undefined)
  for (const child of open.slice(0, leftShownMax)) {
    const flow = printable(journal.find(child)?.flow ?? '')
    terminal.note(next(terminal, `ionflux resume ${child}`, `"${flow}" is detached and not done`))
  }
}

const leftShownMax = 3

function next({ paint }: Terminal, command: string, about?: string): string {
  return `${paint('muted', 'Next:')} ${command}${about === undefined ? '' : paint('muted', `   (${about})`)}`
}

interface Interrupt {
  isInterrupted(): boolean
  hasLeft(): boolean
  /** Resolves once the run is left to the process that executes it. */
  readonly left: Promise<void>
  stop(): void
}

interface Interruptible {
  readonly run: RunId
  readonly isVisitor: boolean
  note(line: string): void
}

/**
 * The first Ctrl-C cancels in order, the second one leaves at once. A visitor only goes
 * away: what another process executes is not its to cancel.
 */
function onInterrupt(
  { terminal, session }: Watching,
  { run, isVisitor, note }: Interruptible,
): Interrupt {
  let count = 0
  let hasLeft = false
  const { promise: left, resolve } = Promise.withResolvers<void>()
  const heard = (): void => {
    count += 1
    const owner = isVisitor ? session.owner() : undefined
    if (owner !== undefined && count === 1) {
      hasLeft = true
      note(`Stopped following. The run goes on in process ${owner.pid}.`)
      resolve()
      return
    }
    if (count > 1) {
      terminal.note(`\nLeft at once. The run goes on with: ionflux resume ${run}`)
      process.exit(exits.interrupted)
    }
    const text = 'Cancelling; steps end and finally blocks run. Ctrl-C again leaves at once.'
    note(terminal.paint('wait', text))
    session.cancel(run, 'interrupted from the keyboard').catch(() => undefined) // it has just ended
  }
  process.on('SIGINT', heard)
  return {
    isInterrupted: () => count > 0,
    hasLeft: () => hasLeft,
    left,
    stop: () => void process.off('SIGINT', heard),
  }
}
