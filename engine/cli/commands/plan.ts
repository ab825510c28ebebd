/**
 * `plan [RANGE]`: what merging a branch, or committing the files on the disk, would change.
 *
 * It runs nothing, needs no network, and finds the same wherever it runs; what it says of runs
 * is of those that are recorded here.
 */
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { inWorkspace, type Shown } from '#engine/cli/action/workspace.ts'
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
import { recordedRunsOf, type RunsByFlow } from '#engine/host/runs/recorded-runs.ts'
import { repositoryFor } from '#engine/host/target.ts'

export interface PlanValues {
  /** `main..feature`, or the base alone. */
  readonly range?: string | undefined
  readonly base?: string
  readonly head?: string
  readonly format?: string
  readonly json?: boolean
  readonly full?: boolean
  readonly replay?: string
  readonly detailedExitcode?: boolean
  readonly repo?: string
  readonly dataDir?: string
}

const formats = ['text', 'json', 'markdown', 'sarif', 'github'] as const
type Format = (typeof formats)[number]

/** Prints the plan; ends with 3 when a finding blocks, 5 for changes with `--detailed-exitcode`. */
export async function plan(terminal: Terminal, values: PlanValues): Promise<number> {
  const format = formatOf(values.json === true ? 'json' : values.format)
  const runs = replaysOf(values.replay)
  const result = await changeFor(values)
  const recorded = await recordedFor(values, { result, runs })
  const root = repositoryFor(values.repo) ?? process.cwd()
  print(terminal, { format, result, root, recorded, isFull: values.full === true })
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

/** How many runs of each changed flow are replayed. Throws `CLI_USAGE`. */
function replaysOf(text: string | undefined): number {
  const most = limits.replayRunsPerFlowMax
  if (text === undefined) return limits.replayRunsPerFlowDefault
  const count = Number(text)
  if (/^\d+$/.test(text) && count <= most) return count
  throw new IonError('CLI_USAGE', `--replay is a number from 0 to ${most}, not "${text}".`)
}

/** What the change means for the runs here. They are read once, beside whoever writes. */
async function recordedFor(
  values: PlanValues,
  { result, runs }: { readonly result: RepositoryChange; readonly runs: number },
): Promise<RunsByFlow> {
  const { flows } = result.change
  if (flows.length === 0 || values.format === 'sarif' || values.format === 'github')
    return new Map()
  return await withReader(values, async (reader) => await recordedRunsOf(reader, flows, { runs }))
}

interface Printed {
  readonly root: string
  readonly format: Format
  readonly result: RepositoryChange
  readonly recorded: RunsByFlow
  readonly isFull: boolean
}

/** The findings as problems, named as a runner around the repository names files. */
export function problemsOf({ change, readText }: RepositoryChange, root: string): Shown {
  const sources = openSources((file) => readText(file))
  return inWorkspace({ problems: findingsAsProblems(change.findings), sources }, root)
}

function print(terminal: Terminal, { format, result, root, recorded, isFull }: Printed): void {
  const { problems, sources } = problemsOf(result, root)
  switch (format) {
    case 'json':
      return printJson(terminal, planJson(result, recorded))
    case 'markdown':
      return terminal.data(planMarkdown(result, recorded))
    case 'sarif':
      return terminal.data(
        `${jsonText(problemsForSarif(problems, sources, { version: version() }))}\n`,
      )
    case 'github':
      return terminal.data(problemsForGithub(problems, sources))
    case 'text':
      terminal.data(`${planText(terminal, result, { isFull, recorded })}\n`)
  }
}
