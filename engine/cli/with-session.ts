/**
 * Opens a data directory for one command, and leaves it in order whatever ends the command.
 *
 * SIGTERM is the stop of a supervisor: the runs are left, not cancelled. Ctrl-C cancels where
 * a run is watched (`watch-run.ts`); while this process only ends steps of others it leaves
 * at once.
 */
import { setTimeout as sleep } from 'node:timers/promises'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { openSession, type Session } from '#engine/host/session.ts'

import { exits } from './exit.ts'
import { printable } from './source.ts'
import type { Terminal } from './terminal.ts'

export interface SessionWish {
  readonly terminal: Terminal
  /** The data directory. */
  readonly directory: string
  readonly carriesOn: boolean
}

/** Does `work` and lets go; the exit code of `work`. Throws `CLI_INTERRUPTED` when SIGTERM came first. */
export async function withSession(
  { terminal, directory, carriesOn }: SessionWish,
  work: (session: Session) => Promise<number>,
): Promise<number> {
  const session = await openSession(directory, { carriesOn, onSlow: slowNote(terminal, directory) })
  const stop = onStop()
  const working = work(session)
  try {
    const exit = await Promise.race([working, stop.called])
    if (exit !== undefined) return exit
  } finally {
    await leave(terminal, session, stop.signal)
    stop[Symbol.dispose]()
  }
  // What it waited for was taken from it; it tidies up, or has told its end just in time.
  const told = working.then(
    () => true,
    () => false,
  )
  const isTold = await Promise.race([told, sleep(limits.finishLookMs, false)])
  if (isTold) return exits.interrupted
  throw new IonError(
    'CLI_INTERRUPTED',
    'Stopped; the run is left, and `ionflux resume` carries on.',
  )
}

/** Says once whom this waits for: a stopped process would keep it waiting without a word. */
function slowNote(terminal: Terminal, directory: string): (owner?: { pid: number }) => void {
  let isTold = false
  return (owner) => {
    if (isTold) return
    isTold = true
    const who = owner === undefined ? 'The process' : `Process ${owner.pid},`
    const rest = `which holds ${printable(directory)}, does not answer yet; waiting.`
    terminal.note(terminal.paint('wait', `${who} ${rest}`))
  }
}

async function leave(terminal: Terminal, session: Session, signal: AbortSignal): Promise<void> {
  const leaveNow = (): void => process.exit(exits.interrupted)
  process.on('SIGINT', leaveNow)
  try {
    const onFinishing = (calls: number): void => {
      const steps = calls === 1 ? '1 step' : `${calls} steps`
      terminal.note(
        terminal.paint('wait', `Finishing ${steps} for other terminals; Ctrl-C to leave at once.`),
      )
    }
    await session.close({ onFinishing, signal })
  } finally {
    process.off('SIGINT', leaveNow)
  }
}

interface Stop extends Disposable {
  /** Resolves with the first SIGTERM; the second one ends the process. */
  readonly called: Promise<undefined>
  readonly signal: AbortSignal
}

function onStop(): Stop {
  const { promise: called, resolve } = Promise.withResolvers<undefined>()
  const stopped = new AbortController()
  const heard = (): void => {
    if (stopped.signal.aborted) process.exit(exits.interrupted)
    stopped.abort()
    resolve(undefined)
  }
  process.on('SIGTERM', heard)
  return {
    called,
    signal: stopped.signal,
    [Symbol.dispose]: () => void process.off('SIGTERM', heard),
  }
}
