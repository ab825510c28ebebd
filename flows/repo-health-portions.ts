/**
 * Cuts the files of a tree into portions for one call each, and says what is left out.
 *
 * Symbolic links and submodules are no files of the repository; what `.gitattributes`
 * calls vendored or generated is nobody's to mend here.
 */
interface Entry {
  readonly path: string
  readonly type: 'file' | 'symlink' | 'submodule'
  readonly size: number | null
}

interface Input {
  readonly entries: readonly Entry[]
  /** Text of `.gitattributes`; empty without one. */
  readonly attributes: string
  readonly exclude: readonly string[]
  readonly bytes_max: number
}

interface Output {
  readonly portions: readonly (readonly string[])[]
  /** Files left out by `exclude` or `.gitattributes`. */
  readonly skipped: number
  /** Symbolic links and submodules. */
  readonly links: number
}

const filesPerPortion = 64
const bytesPerPortion = 2 * 1024 * 1024

export default function portions({ entries, attributes, exclude, bytes_max }: Input): Output {
  const files = entries.filter(({ type }) => type === 'file')
  const isLeftOut = leftOut(attributes, exclude)
  const kept = files.filter(({ path }) => !isLeftOut(path))
  const portions: string[][] = []
  let bytes = 0
  for (const { path, size } of kept) {
    // No more than `bytes_max` of a file is read.
    const cost = Math.min(size ?? bytes_max, bytes_max)
    const open = portions.at(-1)
    if (open === undefined || open.length >= filesPerPortion || bytes + cost > bytesPerPortion) {
      portions.push([path])
      bytes = cost
    } else {
      open.push(path)
      bytes += cost
    }
  }
  return { portions, skipped: files.length - kept.length, links: entries.length - files.length }
}

/** The last line of `.gitattributes` that fits a path decides, as Git has it. */
function leftOut(attributes: string, exclude: readonly string[]): (path: string) => boolean {
  const excluded = exclude.map(globToPattern)
  const rules = attributes.split('\n').flatMap((line) => {
    const [glob = '', ...words] = line.trim().split(/\s+/)
    const found = words.flatMap(
      (word) => /^(-?)linguist-(?:vendored|generated)(?:=(true|false))?$/.exec(word) ?? [],
    )
    if (glob === '' || glob.startsWith('#') || found.length === 0) return []
    return [{ pattern: globToPattern(glob), isOut: found[1] !== '-' && found[2] !== 'false' }]
  })
  return (path) =>
    excluded.some((pattern) => pattern.test(path)) ||
    (rules.findLast(({ pattern }) => pattern.test(path))?.isOut ?? false)
}

/** `*` within a folder, `**` over folders, `?` one character; without `/` in any folder. */
function globToPattern(glob: string): RegExp {
  const anchored = glob.replace(/^\//, '')
  const source = anchored.replace(/\*\*\/|\/\*\*$|\*+|\?|[.+^${}()|[\]\\]/g, (part) => {
    if (part === '**/') return '(?:[^/]+/)*'
    if (part === '/**') return '/.*'
    if (part.startsWith('*')) return part === '*' ? '[^/]*' : '.*'
    return part === '?' ? '[^/]' : `\\${part}`
  })
  const start =
    anchored.replace(/\/$/, '').includes('/') || glob.startsWith('/') ? '^' : '^(?:.*/)?'
  return new RegExp(`${start}${source.endsWith('/') ? `${source}.*` : source}$`)
}
