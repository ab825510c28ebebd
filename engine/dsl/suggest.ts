/**
 * "Did you mean": the known word that a misspelt one is nearest to.
 */
const wordCharsMax = 64

/**
 * The nearest of `known`, when it is near enough to be what was meant.
 *
 * @example
 * suggest('output', ['outputs', 'inputs']) // 'outputs'
 */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > wordCharsMax) return undefined
  const lower = word.toLowerCase()
  let best: string | undefined
  let least = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    if (candidate.length > wordCharsMax) continue
    const distance = distanceOf(lower, candidate.toLowerCase())
    if (distance < least) [best, least] = [candidate, distance]
  }
  return best
}

/** Edits from `a` to `b`, two swapped neighbours counting as one (optimal string alignment). */
function distanceOf(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      const changed = (last[j - 1] as number) + cost
      let least = Math.min(changed, (last[j] as number) + 1, (row[j - 1] as number) + 1)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwap) least = Math.min(least, (before[j - 2] as number) + 1)
      row.push(least)
    }
    ;[before, last] = [last, row]
  }
  return last[b.length] as number
}
