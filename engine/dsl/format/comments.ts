/**
 * The comments of a YAML text, found between its values.
 */
import type { Tree } from '#engine/dsl/text/tree.ts'

export interface Comment {
  readonly start: number
  readonly end: number
  /** With its `#`, without white space at its end. */
  readonly text: string
}

/** The comments of `text` in its order; `tree` is what the text means. */
export function findComments(text: string, tree: Tree | undefined): readonly Comment[] {
  const comments: Comment[] = []
  let at = 0
  for (const { start, end } of tree === undefined ? [] : scalars(tree)) {
    between(text, { start: at, end: start }, comments)
    // The first line of a block text may end with a comment.
    const isBlockText = /[|>]/.test(text.charAt(start))
    const line = text.indexOf('\n', start)
    const header = line === -1 || line > end ? end : line
    if (isBlockText) between(text, { start: start + 1, end: header }, comments)
    at = Math.max(at, end)
  }
  between(text, { start: at, end: text.length }, comments)
  return comments
}

/** Where scalars stand that have characters of their own, in the order of the text. */
function scalars(tree: Tree): { start: number; end: number }[] {
  if (tree.kind === 'list') return tree.items.flatMap(scalars)
  if (tree.kind === 'mapping') {
    return tree.entries.flatMap(({ key, value }) => [...scalars(key), ...scalars(value)])
  }
  return tree.end > tree.start ? [tree] : []
}

function between(
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
  comments: Comment[],
): void {
  for (let at = start; at < end; at++) {
    if (text.charAt(at) !== '#' || (at > 0 && !/[\s\ufeff]/.test(text.charAt(at - 1)))) continue
    const line = text.indexOf('\n', at)
    const stop = line === -1 ? text.length : line
    const words = text.slice(at, stop).trimEnd()
    comments.push({ start: at, end: at + words.length, text: words })
    at = stop
  }
}
