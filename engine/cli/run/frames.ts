/** Where the code of an author was when it threw, for people: `at count (main.ts:3:14)`. */
import { isObject, type Json } from '#engine/core/json.ts'
import { printableLines } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'

/** Tells the frames in the data of a failure; a failure of another kind has none. */
export function tellFrames({ note }: Terminal, data: Json | undefined): void {
  const stack = isObject(data) ? data['stack'] : undefined
  if (!Array.isArray(stack)) return
  for (const frame of stack) if (typeof frame === 'string') note(`  at ${printableLines(frame)}`)
}
