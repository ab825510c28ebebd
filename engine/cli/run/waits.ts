/**
 * What a run waits for that people can give it, and the command that gives it.
 */
import { printable } from '#engine/cli/source.ts'
import { clock } from '#engine/cli/duration.ts'
import type { RunView, StepView } from '#engine/host/views.ts'

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
