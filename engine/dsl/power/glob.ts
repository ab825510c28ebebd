/**
 * Patterns of paths and branches: `*` is any text within one segment, `**` any number of
 * segments, everything else itself.
 *
 * A pattern may come from somebody else's manifest, so the time is bounded by the product
 * of both lengths, whatever is in them.
 */

/** Whether `pattern` means `path`. */
export function isMatch(pattern: string, path: string): boolean {
  return isMatchOf(pattern.split('/'), path.split('/'), {
    isWild: (part) => part === '**',
    isSame: isSegmentMatch,
  })
}

function isSegmentMatch(pattern: string, segment: string): boolean {
  return isMatchOf(pattern.split(''), segment.split(''), {
    isWild: (char) => char === '*',
    isSame: (a, b) => a === b,
  })
}

interface Rules {
  readonly isWild: (part: string) => boolean
  readonly isSame: (part: string, item: string) => boolean
}

/** Greedy with one point of return: the last wild part takes one item more at each miss. */
function isMatchOf(parts: readonly string[], items: readonly string[], rules: Rules): boolean {
  let part = 0
  let item = 0
  let wild = -1
  let taken = 0
  while (item < items.length) {
    const current = parts[part]
    if (current !== undefined && rules.isWild(current)) {
      wild = part++
      taken = item
    } else if (current !== undefined && rules.isSame(current, items[item] ?? '')) {
      part++
      item++
    } else if (wild >= 0) {
      part = wild + 1
      item = ++taken
    } else return false
  }
  while (part < parts.length && rules.isWild(parts[part] ?? '')) part++
  return part === parts.length
}
