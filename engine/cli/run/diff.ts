/**
 * `runs diff A B`: where two runs part, in words or as JSON.
 */
import type { Json } from '#engine/core/json.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { findRun, withReader, type PlaceValues } from '#engine/cli/place.ts'
import { cutRight, printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { diffRuns, type Parting } from '#engine/host/runs/diff.ts'

export interface DiffValues extends PlaceValues {
  readonly a: string
  readonly b: string
  readonly json?: boolean
}

/** Prints what differs; ends with 0 whether something does or not. */
export async function diff(terminal: Terminal, values: DiffValues): Promise<number> {
  return await withReader(values, (reader) => {
    const [a, b] = [findRun(reader, values.a), findRun(reader, values.b)]
    const found = diffRuns(reader, { a, b })
    if (values.json === true) {
      printJson(terminal, { a, b, ...found })
      return exits.done
    }
    if (found.isSame) terminal.data('Both runs went the same way and gave the same.\n')
    for (const [i, parting] of found.partings.slice(0, shownMax).entries()) {
      for (const line of linesOf(terminal, parting, i === 0)) terminal.data(`${line}\n`)
    }
    const more = found.partings.length - shownMax
    if (more > 0) terminal.note(`… and ${more} differences more; --json prints all.`)
    return exits.done
  })
}

const shownMax = 20

function linesOf(
  { paint, columns }: Terminal,
  parting: Parting,
  isFirst: boolean,
): readonly string[] {
  const { path, what, a, b, at } = parting
  const place = path === '' ? 'the run' : `step ${printable(path)}`
  const head = `${paint('bold', place)}  ${printable(what)}${isFirst ? paint('muted', '  (here they part)') : ''}`
  const line = (mark: string, value: Json | undefined): string => {
    const text = value === undefined ? 'nothing' : printable(JSON.stringify(value))
    return cutRight(`  ${mark} ${text}`, columns * 2)
  }
  if (at.length === 0) return [head, line('A', a), line('B', b)]
  return [
    head,
    ...at.flatMap((one) => [
      `  ${paint('muted', one.at === '' ? 'value' : printable(one.at))}`,
      line('  A', one.expected),
      line('  B', one.actual),
    ]),
  ]
}
