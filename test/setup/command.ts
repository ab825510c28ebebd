/**
 * Bundles the command line from the source as it is, once before the tests that call it:
 * they start what users start, and none of the many calls reads a thousand files again.
 *
 * It lies in the cache of the checkout under the digest of its bytes, so that two suites at
 * the same time disturb each other only if the source has changed between them: then both are kept.
 */
import { createHash } from 'node:crypto'
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

import type { TestProject } from 'vitest/node'

import { buildRunnable } from '#scripts/build.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The file that Node.js starts to call ionflux. */
    readonly command?: string
  }
}

const cache = join(import.meta.dirname, '../../node_modules/.cache/ionflux')
const keptMs = 24 * 60 * 60 * 1000

export async function setup(project: TestProject): Promise<void> {
  const draft = join(cache, `command-draft-${process.pid}`)
  await buildRunnable(draft)
  // As in the published package: Node.js need not guess what kind of modules these are.
  writeFileSync(join(draft, 'package.json'), '{ "type": "module" }\n')
  const dir = join(cache, `command-${digest(draft)}`)
  if (existsSync(dir)) rmSync(draft, { recursive: true })
  else renameSync(draft, dir)
  for (const name of readdirSync(cache)) {
    const other = join(cache, name)
    if (!name.startsWith('command-') || other === dir) continue
    if (Date.now() - statSync(other).mtimeMs > keptMs) rmSync(other, { recursive: true })
  }
  project.provide('command', join(dir, 'cli.js'))
}

/** The image of a realm has bytes of chance, and follows from the rest. */
const isCode = (name: string): boolean => !name.endsWith('.image')

function digest(dir: string): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(dir).filter(isCode).toSorted())
    hash.update(name).update(readFileSync(join(dir, name)))
  return hash.digest('hex').slice(0, 16)
}
