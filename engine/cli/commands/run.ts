/**
 * `run FLOW`: loads a flow, starts it and shows it to its end.
 */
import { exitOfProblems } from '#engine/cli/exit.ts'
import { readInputs } from '#engine/cli/input.ts'
import { readGiven } from '#engine/cli/run/given.ts'
import { printJson } from '#engine/cli/output.ts'
import { problemForJson } from '#engine/cli/problem-formats.ts'
import { openSources } from '#engine/cli/problem-text.ts'
import { showProblems } from '#engine/cli/show-problems.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { holdCeiling } from '#engine/cli/run/ceiling.ts'
import { watchRun } from '#engine/cli/watch-run.ts'
import { withSession } from '#engine/cli/with-session.ts'
import { chooseDataDirectory } from '#engine/host/data/directory.ts'
import { freshRunId } from '#engine/host/session.ts'
import { startAhead } from '#engine/host/plugin/sandbox.ts'
import { openBundleCache } from '#engine/host/repository/bundle-cache.ts'
import { holdLock } from '#engine/host/lock/hold.ts'
import { loadFlow } from '#engine/host/repository/load.ts'
import { placeOfStep } from '#engine/host/runs/step-place.ts'
import { findTarget } from '#engine/host/target.ts'

export interface RunValues {
  readonly flow: string
  /** As typed, in order. */
  readonly input?: readonly string[]
  /** False with `--no-wait`. */
  readonly wait: boolean
  /** False with `--no-cache`. */
  readonly cache?: boolean
  /** The most that the flow may do here; absent means its own permissions. */
  readonly grant?: readonly string[]
  /** Whether files are held to the lock as a commit is. */
  readonly locked?: boolean
  readonly json?: boolean
  readonly repo?: string
  readonly at?: string
  readonly dataDir?: string
}

/** Runs a flow; the exit code says how it went. */
export async function run(terminal: Terminal, values: RunValues): Promise<number> {
  const target = await findTarget(values)
  const directory = chooseDataDirectory({
    flag: values.dataDir,
    environment: process.env,
    root: target.root,
  })
  await startAhead(target.files.readText(target.file))
  const { loaded, problems } = await loadFlow(target.files, target.file, openBundleCache(directory))
  if (problems.length > 0) showProblems({ terminal, readText: target.readText }, problems)
  if (loaded === undefined) {
    if (values.json === true) {
      const sources = openSources(target.readText)
      printJson(terminal, { problems: problems.map((one) => problemForJson(one, sources)) })
    }
    return exitOfProblems(problems)
  }
  holdLock(target.files, loaded, { isLocked: values.locked === true })
  holdCeiling(loaded.plan.permissions, values.grant)
  const input = readInputs({
    args: values.input ?? [],
    schema: loaded.plan.inputs,
    subject: `The flow "${loaded.plan.flow}"`,
    readFile: readGiven,
  })
  return await withSession({ terminal, directory, carriesOn: true }, async (session) => {
    const run = freshRunId()
    const { digest: plan, blobs } = loaded
    const isFresh = values.cache === false || process.env['IONFLUX_CACHE'] === 'off'
    await session.start({ run, plan, blobs, input, source: target.source, isFresh })
    const { files, file } = target
    const placeOf = (path: string): string | undefined => placeOfStep(files, { file, path })
    return await watchRun({ terminal, session, directory, placeOf }, { run, ...values })
  })
}
