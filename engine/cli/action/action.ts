/**
 * The step of a GitHub workflow: calls the command line as a user would, and tells the runner
 * what came of it: summary, annotations, outputs, the comment of a pull request.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { type Json, type JsonObject, isObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { changeFor, exitOfChange, problemsOf } from '#engine/cli/commands/plan.ts'
import { exits } from '#engine/cli/exit.ts'
import { planJson } from '#engine/cli/plan/plan-json.ts'
import { planMarkdown } from '#engine/cli/plan/plan-markdown.ts'
import { escapeData, escapeProperty, problemsForGithub } from '#engine/cli/problem-formats.ts'
import { perform } from '#engine/cli/run/perform.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { findTarget, repositoryFor } from '#engine/host/target.ts'
import { indexLines } from '#engine/dsl/text/lines.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import type { RunView } from '#engine/host/views.ts'
import { stepsOf } from '#engine/plan/change/steps.ts'
import { lockFile } from '#engine/plan/lock/lock.ts'

import { runSummary } from './run-summary.ts'
import { openRunner, type Runner } from './runner.ts'
import { checkSummary, errorSummary, publishSummary, testSummary } from './told-summary.ts'
import { readSettings, type ActionSettings } from './settings.ts'
import { folderIn } from './workspace.ts'

/** Does what the workflow asks for; the exit code is that of the command behind it. */
export async function action(terminal: Terminal): Promise<number> {
  const runner = openRunner(terminal, process.env)
  maskSecrets(runner)
  const settings = readSettings(process.env)
  const step = { terminal, runner, settings }
  switch (settings.mode) {
    case 'run':
      return await runFlow(step)
    case 'plan':
      return await planChange(step)
    case 'check':
      return await checkFiles(step)
    case 'test':
      return await performTold(step, ['test', ...pathsOf(settings)], testSummary)
    case 'publish':
      return await performTold(step, ['publish', ...pathsOf(settings)], publishSummary)
  }
}

function isSecret(name: string): boolean {
  return name.startsWith('IONFLUX_SECRET_') || /^IONFLUX_(?:ACTION|GIT)_TOKEN$/.test(name)
}

/** A key by its text; the name of a file is no secret. */
function isKey(name: string, value: string): boolean {
  return /^IONFLUX_(?:LOG_)?KEY$/.test(name) && value.includes('PRIVATE KEY-----')
}

interface Step {
  readonly terminal: Terminal
  readonly runner: Runner
  readonly settings: ActionSettings
}

/** Every value that a flow could be given, also one that no `secrets` of GitHub knows. */
function maskSecrets(runner: Runner): void {
  for (const [name, value = ''] of Object.entries(process.env))
    if (value !== '' && (isSecret(name) || isKey(name, value))) runner.mask(value)
}

function pathsOf({ flow, args }: ActionSettings): readonly string[] {
  return [...(flow === '' ? [] : [flow]), ...args]
}

/** Files of a runner are what somebody committed: they are held to the lock, where there is one. */
function hasLock(): boolean {
  const root = repositoryFor(undefined)
  return root !== undefined && existsSync(join(root, lockFile))
}

async function checkFiles(step: Step): Promise<number> {
  const call = ['check', ...pathsOf(step.settings), '--format', 'github']
  const exit = await performTold(step, call, checkSummary)
  if (exit !== exits.done || !hasLock()) return exit
  return await performTold(step, ['lock', '--check'], () => '')
}

/** Calls a command as it is, and makes a summary and an output of its document. */
async function performTold(
  { terminal, runner }: Step,
  call: readonly string[],
  summaryOf: (document: JsonObject) => string,
): Promise<number> {
  const hear = (value: object): void => {
    const document = value as JsonObject
    const text = JSON.stringify(document)
    if (text.length <= limits.jobOutputCharsMax) runner.output('output', text)
    runner.summary(isObject(document['error']) ? errorSummary(document) : summaryOf(document))
  }
  return await perform({ ...terminal, hear }, call)
}

async function runFlow({ terminal, runner, settings }: Step): Promise<number> {
  const { flow, inputs, grants, args } = settings
  const call = [
    'run',
    flow,
    '--json',
    ...Object.entries(inputs).flatMap(([name, value]) => [
      '-i',
      `${name}:=${JSON.stringify(value)}`,
    ]),
    ...grants.flatMap((grant) => ['--grant', grant]),
    ...(hasLock() ? ['--locked'] : []),
    ...args,
  ]
  const { exit, value } = await performJson(terminal, call)
  const run = isObject(value) ? (value['run'] as unknown as RunView | undefined) : undefined
  if (run === undefined) {
    if (isObject(value) && 'problems' in value)
      await perform(terminal, ['check', flow, '--format', 'github'])
    return exit
  }
  runner.output('run', run.id)
  runner.output('status', run.status)
  runner.output('output', JSON.stringify(run.output))
  runner.summary(runSummary(run, await pictureOf(terminal, flow)))
  if (run.error !== null) await annotate(terminal, flow, run)
  return exit
}

/** Calls a command with `--json` and reads its one document; what it says goes to the log. */
async function performJson(
  terminal: Terminal,
  call: readonly string[],
): Promise<{ readonly exit: number; readonly value: Json | undefined }> {
  const { exit, text } = await performQuietly(terminal, call)
  try {
    return { exit, value: JSON.parse(text) as Json }
  } catch {
    return { exit, value: undefined }
  }
}

async function performQuietly(
  terminal: Terminal,
  call: readonly string[],
): Promise<{ readonly exit: number; readonly text: string }> {
  let text = ''
  const inner: Terminal = { ...terminal, data: (more) => void (text += more), isDataSeen: false }
  const exit = await perform(inner, call)
  return { exit, text }
}

async function pictureOf(terminal: Terminal, flow: string): Promise<string | undefined> {
  const { exit, text } = await performQuietly(terminal, ['graph', flow, '--format', 'mermaid'])
  return exit === exits.done ? text : undefined
}

/** Why the run failed, at the line of the step that did. */
async function annotate(terminal: Terminal, flow: string, run: RunView): Promise<void> {
  const { error, steps } = run
  const failed = steps.find(({ status }) => status === 'failed')
  const where = failed === undefined ? '' : `step "${failed.path}": `
  const text = `${where}${error?.message ?? ''}`
  const place = failed === undefined ? undefined : await placeOf(flow, failed.path)
  const title = `title=${escapeProperty(error?.code ?? '')}`
  const properties = place === undefined ? title : `${place},${title}`
  terminal.data(`::error ${properties}::${escapeData(text)}\n`)
}

/** `file=…,line=…` of a step; undefined where it is in another file. */
async function placeOf(flow: string, path: string): Promise<string | undefined> {
  const { file, files, readText } = await findTarget({ flow })
  const text = readText(file) ?? ''
  const document = parseDocument({ file, text })
  const id = path.replace(/^.*\//, '').replace(/\[.*$/, '')
  const step = isObject(document.value) ? stepsOf(document.value).get(id) : undefined
  const span = step === undefined ? undefined : document.span(step.at)
  if (span === undefined) return undefined
  const folder = folderIn(process.env['GITHUB_WORKSPACE'], files.root)
  return `file=${escapeProperty(folder + file)},line=${indexLines(text).position(span.start).line}`
}

async function planChange({ terminal, runner, settings }: Step): Promise<number> {
  const { pullRequest, flow, isComment } = settings
  const result = await changeFor({
    ...(flow === '' ? {} : { range: flow }),
    ...(pullRequest === undefined || flow !== ''
      ? {}
      : { base: pullRequest.base, head: pullRequest.head }),
  })
  const markdown = planMarkdown(result, new Map())
  const { change } = result
  const { problems, sources } = problemsOf(result, repositoryFor(undefined) ?? process.cwd())
  terminal.data(problemsForGithub(problems, sources))
  runner.output('plan-digest', change.planDigest)
  runner.output('changes', String(change.flows.length))
  runner.output('output', JSON.stringify(planJson(result, new Map())))
  runner.summary(markdown)
  if (isComment && pullRequest !== undefined) {
    const { comment } = await import('./comment.ts')
    await comment({ settings, number: pullRequest.number, markdown })
    terminal.note('The plan is a comment of the pull request now.')
  }
  return exitOfChange(result)
}
