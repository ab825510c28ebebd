/**
 * Leads from the functions of a trap to the author's source, by a map that the module
 * carries in a section of its own, so that code and map share one digest.
 */
import { finderOf, parseMap, type SourceMap } from '#engine/sandbox/source-map.ts'

import { Reader, Refused, u32Bytes } from './bytes.ts'

const mapName = 'ionflux.map'
/** What the compiler itself brings; no frame of the author's. */
const library = '~lib/'

/** `module` with its map at the end, where no place in the code moves. */
export function withMap(module: Uint8Array, text: string): Uint8Array {
  const { sources, mappings } = JSON.parse(text) as SourceMap
  const map: SourceMap = { version: 3, sources, names: [], mappings }
  const [name, content] = [Buffer.from(mapName), Buffer.from(JSON.stringify(map))]
  const head = u32Bytes(name.length)
  const size = u32Bytes(head.length + name.length + content.length)
  return Buffer.concat([module, Uint8Array.from([0, ...size, ...head]), name, content])
}

/** Frames of `outcome.ts` as `name (assembly/main.ts:3:14)`; as they are in a module without a map. */
export function mapTrace(stack: string, module: Uint8Array, framesMax: number): readonly string[] {
  const lines = stack.split('\n').filter((line) => line !== '')
  const map = lines.length === 0 ? undefined : mapOf(module)
  if (map === undefined) return lines.slice(0, framesMax).map((line) => shown(line))
  const find = finderOf(map)
  const frames = lines.flatMap((line) => {
    const [, name = '', offset] =
      /^(?:(.*) \()?wasm-function\[\d+\]:0x([0-9a-f]+)\)?$/.exec(line) ?? []
    if (offset === undefined) return [shown(line)]
    const at = find(0, Number.parseInt(offset, 16))
    if (at === undefined || at.startsWith(library)) return []
    const own = name.split('/').at(-1) ?? ''
    return [shown(own === '' ? at : `${own} (${at})`)]
  })
  return frames.slice(0, framesMax)
}

function shown(line: string): string {
  return line.slice(0, 300).toWellFormed()
}

/** The map of a module; undefined where there is none that can be read. */
function mapOf(module: Uint8Array): SourceMap | undefined {
  try {
    for (const reader = new Reader(module, 8); !reader.isDone;) {
      const id = reader.byte()
      const section = reader.part(reader.u32())
      if (id !== 0 || section.name() !== mapName) continue
      return parseMap(Buffer.from(module.subarray(section.at, section.end)).toString('utf8'))
    }
  } catch (thrown) {
    if (thrown instanceof Refused) return undefined
    throw thrown
  }
  return undefined
}
