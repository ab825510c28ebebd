/**
 * What several commands ask: which data directory is meant, and which run a few letters
 * of its id mean.
 */
import { IonError } from '#engine/core/error.ts'
import { isRunId, type RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import { listRuns } from '#engine/host/views.ts'
import { chooseDataDirectory } from '#engine/host/data/directory.ts'
import { openRunReader, type RunReader } from '#engine/host/reader.ts'
import { repositoryFor } from '#engine/host/target.ts'

export interface PlaceValues {
  readonly repo?: string | undefined
  readonly dataDir?: string | undefined
}

/** The data directory of a call that names no flow. Throws `JOURNAL_UNTRUSTED`. */
export function dataDirOf({ repo, dataDir }: PlaceValues): string {
  const root = repositoryFor(repo) ?? process.cwd()
  return chooseDataDirectory({ flag: dataDir, environment: process.env, root })
}

/** Does `work` with the runs of a data directory, beside whoever writes there. */
export async function withReader<T>(
  values: PlaceValues,
  work: (reader: RunReader) => T | Promise<T>,
): Promise<T> {
  const reader = openRunReader(dataDirOf(values))
  try {
    return await work(reader)
  } finally {
    reader.close()
  }
}

/**
 * The run that `text` names: an id, the start or the end of one, or `last`, which is the
 * newest that no other run started.
 */
export function findRun({ journal }: Pick<RunReader, 'journal'>, text: string): RunId {
  const wanted = text.toUpperCase()
  if (isRunId(wanted) && journal.find(wanted) !== undefined) return wanted
  if (wanted === 'LAST') {
    const [newest] = listRuns({ journal }, { limit: 1, withChildren: false })
    if (newest !== undefined) return newest.run
  }
  const recent = journal.list({ limit: limits.runsSearchedMax })
  const isEnough = wanted.length >= shortIdCharsMin
  const fitting = isEnough
    ? recent.filter(({ run }) => run.startsWith(wanted) || run.endsWith(wanted))
    : []
  const [only] = fitting
  if (only !== undefined && fitting.length === 1) return only.run
  const message =
    fitting.length > 1
      ? `"${text}" is the start or the end of ${fitting.length} runs; write more of the id.`
      : `There is no run "${text}" here. \`ionflux runs ls\` lists them.`
  throw new IonError('RUN_NOT_FOUND', message, { data: { run: text } })
}

const shortIdCharsMin = 4
