/**
 * How alike texts are: by the fewest changes (a character put in, taken out, exchanged, or
 * swapped with its neighbour) that lead from one to the other.
 *
 * AssemblyScript, compiled to main.wasm by `ionflux plugin build`.
 */
import { Points, Reader, Writer } from './json.ts'

export function alloc(length: i32): usize {
  return heap.alloc(length)
}

/** `{ a, b }` to `{ distance, similarity }`. */
export function distance(at: usize, length: i32): u64 {
  const input = new Reader(at, length)
  const a = new Points()
  const b = new Points()
  input.take(0x7b)
  while (input.more(0x7d)) {
    const name = input.name()
    if (name == 'a') input.text(a)
    else if (name == 'b') input.text(b)
    else input.skip()
  }
  const changes = changesBetween(a, b)
  const output = new Writer()
  output.add('{"distance":' + changes.toString())
  output.add(',"similarity":' + alike(changes, a, b).toString() + '}')
  return output.done()
}

/** `{ text, among, limit, min }` to `[{ text, index, similarity }]`, the best first. */
export function best(at: usize, length: i32): u64 {
  const input = new Reader(at, length)
  const text = new Points()
  let among: usize = 0
  let limit = 5
  let min: f64 = 0
  input.take(0x7b)
  while (input.more(0x7d)) {
    const name = input.name()
    if (name == 'text') input.text(text)
    else if (name == 'among') among = input.skip()
    else if (name == 'limit') limit = i32(input.number())
    else if (name == 'min') min = input.number()
    else input.skip()
  }
  const found = new Array<Match>()
  const other = new Points()
  const list = new Reader(among, i32(at) + length - i32(among))
  list.take(0x5b)
  for (let index = 0; list.more(0x5d); index++) {
    const from = list.at
    list.text(other)
    const similarity = alike(changesBetween(text, other), text, other)
    if (similarity >= min) keep(found, limit, index, similarity, from, list.at - from)
  }
  return printed(found)
}

class Match {
  index: i32 = 0
  similarity: f64 = 0
  /** Where the text lies in the input, with its quotes. */
  from: usize = 0
  length: usize = 0
}

/** Puts a match among the best so far; of equals the first one stays first. */
function keep(
  found: Array<Match>,
  limit: i32,
  index: i32,
  similarity: f64,
  from: usize,
  length: usize,
): void {
  const isFull = found.length == limit
  if (limit == 0 || (isFull && found[limit - 1].similarity >= similarity)) return
  const match = isFull ? found.pop() : new Match()
  match.index = index
  match.similarity = similarity
  match.from = from
  match.length = length
  found.push(match)
  for (let i = found.length - 1; i > 0 && found[i - 1].similarity < similarity; i--) {
    found[i] = found[i - 1]
    found[i - 1] = match
  }
}

function printed(found: Array<Match>): u64 {
  const output = new Writer()
  output.add('[')
  for (let i = 0; i < found.length; i++) {
    const match = found[i]
    output.add((i == 0 ? '' : ',') + '{"index":' + match.index.toString())
    output.add(',"similarity":' + match.similarity.toString() + ',"text":')
    output.copy(match.from, match.length)
    output.add('}')
  }
  output.add(']')
  return output.done()
}

/** 1 for equal texts, 0 for texts that share nothing, to four digits. */
function alike(changes: i32, a: Points, b: Points): f64 {
  const longest = max(a.length, b.length)
  return longest == 0 ? 1 : Math.round((1 - f64(changes) / f64(longest)) * 10000) / 10000
}

// Three rows of the table: a swap looks two rows back.
let rows: usize = 0
let room: i32 = 0

function changesBetween(a: Points, b: Points): i32 {
  const width = b.length + 1
  if (width > room) {
    room = width * 2
    rows = heap.alloc(usize(room) * 12)
  }
  const step = usize(room) << 2
  let before = rows + step * 2
  let last = rows
  let row = rows + step
  for (let j = 0; j < width; j++) store<i32>(last + (usize(j) << 2), j)
  for (let i = 1; i <= a.length; i++) {
    store<i32>(row, i)
    const point = a.get(i - 1)
    for (let j = 1; j < width; j++) {
      const at = usize(j) << 2
      const other = b.get(j - 1)
      let least = load<i32>(last + at - 4) + i32(point != other)
      least = min(least, min(load<i32>(last + at), load<i32>(row + at - 4)) + 1)
      if (i > 1 && j > 1 && point == b.get(j - 2) && a.get(i - 2) == other) {
        least = min(least, load<i32>(before + at - 8) + 1)
      }
      store<i32>(row + at, least)
    }
    const oldest = before
    before = last
    last = row
    row = oldest
  }
  return load<i32>(last + (usize(b.length) << 2))
}
