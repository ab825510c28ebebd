/**
 * Shows a run while it goes on: each step's line once it has ended and, on a live
 * terminal, the steps under way below them.
 *
 * What is on the screen in the end is what a log file would hold: finished lines are
 * never rewritten, only the part below them is.
 */
import { stripVTControlCharacters } from 'node:util'

import type { RunRecord, StepView, Viewer } from '#engine/host/views.ts'

import { isForPeople, waitsCommand, waitsText } from '#engine/cli/run/waits.ts'

import { clock, duration, elapsed } from './duration.ts'
import { cutRight, printable, printableLines, widthOf } from './source.ts'
import type { Terminal } from './terminal.ts'

export interface LiveView {
  hear(records: readonly RunRecord[]): void
  /** Writes a line above what is rewritten. */
  note(line: string): void
  /** Takes away what is rewritten; nothing is drawn afterwards. */
  stop(): void
}

const redrawMs = 100
const liveLinesMax = 8
const depthMax = 2
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/** Shows the run that `viewer` follows. */
export function openLive(terminal: Terminal, viewer: Viewer): LiveView {
  const open = new Map<string, StepView>()
  const told = new Set<string>()
  let drawn = 0
  let tick = 0
  const timer = terminal.isLive ? setInterval(draw, redrawMs) : undefined
  timer?.unref()

  function erase(): void {
    if (drawn > 0) terminal.raw(`\u001b[${drawn}A\u001b[J`)
    drawn = 0
  }
  function draw(): void {
    erase()
    tick += 1
    const shown = [...open.keys()]
      .flatMap((path) => viewer.step(path) ?? [])
      .filter(({ path }) => isOuter(path))
    const lines = shown
      .slice(-liveLinesMax)
      .map((step) => openLine(terminal, step, frames[tick % frames.length] ?? ''))
    for (const line of lines) terminal.raw(fitted(line, terminal.columns - 1) + '\n')
    drawn = lines.length
  }
  function note(line: string): void {
    erase()
    terminal.note(line)
  }
  function change(step: StepView): void {
    if (step.endedAt === undefined) {
      open.set(step.path, step)
      if (!isHeldUp(step) || told.has(`${step.path} ${step.due}`)) return
      told.add(`${step.path} ${step.due}`)
      if (isOuter(step.path) || step.status === 'uncertain')
        for (const line of waitLines(terminal, viewer, step)) note(line)
      return
    }
    open.delete(step.path)
    const end = `${step.path} ended ${step.endedAt}`
    if (!isTold(step) || told.has(end)) return
    told.add(end)
    for (const line of endLines(terminal, step)) note(line)
  }
  return {
    hear: (records) => {
      for (const record of records) {
        for (const path of viewer.apply(record)) {
          const step = viewer.step(path)
          if (step !== undefined) change(step)
        }
      }
    },
    note,
    stop: () => {
      clearInterval(timer)
      erase()
    },
  }
}

/** A line that does not wrap; one that is cut loses its colours. */
function fitted(line: string, columns: number): string {
  const bare = stripVTControlCharacters(line)
  return widthOf(bare) <= columns ? line : cutRight(bare, columns)
}

/** Steps of the flow and of its blocks; not those of single items and turns. */
export function isOuter(path: string): boolean {
  return !path.includes('[') && path.split('/').length <= depthMax
}

const blocks = new Set(['if', 'switch', 'try', 'parallel', 'race', 'component'])

/** A block is told by its steps; a step of an item only when it failed. */
function isTold(step: StepView): boolean {
  if (!isOuter(step.path)) return false
  return !blocks.has(step.kind) || step.status === 'cancelled'
}

function endLines({ paint, glyphs, columns }: Terminal, step: StepView): readonly string[] {
  const mark = {
    done: paint('ok', glyphs.ok),
    failed: paint('fail', glyphs.fail),
    cancelled: paint('muted', glyphs.skip),
    running: glyphs.run,
    waiting: glyphs.wait,
    uncertain: glyphs.wait,
  }[step.status]
  const items = step.progress === undefined ? '' : `  ${step.progress.done}/${step.progress.total}`
  const attempts = step.attempts > 1 ? paint('wait', `  ${step.attempts} attempts`) : ''
  const time = paint('muted', duration(elapsed(step.startedAt, step.endedAt)))
  const cached = step.cached === undefined ? '' : paint('muted', '  cached')
  const line = `${mark} ${label(step)}${items}  ${time}${attempts}${cached}`
  if (step.error === undefined || step.status !== 'failed') return [line]
  const { code, message } = step.error
  const text = printableLines(message).split('\n').slice(0, 12).join('\n    ')
  return [line, `    ${paint('fail', `error[${printable(code)}]`)}: ${cutRight(text, columns * 6)}`]
}

function openLine({ paint, glyphs }: Terminal, step: StepView, spinner: string): string {
  const isUnicode = glyphs.ok === '✓'
  const mark =
    step.status === 'waiting' || step.status === 'uncertain'
      ? paint('wait', glyphs.wait)
      : paint('run', isUnicode ? spinner : glyphs.run)
  const items = step.progress === undefined ? '' : `  ${bar(step.progress, isUnicode)}`
  const due = step.due === undefined ? '' : `  until ${clock(step.due)}`
  const attempt = step.attempts > 1 ? `  attempt ${step.attempts}` : ''
  const what = isForPeople(step) ? `  ${waitsText(step)}` : ''
  return `${mark} ${label(step)}${items}${what}${due}${attempt}  ${paint('muted', duration(elapsed(step.startedAt)))}`
}

/** That a step waits, where it is worth a line, and the command that ends the wait. */
function waitLines(terminal: Terminal, viewer: Viewer, step: StepView): readonly string[] {
  if (step.status === 'uncertain') return [doubtLine(terminal, step, viewer.view().id)]
  if (terminal.isLive && step.error === undefined && !isForPeople(step)) return []
  const command = isForPeople(step) ? waitsCommand(viewer.view().id, step) : undefined
  const next = command === undefined ? [] : [`    ${terminal.paint('muted', 'Next:')} ${command}`]
  return [waitLine(terminal, step), ...next]
}

/** Whether a step that has not ended does nothing now. */
function isHeldUp({ status }: StepView): boolean {
  return status === 'waiting' || status === 'uncertain'
}

function doubtLine({ paint, glyphs }: Terminal, step: StepView, run: string): string {
  const command = `ionflux runs settle ${run} ${printable(step.path)}`
  return `${paint('warn', glyphs.wait)} ${label(step)}  nobody knows whether it happened: ${command}`
}

function waitLine({ paint, glyphs }: Terminal, step: StepView): string {
  const why =
    step.error === undefined
      ? ''
      : `  after ${printable(step.error.code)}: ${printable(step.error.message).slice(0, 120)}`
  const until = step.due === undefined ? '' : ` until ${clock(step.due)}`
  const what = isForPeople(step) ? ` ${waitsText(step)}` : ''
  return `${paint('wait', glyphs.wait)} ${label(step)}  waits${what}${until}${why}`
}

const barWidth = 20

function bar(
  { done, total }: { readonly done: number; readonly total: number },
  isUnicode: boolean,
): string {
  const full = total === 0 ? barWidth : Math.round((done / total) * barWidth)
  const [on, off] = isUnicode ? ['█', '░'] : ['#', '.']
  return `${on.repeat(full)}${off.repeat(barWidth - full)} ${done}/${total}`
}

const pathWidth = 16
const whatWidth = 16

/** Path and what it does, in columns. */
function label(step: StepView): string {
  const what = step.what ?? step.kind
  return `${pad(printable(step.path), pathWidth)} ${pad(printable(what), whatWidth)}`
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}
