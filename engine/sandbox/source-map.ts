/**
 * Leads from a place in bundled code back to the author's file (source maps, version 3).
 *
 * The map is the last line of the code, so code and map share one digest and cannot
 * part. It is read only when something was thrown.
 */
import { limits } from '#engine/core/limits.ts'

const mark = '//# sourceMappingURL=data:application/json;base64,'
const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
/** What the realm puts before the first column of the first line. */
const shiftOfFirstLine = '(() => {'.length

export interface SourceMap {
  readonly version: 3
  readonly sources: readonly string[]
  readonly names: readonly string[]
  readonly mappings: string
}

/** The map as a comment: sources without the bundler's prefix, nothing of the machine. */
export function compactMap(map: string, prefix: string): string {
  const { sources, mappings } = JSON.parse(map) as SourceMap
  const names = sources.map((source) => source.replace(prefix, ''))
  const compact: SourceMap = { version: 3, sources: names, names: [], mappings }
  return mark + Buffer.from(JSON.stringify(compact)).toString('base64')
}

/** Frames of a QuickJS stack as `name (main.ts:3:14)`, those of the author's files only. */
export function mapStack(stack: string, code: string, framesMax: number): readonly string[] {
  const map = readMap(code)
  if (map === undefined) return []
  const find = finderOf(map)
  const frames: string[] = []
  for (const [, name = '', lineText, columnText] of stack.matchAll(
    /at (?:(\S+) )?\(?unit\.js:(\d+):(\d+)/g,
  )) {
    const line = Number(lineText)
    const column = Number(columnText) - 1 - (line === 1 ? shiftOfFirstLine : 0)
    const at = find(line - 1, column)
    if (at === undefined) continue
    frames.push(name === '' || name.startsWith('<') ? at : `${name} (${at})`)
    if (frames.length === framesMax) break
  }
  return frames
}

/** Finds `main.ts:3:14` for a place in the generated code, both counted from 0. */
export function finderOf(map: SourceMap): (line: number, column: number) => string | undefined {
  const places = decode(map)
  return (line, column) => {
    const place = places[line]?.findLast((segment) => segment.column <= column)
    const source = place === undefined ? undefined : map.sources[place.source]
    if (place === undefined || source === undefined) return undefined
    return `${source}:${place.line + 1}:${place.sourceColumn + 1}`
  }
}

/** The author's files that are in bundled code, in the order of the bundle. */
export function bundledFiles(code: string): readonly string[] {
  return readMap(code)?.sources.filter((source) => !source.startsWith('ionflux:')) ?? []
}

function readMap(code: string): SourceMap | undefined {
  const start = code.lastIndexOf(mark)
  if (start === -1) return undefined
  return parseMap(Buffer.from(code.slice(start + mark.length).trim(), 'base64').toString())
}

/** Undefined for what is no map, or so large that reading it would hold up others. */
export function parseMap(text: string): SourceMap | undefined {
  if (text.length > limits.sourceMapCharsMax) return undefined
  let map: Partial<SourceMap> | null
  try {
    map = JSON.parse(text) as Partial<SourceMap> | null
  } catch {
    return undefined
  }
  const { sources, mappings } = map ?? {}
  if (typeof mappings !== 'string' || !Array.isArray(sources)) return undefined
  if (!sources.every((source) => typeof source === 'string')) return undefined
  return { version: 3, sources, names: [], mappings }
}

interface Segment {
  readonly column: number
  readonly source: number
  readonly line: number
  readonly sourceColumn: number
}

/** Segments by line of the generated code. All numbers but the first are kept across lines. */
function decode({ mappings }: SourceMap): readonly (readonly Segment[])[] {
  let source = 0
  let line = 0
  let sourceColumn = 0
  return mappings.split(';').map((text) => {
    let column = 0
    const segments: Segment[] = []
    for (const part of text === '' ? [] : text.split(',')) {
      const [a = 0, b, c = 0, d = 0] = numbers(part)
      column += a
      if (b === undefined) continue
      source += b
      line += c
      sourceColumn += d
      segments.push({ column, source, line, sourceColumn })
    }
    return segments
  })
}

/** Base 64 VLQ: five bits a digit, the lowest of the first is the sign. */
function numbers(text: string): readonly number[] {
  const found: number[] = []
  let value = 0
  let shift = 0
  for (const char of text) {
    const digit = digits.indexOf(char)
    value += (digit & 31) << shift
    shift += 5
    if ((digit & 32) !== 0) continue
    found.push((value & 1) === 1 ? -(value >>> 1) : value >>> 1)
    value = 0
    shift = 0
  }
  return found
}
