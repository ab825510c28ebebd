/**
 * Paths between files of a repository: relative, with `/`, and never out of it.
 */

/**
 * The path from the root of what the file `from` calls `relative`; undefined when that is
 * absolute, leaves the repository or is no path.
 *
 * @example
 * resolvePath('flows/a.flow.yaml', './code/b.ts') // 'flows/code/b.ts'
 */
export function resolvePath(from: string, relative: string): string | undefined {
  if (relative.startsWith('/') || /[\\:\0]/.test(relative)) return undefined
  const parts = from.split('/').slice(0, -1)
  for (const part of relative.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return undefined
    } else if (part !== '.' && part !== '') parts.push(part)
  }
  return parts.length === 0 ? undefined : parts.join('/')
}

/** The path that a `transform:` holds instead of code; undefined for code. */
export function codePath(transform: string): string | undefined {
  const text = transform.trim()
  return /^[^\n\r;{}()]+\.(?:ts|js|mjs)$/.test(text) ? text : undefined
}
