/** The project's own files and the imports they write, for the tests of this folder. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/** The top of the checkout. */
export const root = resolve(import.meta.dirname, '..', '..')

const skipped = new Set(['node_modules', 'dist', 'vectors', 'golden', '.ionflux', '.git'])

/** Reads a file of the project by its path from the top. */
export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** All files under `folder`, as paths from the top with `/`; none when it does not exist. */
export function filesUnder(folder: string): readonly string[] {
  const found: string[] = []
  const visit = (at: string): void => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      if (skipped.has(entry.name)) continue
      const path = join(at, entry.name)
      if (entry.isDirectory()) visit(path)
      else found.push(relative(root, path).split('\\').join('/'))
    }
  }
  try {
    visit(join(root, folder))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return found.toSorted()
}

/** Every TypeScript file of the project. */
export function sources(): readonly string[] {
  return ['engine', 'registry', 'plugins', 'flows', 'scripts', 'bench', 'test']
    .flatMap(filesUnder)
    .filter((path) => path.endsWith('.ts'))
}

const patterns = [
  /^(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm,
  /^import\s*['"]([^'"]+)['"]/gm,
  /\bimport\(\s*['"]([^'"]+)['"]/g,
  /\bimport\.meta\.resolve\(\s*['"]([^'"]+)['"]/g,
  /\bnew URL\(\s*['"](\.\/[^'"]+)['"]/g,
  /\brequire\(\s*['"]([^'"]+)['"]/g,
]

/** What `text` imports, as written. */
export function importsOf(text: string): readonly string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] ?? ''))
}

/** The project file that `specifier` in `path` means, or undefined for a package. */
export function target(path: string, specifier: string): string | undefined {
  if (specifier === 'ionflux/plugin') return 'engine/plugin.ts'
  if (specifier.startsWith('#')) return specifier.slice(1)
  if (!specifier.startsWith('.')) return undefined
  return join(dirname(path), specifier).split('\\').join('/')
}

/** The package that `specifier` names, `node:` modules included. */
export function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier)
}
