/** Sorts issues by how long they have been quiet. */
interface Issue {
  readonly number: number
  readonly labels: readonly string[]
  readonly updated_at: string
}

interface Input {
  /** When the run began. */
  readonly now: string
  readonly issues: readonly Issue[]
  readonly days_until_stale: number
  readonly days_until_closed: number
  readonly label: string
  readonly keep: readonly string[]
}

interface Verdicts {
  readonly mark: readonly number[]
  readonly close: readonly number[]
  readonly left: number
}

const dayMs = 24 * 60 * 60 * 1000

export default function verdicts(input: Input): Verdicts {
  const now = Date.parse(input.now)
  const mark: number[] = []
  const close: number[] = []
  for (const { number, labels, updated_at } of input.issues) {
    if (labels.some((label) => input.keep.includes(label))) continue
    const days = (now - Date.parse(updated_at)) / dayMs
    if (labels.includes(input.label)) {
      if (days >= input.days_until_closed) close.push(number)
    } else if (days >= input.days_until_stale) mark.push(number)
  }
  return { mark, close, left: input.issues.length - mark.length - close.length }
}
