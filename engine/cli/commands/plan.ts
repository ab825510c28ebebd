/**
 * `plan [RANGE]`: what merging a branch, or committing the files on the disk, would change.
 *
 * It runs nothing, needs no network, and says the same wherever it runs.
 */
import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import { jsonText, printJson } from '#engine/cli/output.ts'
import { dataDirOf, withReader } from '#engine/cli/place.ts'
import { findingsAsProblems, planJson } from '#engine/cli/plan/plan-json.ts'
import { planMarkdown } from '#engine/cli/plan/plan-markdown.ts'
import { planText } from '#engine/cli/plan/plan-text.ts'
import { problemsForGithub, problemsForSarif } from '#engine/cli/problem-formats.ts'
import { openSources } from '#engine/cli/problem-text.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { suggest } from '#engine/dsl/suggest.ts'
import { version } from '#engine/host/installation.ts'
import { openBundleCache } from '#engine/host/repository/bundle-cache.ts'
import { findChange, type RepositoryChange } from '#engine/host/repository/change.ts'
import { repositoryFor } from '#engine/host/target.ts'
import { isOver, listRuns } from '#engine/host/views.ts'

export interface PlanValues {
  /** `main..feature`, or the base alone. */
  readonly range?: string | undefined
  readonly base?: string
  readonly head?: string
  readonly format?: string
  readonly json?: boolean
  readonly full?: boolean
  readonly detailedExitcode?: boolean
  readonly repo?: string
  readonly dataDir?: string
}

const formats = ['text', 'json', 'markdown', 'sarif', 'github'] as const
type Format = (typeof formats)[number]

/** Prints the plan; ends with 3 when a finding blocks, 5 for changes with `--detailed-exitcode`. */
export async function plan(terminal: Terminal, values: PlanValues): Promise<number> {
  const format = formatOf(values.json === true ? 'json' : values.format)
  const result = await changeFor(values)
  await print(terminal, { format, result, values })
  const hasChanges = values.detailedExitcode === true && result.change.flows.length > 0
  return hasChanges && !isBlocked(result) ? exits.changes : exitOfChange(result)
}

/** The change that `values` ask for. Throws `CLI_USAGE` outside of a repository. */
export async function changeFor(values: PlanValues): Promise<RepositoryChange> {
  const root = repositoryFor(values.repo)
  if (root === undefined) {
    throw new IonError('CLI_USAGE', 'A plan compares commits, and there is no repository here.')
  }
  const cache = openBundleCache(dataDirOf(values))
  return await findChange({ root, ...endsOf(values), cache })
}

/** What the process ends with when nobody asks whether there is a change. */
export function exitOfChange(result: RepositoryChange): number {
  return isBlocked(result) ? exits.problems : exits.done
}

function isBlocked({ change }: RepositoryChange): boolean {
  return change.findings.some(({ severity }) => severity === 'block')
}

function formatOf(text: string | undefined): Format {
  const format = formats.find((one) => one === (text ?? 'text'))
  if (format !== undefined) return format
  const near = suggest(text ?? '', formats)
  const hint = near === undefined ? `It can be ${formats.join(', ')}.` : `Did you mean "${near}"?`
  throw new IonError('CLI_USAGE', `There is no format "${text ?? ''}". ${hint}`)
}

/** `a..b`, `a..` and `a` as base and head; the options say the same in more words. */
function endsOf({ range, base, head }: PlanValues): { base?: string; head?: string } {
  if (range !== undefined && (base !== undefined || head !== undefined)) {
    throw new IonError('CLI_USAGE', 'Write either a range or --base and --head, not both.')
  }
  const [first, second] = range === undefined ? [base, head] : range.split(/\.{2,3}/)
  return {
    ...(first === undefined || first === '' ? {} : { base: first }),
    ...(second === undefined || second === '' ? {} : { head: second }),
  }
}

interface Printed {
  readonly format: Format
  readonly result: RepositoryChange
  readonly values: PlanValues
}

async function print(terminal: Terminal, { format, result, values }: Printed): Promise<void> {
  const sources = openSources((file) => result.readText(file))
  const problems = findingsAsProblems(result.change.findings)
  switch (format) {
    case 'json':
      return printJson(terminal, planJson(result))
    case 'markdown':
      return terminal.data(planMarkdown(result))
    case 'sarif':
      return terminal.data(
        `${jsonText(problemsForSarif(problems, sources, { version: version() }))}\n`,
      )
    case 'github':
      return terminal.data(problemsForGithub(problems, sources))
    case 'text': {
      const running = await runsUnderWay(values, result)
      terminal.data(`${planText(terminal, result, { isFull: values.full === true, running })}\n`)
    }
  }
}

/** Runs of changed flows that have not ended here, by flow: a change does not reach them. */
async function runsUnderWay(
  values: PlanValues,
  { change }: RepositoryChange,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  if (change.flows.length === 0) return counts
  await withReader(values, (reader) => {
    for (const { id } of change.flows) {
      const runs = listRuns(reader, { limit: runsCountedMax, withChildren: true, flow: id })
      const open = runs.filter(({ status }) => !isOver(status)).length
      if (open > 0) counts.set(id, open)
    }
  })
  return counts
}

const runsCountedMax = 1_000
