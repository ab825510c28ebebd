/**
 * `test [PATHS…]`: the tests of flows, in the time of the test and without the world.
 *
 * Ends with 1 when a case fails or --filter selects none, and with 3 when a file has mistakes.
 */
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve, sep } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { exitOfProblems, exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { watching } from '#engine/cli/plugin/watching.ts'
import { problemForJson } from '#engine/cli/problem-formats.ts'
import { openSources, type ReadText } from '#engine/cli/problem-text.ts'
import { countText, showProblems } from '#engine/cli/show-problems.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { chooseDataDirectory } from '#engine/host/data/directory.ts'
import { openWorkingTree, type Files } from '#engine/host/repository/files.ts'
import { findRoot } from '#engine/host/repository/root.ts'
import { readerOf, repositoryFor } from '#engine/host/target.ts'
import { testsOf } from '#engine/host/testing/find.ts'
import { runTests, type FileResult, type TestRun } from '#engine/host/testing/run-tests.ts'

import { junitText } from './junit.ts'
import { lineOf, spanOf, tellCoverage, tellFile } from './report.ts'

export interface TestValues {
  readonly paths: readonly string[]
  readonly filter?: string
  readonly update?: boolean
  readonly watch?: boolean
  readonly coverage?: boolean
  readonly json?: boolean
  readonly junit?: string
  readonly repo?: string
  readonly dataDir?: string
}

/** Runs the tests that are named, or all; again with every change under `--watch`. */
export async function test(terminal: Terminal, values: TestValues): Promise<number> {
  const root = rootOf(values)
  if (values.watch !== true) return await testOnce(terminal, root, values)
  if (values.json === true) {
    throw new IonError('CLI_USAGE', '--json prints one document and --watch has no end.')
  }
  return await watching(
    [root],
    async () => {
      const exit = await testOnce(terminal, root, values)
      terminal.note(terminal.paint('muted', 'Waiting for a change; Ctrl+C ends it.'))
      return exit
    },
    isOwn,
  )
}

/** What ionflux and Git write themselves is no change of the user's. */
function isOwn(path: string): boolean {
  const isInside = /(?:^|[\\/])(?:\.git|\.ionflux|node_modules)(?:[\\/]|$)/.test(path)
  return isInside || path.endsWith('.snapshot.json')
}

async function testOnce(terminal: Terminal, root: string, values: TestValues): Promise<number> {
  const began = performance.now()
  const files = openWorkingTree(root)
  const readText = readerOf(files)
  const paths = pathsOf(files, values)
  const directory = chooseDataDirectory({ flag: values.dataDir, environment: process.env, root })
  const run = await runTests({
    files,
    paths,
    directory,
    source: { repository: root, isWorkingTree: true },
    isUpdate: values.update === true,
    ...(values.filter === undefined ? {} : { filter: values.filter }),
    ...(values.json === true
      ? {}
      : { onFile: (one: FileResult) => tellFile({ terminal, readText }, one) }),
  })
  if (values.junit !== undefined) writeReport(values.junit, junitText(run.files))
  const failed = failedOf(run)
  terminal.hear?.(documentOf(run, readText, values))
  if (values.json === true) printJson(terminal, documentOf(run, readText, values))
  else if (run.problems.length > 0) showProblems({ terminal, readText }, run.problems)
  const exit = exitOfProblems(run.problems)
  if (exit !== exits.done) {
    terminal.note(countText(run.problems))
    return exit
  }
  if (values.coverage === true && values.json !== true) {
    for (const one of run.coverage) tellCoverage({ terminal, readText }, one)
  }
  tellCount(terminal, run, performance.now() - began)
  // A filter that fits nothing is a slip of the pen, and no proof of anything.
  const isNothing = values.filter !== undefined && casesOf(run) === 0
  return failed === 0 && !isNothing ? exits.done : exits.failed
}

function casesOf({ files }: TestRun): number {
  return files.reduce((sum, { cases }) => sum + cases.length, 0)
}

function tellCount(terminal: Terminal, run: TestRun, ms: number): void {
  const failed = failedOf(run)
  const all = casesOf(run)
  const count = `${all - failed} passed, ${failed} failed`
  const tone = failed === 0 ? 'ok' : 'fail'
  terminal.note(`${terminal.paint(tone, count)} (${(ms / 1000).toFixed(2)} s)`)
  if (run.files.length === 0) {
    terminal.note(
      'There are no tests here. Write x.test.yaml beside x.flow.yaml, or make one of a run:\nNext: ionflux runs export last --as-test',
    )
  } else if (all === 0) terminal.note('No case has such a name; --filter takes a part of one.')
}

function failedOf({ files }: TestRun): number {
  return files.flatMap(({ cases }) => cases).filter(({ faults }) => faults.length > 0).length
}

/** The one document of `--json`. */
function documentOf(run: TestRun, readText: ReadText, values: TestValues): object {
  if (exitOfProblems(run.problems) !== exits.done) {
    const sources = openSources(readText)
    return { problems: run.problems.map((one) => problemForJson(one, sources)) }
  }
  const failed = failedOf(run)
  const files = run.files.map(({ test: { file, flow, document }, cases, updated }) => ({
    file,
    flow: flow.file,
    ...(updated === undefined ? {} : { updated }),
    cases: cases.map(({ name, at, faults, wallMs, virtualMs }) => ({
      name,
      ok: faults.length === 0,
      line: lineOf(document, at),
      ms: Math.round(wallMs),
      virtualMs,
      faults: faults.map((fault) => {
        const { line, column } = document.lines.position(spanOf(document, fault.at).start)
        return { ...fault, line, column }
      }),
    })),
  }))
  const passed = run.files.reduce((sum, { cases }) => sum + cases.length, 0) - failed
  const coverage = run.coverage.map(({ flow, steps, branches, missedSteps, missedBranches }) => ({
    flow: flow.file,
    steps,
    branches,
    missedSteps: missedSteps.map(({ id, at }) => ({ step: id, line: lineOf(flow, at) })),
    missedBranches: missedBranches.map(({ step, name, at }) => ({
      step,
      branch: name,
      line: lineOf(flow, at, 'key'),
    })),
  }))
  return { passed, failed, files, ...(values.coverage === true ? { coverage } : {}) }
}

function writeReport(file: string, text: string): void {
  try {
    writeFileSync(file, text) // named by the person who calls
  } catch (cause) {
    throw new IonError('CLI_FILE_UNREADABLE', `The report "${file}" cannot be written.`, { cause })
  }
}

function rootOf({ paths, repo }: TestValues): string {
  const [first] = paths
  if (repo !== undefined) return repositoryFor(repo) ?? resolve(repo)
  const isThere = first !== undefined && existsSync(first)
  const near = !isThere ? '.' : statSync(first).isDirectory() ? first : dirname(resolve(first))
  return findRoot(near) ?? resolve(near)
}

/** The test files that the arguments mean: files, folders, flows and ids of flows. */
function pathsOf(files: Files, { paths }: TestValues): readonly string[] {
  const wanted = paths.map((path) => {
    const full = resolve(existsSync(path) ? path : resolve(files.root, path))
    const from = relative(files.root, full).split(sep).join('/')
    if (from.startsWith('..')) {
      const message = `"${path}" lies outside of ${files.root}; test one repository at a time.`
      throw new IonError('CLI_USAGE', message)
    }
    return { written: path, path: from }
  })
  return testsOf(files, wanted)
}
