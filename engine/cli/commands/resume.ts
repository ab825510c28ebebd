/**
 * `resume [RUN]`: carries on what a crash, an interruption or `--no-wait` left, and stays
 * until it has ended.
 */
import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import { exits } from '#engine/cli/exit.ts'
import { exitOfRun, printJson } from '#engine/cli/output.ts'
import { dataDirOf, findRun, withReader, type PlaceValues } from '#engine/cli/place.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { watchRun } from '#engine/cli/watch-run.ts'
import { withSession } from '#engine/cli/with-session.ts'
import type { Session } from '#engine/host/session.ts'
import { isOver, viewOf, type RunView } from '#engine/host/views.ts'

export interface ResumeValues extends PlaceValues {
  readonly run?: string | undefined
  readonly wait: boolean
  readonly json?: boolean
}

/** Resumes one run, or all that have not ended, oldest first. */
export async function resume(terminal: Terminal, values: ResumeValues): Promise<number> {
  const { run: wanted } = values
  const runs = await withReader(values, (reader) => {
    if (wanted !== undefined) return [findRun(reader, wanted)]
    const waiting = (['running', 'parked', 'uncertain'] as const).flatMap((status) =>
      reader.journal.list({ limit: limits.runsSearchedMax, status }),
    )
    return waiting
      .filter(({ parent }) => parent === undefined)
      .map(({ run }) => run)
      .toSorted()
  })
  if (runs.length === 0) {
    if (values.json === true) printJson(terminal, { runs: [] })
    terminal.note('Nothing to resume: every run has ended.')
    return exits.done
  }
  return await carryOn(terminal, values, runs)
}

async function carryOn(
  terminal: Terminal,
  values: ResumeValues,
  runs: readonly RunId[],
): Promise<number> {
  const directory = dataDirOf(values)
  const isOne = values.run !== undefined
  return await withSession({ terminal, directory, carriesOn: true }, async (session) => {
    let worst: number = exits.done
    sayWhat(terminal, session, runs)
    for (const run of runs) {
      const json = values.json === true && isOne
      const until = { run, wait: values.wait, json, isVisitor: true }
      const exit =
        values.json === true && !isOne
          ? await followOnly(session, until)
          : await watchRun({ terminal, session, directory }, until)
      worst = Math.max(worst, exit)
      if (exit === exits.interrupted) break
    }
    if (values.json === true && !isOne) printJson(terminal, { runs: await viewsOf(values, runs) })
    return worst
  })
}

/** Whose runs these are decides what Ctrl-C does, so it is said first. */
function sayWhat(terminal: Terminal, session: Session, runs: readonly RunId[]): void {
  const owner = session.owner()
  const what = runs.length === 1 ? '1 run' : `${runs.length} runs, one after another`
  terminal.note(
    owner === undefined
      ? `Carrying on ${what}; Ctrl-C cancels the one shown.`
      : `Following ${what}, which process ${owner.pid} executes; Ctrl-C only stops following.`,
  )
}

async function followOnly(
  session: Session,
  { run, wait }: { readonly run: RunId; readonly wait: boolean },
): Promise<number> {
  const status = await session.follow({ run, until: wait ? 'ended' : 'parked', hear: () => {} })
  return isOver(status) || status === 'parked' || status === 'uncertain'
    ? exitOfRun({ status, error: null })
    : exits.failed
}

async function viewsOf(values: ResumeValues, runs: readonly RunId[]): Promise<readonly RunView[]> {
  return await withReader(values, (reader) => runs.map((run) => viewOf(reader, run)))
}
