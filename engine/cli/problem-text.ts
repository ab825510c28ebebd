/**
 * Problems as a good compiler prints them: code, place, the line itself with the
 * mistake underlined, what it relates to, what to do, and whether `--fix` can do it.
 *
 * It reads texts through `readText` and leaves sorting and counting to `check`.
 */
import type { Problem, Related, Severity, Span } from '#engine/core/problem.ts'

import { excerpt, openSource, printable, type Source } from './source.ts'
import type { Terminal, Tone } from './terminal.ts'

export type ReadText = (file: string) => string | undefined

interface Mark {
  readonly file: string | undefined
  readonly span: Span
  readonly label: string
  readonly isMain: boolean
}

const severityTone: Readonly<Record<Severity, Tone>> = {
  error: 'fail',
  warning: 'warn',
  info: 'note',
}

/** One problem, over several lines, without a line end. */
export function problemText(
  terminal: Pick<Terminal, 'paint' | 'columns'>,
  problem: Problem,
  readText: ReadText,
): string {
  const { paint } = terminal
  const sources = openSources(readText)
  const marks = marksOf(problem)
  const gutter = gutterOf(marks, sources)
  const pad = ' '.repeat(gutter)
  const lines = [
    paint(severityTone[problem.severity], `${problem.severity}[${problem.code}]`) +
      paint('bold', `: ${printable(problem.message)}`),
  ]
  if (problem.file !== undefined)
    lines.push(`${pad}${paint('note', '-->')} ${placeOf(problem, sources)}`)
  const snippet = snippetLines({ terminal, sources, gutter }, problem, marks)
  lines.push(...snippet)
  const margin = `${pad} ${paint('note', '=')} `
  for (const related of problem.related ?? []) {
    if (related.span === undefined) lines.push(`${margin}note: ${relatedText(related)}`)
  }
  if (problem.help !== undefined) lines.push(`${margin}help: ${printable(problem.help)}`)
  if (problem.fix !== undefined)
    lines.push(margin + fixText(problem.fix.title, problem.fix.applicability))
  lines.push(`${margin}${paint('muted', `docs: ionflux explain ${problem.code}`)}`)
  return lines.join('\n')
}

/** `file:line:column`, or as much of it as is known. */
export function placeOf(problem: Problem, sources: (file: string) => Source | undefined): string {
  const file = problem.file ?? ''
  const source = sources(file)
  if (problem.span === undefined || source === undefined) return printable(file)
  const { line, column } = source.place(problem.span.start)
  return `${printable(file)}:${line}:${column}`
}

/** Opens each file once. */
export function openSources(readText: ReadText): (file: string) => Source | undefined {
  const known = new Map<string, Source | undefined>()
  return (file) => {
    if (known.has(file)) return known.get(file)
    const text = readText(file)
    const source = text === undefined ? undefined : openSource(text)
    known.set(file, source)
    return source
  }
}

function fixText(title: string, applicability: 'safe' | 'review'): string {
  return applicability === 'safe'
    ? `fix: ${printable(title)}  [ionflux check --fix]`
    : `fix: ${printable(title)}  [by hand: it may change what the flow means]`
}

function relatedText(related: Related): string {
  return (
    printable(related.message) + (related.file === undefined ? '' : ` (${printable(related.file)})`)
  )
}

function marksOf(problem: Problem): readonly Mark[] {
  const marks: Mark[] = []
  if (problem.span !== undefined) {
    marks.push({ file: problem.file, span: problem.span, label: '', isMain: true })
  }
  for (const { span, file, message } of problem.related ?? []) {
    if (span !== undefined) {
      marks.push({ file: file ?? problem.file, span, label: message, isMain: false })
    }
  }
  return marks
}

function gutterOf(marks: readonly Mark[], sources: (file: string) => Source | undefined): number {
  const last = marks.map(({ file, span }) => sources(file ?? '')?.place(span.start).line ?? 1)
  return String(Math.max(1, ...last)).length
}

/** A place of a file with its line, marked, for what is no problem of the file. */
export function markedText(
  terminal: Pick<Terminal, 'paint' | 'columns'>,
  place: { readonly file: string; readonly span: Span },
  readText: ReadText,
): string {
  const sources = openSources(readText)
  const marks: Mark[] = [{ ...place, label: '', isMain: true }]
  const gutter = gutterOf(marks, sources)
  const pad = ' '.repeat(gutter)
  const source = sources(place.file)
  const at = source?.place(place.span.start)
  const where = at === undefined ? '' : `:${at.line}:${at.column}`
  const head = `${pad}${terminal.paint('note', '-->')} ${printable(place.file)}${where}`
  const body = fileLines({ terminal, sources, gutter }, marks)
  return [head, `${pad} ${terminal.paint('note', '|')}`, ...body].join('\n')
}

interface Frame {
  readonly terminal: Pick<Terminal, 'paint' | 'columns'>
  readonly sources: (file: string) => Source | undefined
  readonly gutter: number
}

function snippetLines(frame: Frame, problem: Problem, marks: readonly Mark[]): readonly string[] {
  const { paint } = frame.terminal
  const bar = `${' '.repeat(frame.gutter)} ${paint('note', '|')}`
  const here = marks.filter((mark) => mark.file === problem.file)
  const elsewhere = marks.filter((mark) => mark.file !== problem.file)
  const lines: string[] = []
  const body = fileLines(frame, here)
  if (body.length > 0) lines.push(bar, ...body)
  for (const mark of elsewhere) {
    const source = frame.sources(mark.file ?? '')
    if (source === undefined) continue
    const { line, column } = source.place(mark.span.start)
    lines.push(
      `${' '.repeat(frame.gutter)}${paint('note', ':::')} ${printable(mark.file ?? '')}:${line}:${column}`,
    )
    lines.push(bar, ...fileLines(frame, [mark]))
  }
  return lines
}

/** The marked lines of one file, in the order of the file. */
function fileLines(frame: Frame, marks: readonly Mark[]): readonly string[] {
  const { paint, columns } = frame.terminal
  const lines: string[] = []
  let shown = 0
  for (const mark of marks.toSorted((a, b) => a.span.start - b.span.start)) {
    const source = frame.sources(mark.file ?? '')
    if (source === undefined) continue
    const { line, column } = source.place(mark.span.start)
    const start = column - 1
    const text = source.line(line)
    const cut = excerpt(
      text,
      { start, end: start + mark.span.end - mark.span.start },
      columns - frame.gutter - 4,
    )
    const margin = `${' '.repeat(frame.gutter)} ${paint('note', '|')} `
    if (shown !== 0 && line > shown + 1) lines.push(paint('note', '...'))
    if (line !== shown) {
      const number = paint('note', String(line).padStart(frame.gutter))
      lines.push(`${number} ${paint('note', '|')} ${cut.text}`)
    }
    const drawn =
      (mark.isMain ? '^' : '-').repeat(cut.under) +
      (mark.label === '' ? '' : ` ${printable(mark.label)}`)
    lines.push(margin + ' '.repeat(cut.before) + paint(mark.isMain ? 'fail' : 'note', drawn))
    shown = line
  }
  return lines
}
