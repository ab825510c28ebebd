/**
 * The files of a repository by the name that stands in each: flows by `id`, plugins by `plugin`.
 *
 * Promise: every file with a name is told, in the order of paths, so that nothing is chosen
 * where two have it. A run asks for few names, and reads few files for that.
 */
import { limits } from '#engine/core/limits.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import type { Files } from '#engine/host/repository/files.ts'

export interface NamedFiles {
  /** In the order of their paths. */
  filesOf(name: string): readonly string[]
  /** From here on everything is answered from an index. */
  all(): ReadonlyMap<string, readonly string[]>
}

export interface Naming {
  readonly globs: readonly string[]
  /** The top-level key whose value is the name. */
  readonly key: string
}

/** A run asks for few names: these are looked for in the bytes, and only many make an index. */
export function namedFiles(files: Files, naming: Naming): NamedFiles {
  const found = new Map<string, readonly string[]>()
  let index: ReadonlyMap<string, readonly string[]> | undefined
  const all = (): ReadonlyMap<string, readonly string[]> => (index ??= indexOf(files, naming))
  return {
    all,
    filesOf: (name) => {
      const known = index === undefined ? found.get(name) : undefined
      if (known !== undefined) return known
      if (index !== undefined || found.size === limits.flowScansMax) return all().get(name) ?? []
      const same = filesWith(files, naming, name)
      found.set(name, same)
      return same
    },
  }
}

/** Files by name, in the order of their paths. */
function indexOf(files: Files, { globs, key }: Naming): ReadonlyMap<string, readonly string[]> {
  const byName = new Map<string, string[]>()
  for (const file of files.find(globs)) {
    const name = topLevel(files.readText(file) ?? '', key)
    if (name === undefined) continue
    const others = byName.get(name)
    if (others === undefined) byName.set(name, [file])
    else others.push(file)
  }
  return byName
}

function filesWith(files: Files, { globs, key }: Naming, name: string): readonly string[] {
  // What is written with an escape does not stand in the bytes as it reads.
  const isPlain = /^[A-Za-z0-9./_-]+$/.test(name)
  return files
    .find(globs)
    .filter((file) => !isPlain || files.mayHold?.(file, [name, '\\']) !== false)
    .filter((file) => topLevel(files.readText(file) ?? '', key) === name)
}

/**
 * The plain value of a top-level key, without reading the rest of the file. What is
 * written in another way than `key: word` is found by reading it all.
 */
function topLevel(text: string, key: string): string | undefined {
  const line = new RegExp(
    `^${key}:[ \\t]*(["']?)([A-Za-z0-9][A-Za-z0-9/._-]*)\\1[ \\t]*(?:#.*)?\\r?$`,
    'm',
  ).exec(text)
  // In braces over several lines a key that stands at the margin may be that of something inside.
  const isInBraces = /^(?:---)?[ \t]*(?:[!&]\S*[ \t]+)*\{/m.test(text)
  if (line !== null && !isInBraces) return line[2]
  if (!text.includes(key)) return undefined
  const { value } = parseDocument({ file: '', text })
  const found =
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)[key]
      : undefined
  return typeof found === 'string' ? found : undefined
}
