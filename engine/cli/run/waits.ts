/**
 * What a run waits for that people can give it, and the command that gives it.
 */
import { printable } from '#engine/cli/source.ts'
import { clock } from '#engine/cli/duration.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import type { RunReader } from '#engine/host/reader.ts'
import { askedBelow, waitsBelow } from '#engine/host/runs/called.ts'
import { viewOf, type RunView, type StepView } from '#engine/host/views.ts'

/** Whether others than the clock can end the wait of the step. */
export function isForPeople({ awaits, asks }: StepView): boolean {
  return awaits !== undefined || asks !== undefined
}

/** `for signal paid`; empty for a wait that only time ends. */
export function waitsText({ awaits, asks }: StepView): string {
  if (asks !== undefined)
    return `for ${asks.by.map(printable).join(', ')}: ${printable(asks.ask).slice(0, 100)}`
  return awaits === undefined ? '' : `for ${awaits.on} ${printable(awaits.topic)}`
}

/** What a run waits for before it begins; empty for one that is through. */
export function gateText({ gate }: Pick<RunView, 'gate'>): string {
  if (gate === undefined) return ''
  const until = gate.until === undefined ? '' : ` until ${clock(gate.until)}`
  return {
    debounce: `waits for others of its key to come${until}`,
    rate_limit: `waits for its turn in the rate limit${until}`,
    concurrency: 'waits until others of its key have ended',
  }[gate.for]
}

/** `0.21 USD, 1200 tokens, 3 turns`: what models cost. */
export function spentText({ usdMicros, tokens, turns }: NonNullable<RunView['spent']>): string {
  return [
    ...(usdMicros === undefined ? [] : [`${usdMicros / 1e6} USD`]),
    ...(tokens === undefined ? [] : [`${tokens} tokens`]),
    ...(turns === undefined ? [] : [`${turns} ${turns === 1 ? 'turn' : 'turns'}`]),
  ].join(', ')
}

/** The command that ends the wait of the step; undefined where nobody can at this terminal. */
export function waitsCommand(
  run: string,
  { path, awaits, asks, status }: StepView,
): string | undefined {
  if (asks !== undefined && status === 'waiting') {
    return `ionflux approvals show ${run} ${printable(path)}`
  }
  if (status === 'uncertain') return `ionflux runs settle ${run} ${printable(path)}`
  if (awaits === undefined || status !== 'waiting' || awaits.on !== 'signal') return undefined
  return `ionflux runs signal ${run} ${printable(awaits.topic)}`
}

/** What a run that only waits waits for, and the commands that end it, its own steps first. */
export function tellWaits({ note, paint }: Terminal, reader: RunReader, view: RunView): void {
  const tell = (command: string | undefined, about: string): void => {
    if (command === undefined) return
    note(`${paint('muted', 'Next:')} ${command}${paint('muted', `   (${about} waits for it)`)}`)
  }
  for (const step of view.steps) tell(waitsCommand(view.id, step), `"${printable(step.path)}"`)
  for (const { run, flow, step } of waitsBelow(reader, view).slice(0, calledShownMax))
    tell(waitsCommand(run, step), `"${printable(step.path)}" of "${printable(flow)}"`)
}

const calledShownMax = 8

/** Tells what the runs that `run` called ask people while it goes on, each question once. */
export function tellCalled(
  { paint, glyphs }: Terminal,
  { reader, run, note }: { reader: RunReader; run: RunId; note(line: string): void },
): Disposable {
  const told = new Set<string>()
  const look = (): void => {
    for (const { run: child, path } of askedBelow(reader, run)) {
      if (told.has(`${child} ${path}`)) continue
      told.add(`${child} ${path}`)
      const view = viewOf(reader, child)
      const step = view.steps.find((one) => one.path === path)
      if (step === undefined) continue
      const of = `${paint('wait', glyphs.wait)} ${printable(path)} of "${printable(view.flow)}"`
      note(`${of}  waits ${waitsText(step)}  ${paint('muted', `run ${child}`)}`)
      note(`    ${paint('muted', 'Next:')} ${waitsCommand(child, step) ?? ''}`)
    }
  }
  const timer = setInterval(() => {
    try {
      look()
    } catch {
      clearInterval(timer) // what cannot be read is told by whoever asks for it
    }
  }, limits.calledLookMs)
  timer.unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/** Where to answer what the runs ask that `run` called; undefined where they ask nothing. */
export function calledText(reader: RunReader, run: RunId): string | undefined {
  const [first, ...more] = askedBelow(reader, run)
  if (first === undefined) return undefined
  const others = more.length === 0 ? '' : `, and ${more.length} more do: ionflux approvals ls`
  const command = `ionflux approvals show ${first.run} ${printable(first.path)}`
  return `run ${first.run}, which it called, asks: ${command}${others}`
}
