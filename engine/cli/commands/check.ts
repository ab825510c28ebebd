/**
 * `check [PATHS…]`: every mistake at once, for people, for GitHub, for SARIF, as JSON.
 *
 * `--fix` makes the changes that keep the meaning, then checks again, so what it prints
 * is what is left.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import type { JsonObject } from '#engine/core/json.ts'
import type { Problem } from '#engine/core/problem.ts'
import { limits } from '#engine/core/limits.ts'
import { inWorkspace } from '#engine/cli/action/workspace.ts'
import { exitOfProblems } from '#engine/cli/exit.ts'
import { filesPlace, type FilesPlace } from '#engine/cli/format/place.ts'
import { printJson } from '#engine/cli/output.ts'
import { problemForJson, problemsForGithub, problemsForSarif } from '#engine/cli/problem-formats.ts'
import { openSources } from '#engine/cli/problem-text.ts'
import { countText, showProblems } from '#engine/cli/show-problems.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { applyFixes } from '#engine/dsl/patch/fix.ts'
import { suggest } from '#engine/dsl/suggest.ts'
import { version } from '#engine/host/installation.ts'
import { checkAll, type CheckedRepository } from '#engine/host/repository/check-all.ts'
import { openWorkingTree, type Files } from '#engine/host/repository/files.ts'
import { markerFile } from '#engine/host/repository/config.ts'
import { filesAt, readerOf } from '#engine/host/target.ts'

export interface CheckValues {
  readonly paths: readonly string[]
  readonly fix?: boolean
  readonly format?: string
  readonly json?: boolean
  readonly repo?: string
  readonly at?: string
}

const formats = ['text', 'json', 'github', 'sarif'] as const
type Format = (typeof formats)[number]

/** Checks and prints; ends with 3 when there are errors, 4 when only permissions are missing. */
export async function check(terminal: Terminal, values: CheckValues): Promise<number> {
  const began = performance.now()
  const format = formatOf(values.json === true ? 'json' : values.format)
  const place = filesPlace(values)
  if (values.fix === true && values.at !== undefined) {
    throw new IonError(
      'CLI_USAGE',
      'A commit does not change: --fix works on files, not with --at.',
    )
  }
  const open = async (): Promise<Files> =>
    values.at === undefined ? openWorkingTree(place.root) : await filesAt(place.root, values.at)
  let files = await open()
  let checked = await checkAll({ files, paths: place.paths })
  refuseNothing(values.paths, place, checked)
  let fixed = 0
  for (let round = 0; values.fix === true && round < limits.checkFixRoundsMax; round++) {
    const count = fixFiles(files, checked.problems)
    if (count === 0) break
    fixed += count
    files = await open()
    checked = await checkAll({ files, paths: place.paths })
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(2)
  print(terminal, { format, checked, files, fixed, seconds })
  return exitOfProblems(checked.problems)
}

/** Paths that name nothing to check are a mistake of the call; no check passed. */
function refuseNothing(
  named: readonly string[],
  { root, paths }: FilesPlace,
  { flows, plugins, tests, problems }: CheckedRepository,
): void {
  const isWhole = named.length === 0 || paths.includes('')
  const isAny = flows + plugins + tests + problems.length > 0
  if (isWhole || paths.includes(markerFile) || isAny) return
  throw new IonError(
    'CLI_USAGE',
    `There is no flow, no plugin and no test in ${named.map((path) => `"${path}"`).join(', ')} that ${root} counts as its own.`,
    { data: { paths: [...named] } },
  )
}

interface Printed {
  readonly format: Format
  readonly checked: CheckedRepository
  readonly files: Files
  readonly fixed: number
  readonly seconds: string
}

function print(terminal: Terminal, { format, checked, files, fixed, seconds }: Printed): void {
  const { problems, flows, plugins, tests } = checked
  const readText = readerOf(files)
  const sources = openSources(readText)
  const shown = inWorkspace({ problems, sources }, files.root)
  const document = (): JsonObject => ({
    problems: problems.map((one) => problemForJson(one, sources)),
    flows,
    plugins,
    tests,
    fixed,
  })
  terminal.hear?.(document())
  switch (format) {
    case 'json':
      printJson(terminal, document())
      return
    case 'sarif':
      printJson(terminal, problemsForSarif(shown.problems, shown.sources, { version: version() }))
      return
    case 'github':
      terminal.data(problemsForGithub(shown.problems, shown.sources))
      break
    case 'text':
      showProblems({ terminal, readText }, problems, (text) => terminal.data(text + '\n'))
  }
  const fixable = problems.filter(({ fix }) => fix?.applicability === 'safe').length
  const count = countText(problems)
  const more = [
    fixed === 0 ? '' : ` · ${fixed} fixed`,
    fixable === 0 ? '' : ` · ${fixable} fixable: ionflux check --fix`,
  ]
  if (flows + plugins + tests + problems.length === 0) {
    terminal.note(`no flows found under ${printable(files.root)}\nNext: ionflux init`)
    return
  }
  const counted = [`${flows} flow${flows === 1 ? '' : 's'}`]
  counted.push(`${plugins} plugin${plugins === 1 ? '' : 's'}`)
  if (tests > 0) counted.push(`${tests} test file${tests === 1 ? '' : 's'}`)
  const where = counted.join(', ')
  terminal.note(`${count} in ${where} (${seconds} s)${more.join('')}`)
}

/** Applies the safe fixes of each file; how many there were. */
function fixFiles(files: Files, problems: readonly Problem[]): number {
  const byFile = Map.groupBy(
    problems.filter(({ fix, file }) => fix?.applicability === 'safe' && file !== undefined),
    ({ file }) => file ?? '',
  )
  let count = 0
  for (const [file, list] of byFile) {
    if (files.readText(file) === undefined) continue // not of this repository, or behind a link
    const path = join(files.root, file)
    const bytes = readFileSync(path)
    const text = bytes.toString('utf8')
    if (!Buffer.from(text).equals(bytes)) continue // not UTF-8: writing it back would change more
    const { text: fixed, applied } = applyFixes(text, list)
    if (fixed === text) continue
    writeFileSync(path, fixed)
    count += applied.length
  }
  return count
}

function formatOf(text = 'text'): Format {
  const found = formats.find((format) => format === text)
  if (found !== undefined) return found
  const near = suggest(text, formats)
  const hint = near === undefined ? `It can be ${formats.join(', ')}.` : `Did you mean "${near}"?`
  throw new IonError('CLI_USAGE', `There is no format "${text}". ${hint}`)
}
