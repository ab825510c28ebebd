/**
 * A version that is held, for whoever is asked to approve it: what was found, where it stands,
 * and the command that approves exactly that.
 */
import type { JsonObject } from '#engine/core/json.ts'
import type { PlaceValues } from '#engine/cli/place.ts'
import { severityTones } from '#engine/cli/plan/words.ts'
import { printable } from '#engine/cli/source.ts'
import type { Tone } from '#engine/cli/terminal.ts'
import type { HeldFinding, HeldPlan } from '#engine/plan/approval/held.ts'

type Paint = (tone: Tone, text: string) => string

/** One line for each finding, and one with what to do next. */
export function heldLines(paint: Paint, held: HeldPlan, place: PlaceValues): readonly string[] {
  const { findings, more } = held
  const command = approveCommand(held, place)
  return [
    ...findings.map((one) => findingLine(paint, one)),
    ...(more === 0 ? [] : [`… and ${more} more findings`]),
    ...(command === undefined ? [] : [`${paint('muted', 'Approve:')} ${command}`]),
  ]
}

function findingLine(paint: Paint, { severity, message, file, line, code }: HeldFinding): string {
  const place = `${file ?? ''}${line === undefined ? '' : `:${line}`}`
  const where = paint('muted', printable(`${place} ${code}`.trim()))
  return `${paint(severityTones[severity], severity.padEnd(10))}  ${printable(message)}  ${where}`
}

/** Undefined where no approval of the operator would help. */
export function approveCommand(
  { planDigest, byOperator }: HeldPlan,
  { repo, dataDir }: PlaceValues,
): string | undefined {
  if (!byOperator) return undefined
  const options = [
    ...(repo === undefined ? [] : ['--repo', quoted(repo)]),
    ...(dataDir === undefined ? [] : ['--data-dir', quoted(dataDir)]),
  ]
  return ['ionflux plan approve', planDigest, ...options].join(' ')
}

function quoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}

/** The same for programs: `approve` is null where no approval of the operator would help. */
export function heldJson(held: HeldPlan, place: PlaceValues): JsonObject {
  return {
    findings: held.findings.map((one) => ({ ...one })),
    more: held.more,
    approve: approveCommand(held, place) ?? null,
  }
}
