/**
 * `runs verify`: whether the journal of a run is what was written, and with `--replay`,
 * whether the code that ran gives the same again.
 */
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { findRun, withReader, type PlaceValues } from '#engine/cli/place.ts'
import { replayCalls, type ReplayedCall } from '#engine/host/verify/replay.ts'

export interface VerifyValues extends PlaceValues {
  readonly run: string
  readonly replay?: boolean
  readonly json?: boolean
}

/** Ends with 1 when a record is not what it was, or a call gives something else. */
export async function verify(terminal: Terminal, values: VerifyValues): Promise<number> {
  return await withReader(values, async (reader) => {
    const run = findRun(reader, values.run)
    const report = reader.verify(run)
    const calls = report.ok && values.replay === true ? await replayCalls(reader, run) : undefined
    const isSame = calls?.every(({ verdict }) => verdict !== 'different') ?? true
    const isWell = report.ok && isSame
    if (values.json === true) {
      printJson(terminal, {
        run,
        ...report,
        ...(calls === undefined ? {} : { replay: { ok: isSame, calls } }),
      })
      return isWell ? exits.done : exits.failed
    }
    const { paint, glyphs } = terminal
    const text = report.ok
      ? `${paint('ok', glyphs.ok)} ${run}  ${report.records} records, head ${report.head}`
      : `${paint('fail', glyphs.fail)} ${run}  broken at record ${report.seq}: ${report.reason}`
    terminal.data(`${text}\n`)
    if (calls !== undefined) showCalls(terminal, calls)
    return isWell ? exits.done : exits.failed
  })
}

function showCalls({ data, paint, glyphs }: Terminal, calls: readonly ReplayedCall[]): void {
  const same = calls.filter(({ verdict }) => verdict === 'same').length
  data(
    `${paint('ok', glyphs.ok)} ${same} of ${calls.length} calls executed again, to the same bytes\n`,
  )
  for (const { path, attempt, verdict, why = '' } of calls) {
    if (verdict === 'same') continue
    const mark = verdict === 'different' ? paint('fail', glyphs.fail) : paint('muted', glyphs.skip)
    const nth = attempt > 1 ? ` (attempt ${attempt})` : ''
    data(`${mark} ${printable(path)}${nth}  ${why}\n`)
  }
}
