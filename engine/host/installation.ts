/**
 * Where ionflux itself lies: the checkout or the package this file belongs to, with the
 * plugins, flows and documents that come along.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Installation {
  readonly root: string
  /** The built-in plugins, namespace `std`. */
  readonly plugins: string
  /** Flows that every repository may run by id. */
  readonly flows: string
  /** The error codes, explained. */
  readonly errors: string
  readonly schemas: string
}

let found: Installation | undefined

/** Finds the installation: the nearest folder upwards that is the package. */
export function installation(): Installation {
  if (found !== undefined) return found
  let root = import.meta.dirname
  while (!existsSync(join(root, 'schemas', 'flow.json')) && dirname(root) !== root)
    root = dirname(root)
  found = {
    root,
    plugins: join(root, 'plugins'),
    flows: join(root, 'flows'),
    errors: join(root, 'docs', 'errors.md'),
    schemas: join(root, 'schemas'),
  }
  return found
}

/** The version of the package. */
export function version(): string {
  const text = readFileSync(join(installation().root, 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
