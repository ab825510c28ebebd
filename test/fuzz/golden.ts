/**
 * Golden journals: runs as some release wrote them, which every later one must read alike.
 *
 * A file of `test/golden` has the plan and the payloads in its first line, then one line per
 * record with what the decider said after it, then how the run looked in the end. A file is
 * never edited; new ones are added with `IONFLUX_GOLDEN=write`.
 */
import { digestOfText } from '#engine/core/digest.ts'
import type { Json } from '#engine/core/json.ts'
import type { Plan } from '#engine/plan/plan.ts'
import type { Command } from '#engine/runtime/decider/command.ts'
import { decide } from '#engine/runtime/decider/decide.ts'
import { counting, fold } from '#engine/runtime/decider/replay.ts'
import { undecided } from '#engine/runtime/decider/find.ts'
import { openPayloads } from '#engine/runtime/payload.ts'
import { openProgram } from '#engine/runtime/program.ts'
import type { RunRecord } from '#engine/runtime/record.ts'
import { viewRun } from '#engine/runtime/view.ts'

export interface Golden {
  readonly plan: Plan
  /** By digest: the text of the JSON value. */
  readonly payloads: Readonly<Record<string, string>>
  readonly lines: readonly { readonly record: RunRecord; readonly decides: Json }[]
  readonly view: Json
}

export function printGolden({ plan, payloads, lines, view }: Golden): string {
  return [{ plan, payloads }, ...lines, { view }]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('')
}

export function parseGolden(text: string): Golden {
  const lines = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Partial<Golden> & Golden['lines'][number])
  const { plan, payloads } = lines[0] as unknown as Golden
  const { view } = lines.at(-1) as unknown as Golden
  return { plan, payloads, lines: lines.slice(1, -1), view }
}

/** What this engine makes of the records: after each of them, and in the end. */
export function read(
  source: Pick<Golden, 'plan' | 'payloads'>,
  records: readonly RunRecord[],
): Pick<Golden, 'lines' | 'view'> {
  const payloads = openPayloads({
    get: (digest) => new TextEncoder().encode(source.payloads[digest]),
    put: (bytes) => digestOfText(new TextDecoder().decode(bytes)),
  })
  const sight = { program: openProgram(digestOfText('golden'), source.plan), payloads }
  const lines = records.map((record, index) => {
    const state = fold(source.plan, counting(records.slice(0, index + 1)))
    return { record, decides: plain(decide(sight, state, undecided(state)).map(spoken)) }
  })
  return { lines, view: plain(viewRun({ plan: source.plan, payloads }, records)) }
}

/** A command without the step of the plan that it is about. */
function spoken(command: Command): unknown {
  if (!('step' in command)) return command
  const { step: _step, ...rest } = command
  return rest
}

function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json
}
