/**
 * The difference of two texts in the unified format that `patch` and `git apply` read.
 */

import { limits } from '#engine/core/limits.ts'
const contextLines = 3
/** Empty for equal texts. Without colours; a line without its break at the end is said. */
export function unifiedDiff(file: string, before: string, after: string): string {
  if (before === after) return ''
  const [a, b] = [linesOf(before), linesOf(after)]
  const steps = script(a, b)
  const hunks = hunksOf(steps)
  const lines = hunks.map((hunk) => printHunk(hunk))
  return `--- a/${file}\n+++ b/${file}\n${lines.join('')}`
}

/** The lines with their breaks. */
function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

interface Step {
  readonly mark: ' ' | '-' | '+'
  readonly line: string
  /** Numbers from 1 in both texts; where a line is only in one, where it would stand. */
  readonly a: number
  readonly b: number
}

function script(a: readonly string[], b: readonly string[]): readonly Step[] {
  let start = 0
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start += 1
  let end = 0
  const most = Math.min(a.length, b.length) - start
  while (end < most && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1
  const [middleA, middleB] = [a.slice(start, a.length - end), b.slice(start, b.length - end)]
  const keeps = common(middleA, middleB)
  const steps: Step[] = []
  let [i, j] = [0, 0]
  const push = (mark: Step['mark']): void => {
    const line = mark === '+' ? (b[j] ?? '') : (a[i] ?? '')
    steps.push({ mark, line, a: i + 1, b: j + 1 })
    if (mark !== '+') i += 1
    if (mark !== '-') j += 1
  }
  for (let k = 0; k < start; k++) push(' ')
  for (const [x, y] of [...keeps, [middleA.length, middleB.length] as const]) {
    while (i - start < x) push('-')
    while (j - start < y) push('+')
    if (x < middleA.length) push(' ')
  }
  for (let k = 0; k < end; k++) push(' ')
  return steps
}

/** Pairs of equal lines, as many as can be kept. */
function common(
  a: readonly string[],
  b: readonly string[],
): readonly (readonly [number, number])[] {
  const width = b.length + 1
  if (a.length * width > limits.diffCellsMax) return []
  const lengths = new Uint32Array((a.length + 1) * width)
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const longest = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
      lengths[i * width + j] = longest
    }
  }
  const pairs: [number, number][] = []
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) pairs.push([i++, j++])
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1
    else j += 1
  }
  return pairs
}

/** The changes with the lines around them; changes that are near each other stand together. */
function hunksOf(steps: readonly Step[]): readonly (readonly Step[])[] {
  const isShown = new Uint8Array(steps.length)
  steps.forEach(({ mark }, i) => {
    if (mark !== ' ') isShown.fill(1, Math.max(0, i - contextLines), i + contextLines + 1)
  })
  const hunks: Step[][] = []
  steps.forEach((step, i) => {
    if (isShown[i] !== 1) return
    if (isShown[i - 1] !== 1) hunks.push([])
    hunks.at(-1)?.push(step)
  })
  return hunks
}

function printHunk(hunk: readonly Step[]): string {
  const [first] = hunk
  if (first === undefined) return ''
  const count = (mark: '-' | '+'): number => hunk.filter((one) => one.mark !== mark).length
  const range = (start: number, length: number): string =>
    `${length === 0 ? start - 1 : start}${length === 1 ? '' : `,${length}`}`
  const head = `@@ -${range(first.a, count('+'))} +${range(first.b, count('-'))} @@\n`
  const lines = hunk.map(({ mark, line }) => {
    return `${mark}${line}${line.endsWith('\n') ? '' : '\n\\ No newline at end of file\n'}`
  })
  return head + lines.join('')
}
