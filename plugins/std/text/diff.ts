/**
 * Compares two texts by lines, and writes what differs as a unified diff.
 *
 * Finds the shortest list of changes (Myers) up to a number of them; texts that have less
 * in common than that are shown as removed and added as a whole, which is also true.
 */
export interface Change {
  readonly kind: 'keep' | 'remove' | 'add'
  readonly line: string
}

const editsMax = 2_000

export function linesOf(text: string): readonly string[] {
  const lines = text.split('\n')
  return lines.at(-1) === ''
    ? lines.slice(0, -1)
    : [...lines.slice(0, -1), `${lines.at(-1)}${noEnd}`]
}

/** What tools write under a last line without an end. */
const noEnd = '\n\\ No newline at end of file'

export function changes(before: readonly string[], after: readonly string[]): readonly Change[] {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start++
  let [end, other] = [before.length, after.length]
  while (end > start && other > start && before[end - 1] === after[other - 1]) {
    end--
    other--
  }
  const keep = (line: string): Change => ({ kind: 'keep', line })
  return [
    ...before.slice(0, start).map(keep),
    ...middle(before.slice(start, end), after.slice(start, other)),
    ...before.slice(end).map(keep),
  ]
}

function middle(a: readonly string[], b: readonly string[]): readonly Change[] {
  const whole = [
    ...a.map((line): Change => ({ kind: 'remove', line })),
    ...b.map((line): Change => ({ kind: 'add', line })),
  ]
  if (a.length === 0 || b.length === 0) return whole
  const trail = edits(a, b)
  return trail === undefined ? whole : walkBack(a, b, trail)
}

/** How far each diagonal reaches after each number of edits; undefined beyond the limit. */
function edits(a: readonly string[], b: readonly string[]): readonly Int32Array[] | undefined {
  const most = Math.min(a.length + b.length, editsMax)
  const reach = new Int32Array(most * 2 + 3)
  const trail: Int32Array[] = []
  for (let d = 0; d <= most; d++) {
    trail.push(reach.slice(most + 1 - d - 1, most + 1 + d + 2))
    for (let k = -d; k <= d; k += 2) {
      const at = most + 1 + k
      const [below, above] = [reach[at - 1] as number, reach[at + 1] as number]
      let x = k === -d || (k !== d && below < above) ? above : below + 1
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++
      reach[at] = x
      if (x >= a.length && x - k >= b.length) return trail
    }
  }
  return undefined
}

function walkBack(
  a: readonly string[],
  b: readonly string[],
  trail: readonly Int32Array[],
): readonly Change[] {
  const found: Change[] = []
  let [x, y] = [a.length, b.length]
  for (let d = trail.length - 1; d >= 0; d--) {
    const reach = trail[d] as Int32Array
    const at = (k: number): number => reach[k + d + 1] as number
    const k = x - y
    const previous = k === -d || (k !== d && at(k - 1) < at(k + 1)) ? k + 1 : k - 1
    const [fromX, fromY] = d === 0 ? [0, 0] : [at(previous), at(previous) - previous]
    while (x > fromX && y > fromY) {
      found.push({ kind: 'keep', line: a[--x] as string })
      y--
    }
    if (d === 0) break
    if (x === fromX) found.push({ kind: 'add', line: b[--y] as string })
    else found.push({ kind: 'remove', line: a[--x] as string })
  }
  return found.toReversed()
}

interface Names {
  readonly from: string
  readonly to: string
  readonly context: number
}

/** Hunks with lines around them; empty where nothing differs. */
export function unified(all: readonly Change[], { from, to, context }: Names): string {
  const near = new Uint8Array(all.length)
  all.forEach(({ kind }, i) => {
    if (kind !== 'keep') near.fill(1, Math.max(0, i - context), i + context + 1)
  })
  let text = ''
  let [left, right] = [1, 1]
  for (let i = 0; i < all.length;) {
    if (near[i] === 0) {
      left++
      right++
      i++
      continue
    }
    let end = i
    while (near[end] === 1) end++
    const hunk = all.slice(i, end)
    const removed = hunk.filter(({ kind }) => kind !== 'add').length
    const added = hunk.filter(({ kind }) => kind !== 'remove').length
    text += `@@ -${span(left, removed)} +${span(right, added)} @@\n`
    for (const { kind, line } of hunk)
      text += `${kind === 'keep' ? ' ' : kind === 'add' ? '+' : '-'}${line}\n`
    left += removed
    right += added
    i = end
  }
  return text === '' ? '' : `--- ${from}\n+++ ${to}\n${text}`
}

/** Where nothing is on a side, the line before it is named. */
function span(start: number, count: number): string {
  if (count === 0) return `${start - 1},0`
  return count === 1 ? String(start) : `${start},${count}`
}
