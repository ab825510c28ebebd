/**
 * `fmt [PATHS…]`: files in their one form, written in place, compared, or from stdin.
 *
 * It writes a file only when the form changes and was shown to mean the same; a file with
 * mistakes in its text is told and left alone.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stdin } from 'node:process'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import type { Problem } from '#engine/core/problem.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { problemForJson } from '#engine/cli/problem-formats.ts'
import { openSources } from '#engine/cli/problem-text.ts'
import { showProblems } from '#engine/cli/show-problems.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { formatDocument } from '#engine/dsl/format/format.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { markerFile, readMarker } from '#engine/host/repository/config.ts'
import { openWorkingTree, type Files } from '#engine/host/repository/files.ts'

import { unifiedDiff } from './diff.ts'
import { filesPlace } from './place.ts'

export interface FmtValues {
  readonly paths: readonly string[]
  readonly check?: boolean
  readonly diff?: boolean
  readonly stdin?: boolean
  readonly json?: boolean
  readonly repo?: string
}

/** Ends with 3 when a file has mistakes, or with `--check` would change. */
export async function fmt(terminal: Terminal, values: FmtValues): Promise<number> {
  if (values.stdin === true) return await formatStdin(terminal, values)
  const { root, paths } = filesPlace(values)
  const files = openWorkingTree(root)
  const formed = choose(files, paths).flatMap((file) => formFile(files, file) ?? [])
  const changed = formed.filter(({ before, after }) => after !== before)
  const problems = formed.flatMap((one) => one.problems)
  const isDry = values.check === true || values.diff === true
  if (!isDry) for (const { file, after } of changed) writeFileSync(join(root, file), after)
  const readText = (path: string): string | undefined => files.readText(path)
  if (values.json === true) {
    printJson(terminal, {
      files: formed.length,
      changed: changed.map(({ file }) => file),
      problems: problems.map((one) => problemForJson(one, openSources(readText))),
    })
  } else {
    showProblems({ terminal, readText }, problems)
    if (values.diff === true) {
      for (const { file, before, after } of changed) terminal.data(unifiedDiff(file, before, after))
    } else for (const { file } of changed) terminal.data(`${file}\n`)
    terminal.note(summary({ files: formed.length, changed: changed.length, isDry }))
  }
  const isUnformed = values.check === true && changed.length > 0
  return problems.length > 0 || isUnformed ? exits.problems : exits.done
}

function summary(told: { files: number; changed: number; isDry: boolean }): string {
  const { files, changed, isDry } = told
  const all = `${files} file${files === 1 ? '' : 's'}`
  if (changed === 0) return `${all}, all in their form`
  return isDry ? `${changed} of ${all} would change: ionflux fmt` : `${changed} of ${all} changed`
}

interface Formed {
  readonly file: string
  readonly before: string
  /** The same where there are problems. */
  readonly after: string
  readonly problems: readonly Problem[]
}

function formFile(files: Files, file: string): Formed | undefined {
  const before = files.readText(file)
  if (before === undefined) return undefined
  const bytes = readFileSync(join(files.root, file))
  // Text in another encoding is read, and not written back in UTF-8 unasked.
  if (!Buffer.from(before).equals(bytes) && !bytes.subarray(3).equals(Buffer.from(before))) {
    return undefined
  }
  return form(file, before)
}

function form(file: string, before: string): Formed {
  const done = formatDocument(parseDocument({ file, text: before }))
  if (done.problems === undefined) return { file, before, after: done.text, problems: [] }
  return { file, before, after: before, problems: done.problems }
}

/** Named files as they are; else everything ionflux reads in the repository or below a folder. */
function choose(files: Files, paths: readonly string[]): readonly string[] {
  const { marker } = readMarker(files)
  const others = ['agent', 'component', 'test'].map((kind) => `**/*.${kind}.yaml`)
  const known = files.find([...marker.flows, ...marker.plugins, ...others, markerFile])
  if (paths.length === 0 || paths.includes('')) return known
  const below = known.filter((file) =>
    paths.some((path) => file === path || file.startsWith(`${path}/`)),
  )
  const named = paths.filter((path) => /\.ya?ml$/.test(path))
  return [...new Set([...below, ...named])].toSorted()
}

async function formatStdin(terminal: Terminal, values: FmtValues): Promise<number> {
  if (values.paths.length > 0) {
    throw new IonError('CLI_USAGE', 'Give paths or --stdin, not both.')
  }
  const { before, after, problems } = form('stdin', await piped())
  const readText = (): string => before
  showProblems({ terminal, readText }, problems)
  if (problems.length > 0) return exits.problems
  if (values.diff === true) terminal.data(unifiedDiff('stdin', before, after))
  else if (values.check !== true) terminal.data(after)
  return values.check === true && after !== before ? exits.problems : exits.done
}

async function piped(): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of stdin as AsyncIterable<Buffer>) {
    bytes += piece.length
    // One more than a file may have: the reader says so.
    if (bytes > limits.fileBytesMax + 1) break
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}
