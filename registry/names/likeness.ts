/**
 * Whether a new name looks like one that is there: what typosquatters do with names.
 *
 * Two names are alike when they look the same (`rn` and `m`, `0` and `o`, hyphens), when one
 * edit makes the one of the other, or when one is the other with a word that promises
 * belonging (`-official`). Each name is indexed by what is left of it after any one deletion,
 * so looking costs the length of the name, however many names there are.
 */

/** Which groups of letters look like which, the longer first. */
const lookalikes: readonly (readonly [RegExp, string])[] = [
  [/rn/g, 'm'],
  [/vv/g, 'w'],
  [/cl/g, 'd'],
  [/0/g, 'o'],
  [/[1i]/g, 'l'],
  [/5/g, 's'],
  [/3/g, 'e'],
  [/4/g, 'a'],
  [/8/g, 'b'],
  [/[qg9]/g, 'q'],
]

/** Words that say nothing but "the real one". */
const badges = new Set(
  'official team hq inc corp llc ltd org io dev app apps the real original verified my get'.split(
    ' ',
  ),
)

/** How a name looks: what is the same for names that a reader may take for each other. */
export function looks(name: string): string {
  const folded = name.toLowerCase().replaceAll('_', '-')
  const parts = folded.split('-').filter((part) => part !== '')
  const kept = parts.filter((part) => !badges.has(part))
  const words = (kept.length === 0 ? parts : kept).toSorted().join('')
  const shown = lookalikes.reduce((text, [from, to]) => text.replace(from, to), words)
  return shown.replace(/(.)\1+/g, '$1')
}

/** Shorter names differ by one letter for good reasons. */
const editCharsMin = 5

/** From this length on another letter in one place is seldom another word. */
const swapCharsMin = 8
const keyboard = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm']

/** Whether a finger can slip from one key to the other. */
function isBeside(a: string, b: string): boolean {
  const place = (key: string): readonly [number, number] => {
    const row = keyboard.findIndex((keys) => keys.includes(key))
    return [row, keyboard[row]?.indexOf(key) ?? -9]
  }
  const [[rowA, atA], [rowB, atB]] = [place(a), place(b)]
  return rowA === rowB && rowA >= 0 && Math.abs(atA - atB) === 1
}

/** Names that are there, and which of them a new one is like. */
export class Likeness {
  readonly #byLook = new Map<string, string[]>()
  readonly #byDeletion = new Map<string, string[]>()

  add(name: string): void {
    push(this.#byLook, looks(name), name)
    for (const part of deletions(plain(name))) push(this.#byDeletion, part, name)
  }

  /** A name that `name` could be taken for; undefined for one of its own. */
  find(name: string): string | undefined {
    const same = this.#byLook.get(looks(name))?.find((other) => other !== name)
    if (same !== undefined) return same
    const own = plain(name)
    if (own.length < editCharsMin) return undefined
    for (const part of deletions(own)) {
      const near = this.#byDeletion
        .get(part)
        ?.find((other) => other !== name && isOneEdit(plain(other), own))
      if (near !== undefined) return near
    }
    return undefined
  }
}

function push(map: Map<string, string[]>, key: string, name: string): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [name])
  else list.push(name)
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '')
}

function deletions(text: string): ReadonlySet<string> {
  const parts = new Set([text])
  for (let at = 0; at < text.length; at++) parts.add(text.slice(0, at) + text.slice(at + 1))
  return parts
}

/** One letter more, less or other, or two neighbours swapped. */
function isOneEdit(a: string, b: string): boolean {
  if (Math.min(a.length, b.length) < editCharsMin - 1) return false
  let start = 0
  while (start < a.length && a[start] === b[start]) start += 1
  let end = 0
  const most = Math.min(a.length, b.length) - start
  while (end < most && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1
  const [restA, restB] = [a.slice(start, a.length - end), b.slice(start, b.length - end)]
  if (restA.length + restB.length <= 1) return true
  if (restA.length === 1 && restB.length === 1)
    return a.length >= swapCharsMin || isBeside(restA, restB)
  return restA.length === 2 && restB.length === 2 && restA[0] === restB[1] && restA[1] === restB[0]
}
