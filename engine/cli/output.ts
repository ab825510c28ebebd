/**
 * What a run leaves on stdout: its output, readable for people, or one JSON document.
 */
import { isObject, type Json } from '#engine/core/json.ts'
import type { RunView } from '#engine/host/views.ts'

import { exitOfFailure, exits } from './exit.ts'
import { printableLines } from './source.ts'
import type { Terminal } from './terminal.ts'

/** `{ "run": … }` as DESIGN and the reference describe it, with nothing else on stdout. */
export function printJson(terminal: Terminal, value: unknown): void {
  terminal.data(jsonText(value) + '\n')
}

/** JSON that a terminal shows and does not obey: what JSON itself leaves raw is escaped too. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replace(
    // eslint-disable-next-line no-control-regex
    /[\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The output of a run that is done. Text stays text; a `markdown` field is what people want to read. */
export function printOutput(terminal: Terminal, output: Json): void {
  const text = textOf(output)
  if (text === undefined) return
  const shown = terminal.isDataSeen ? printableLines(text) : text
  terminal.data(shown.endsWith('\n') ? shown : shown + '\n')
  if (
    isObject(output) &&
    typeof output['markdown'] === 'string' &&
    Object.keys(output).length > 1
  ) {
    const others = Object.keys(output).filter((key) => key !== 'markdown')
    terminal.note(
      terminal.paint('muted', `The output also has ${others.join(', ')}; --json prints all of it.`),
    )
  }
}

function textOf(output: Json): string | undefined {
  if (output === null) return undefined
  if (typeof output === 'string') return output
  if (isObject(output) && typeof output['markdown'] === 'string') return output['markdown']
  return jsonText(output)
}

/** What a run that is over, or waits, ends the process with. */
export function exitOfRun(run: Pick<RunView, 'status' | 'error'>): number {
  switch (run.status) {
    case 'done':
      return exits.done
    case 'parked':
    case 'uncertain':
      return exits.waits
    case 'running':
    case 'cancelled':
      return exits.failed
    case 'failed':
      return exitOfFailure(run.error?.code ?? '')
  }
}
