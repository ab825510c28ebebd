/**
 * Writes the types of the files of a repository from `schemas/*.json`.
 *
 * The schemas are the truth; a test compares what is written here with what is checked
 * in. `node scripts/types.ts` writes, `--check` only says whether anything would change.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { argv, exit, stderr } from 'node:process'
import { fileURLToPath } from 'node:url'

import { printTypes, type SchemaNode } from './types/print.ts'

/** A file that is generated: where it goes and what it must hold. */
export interface Generated {
  readonly path: string
  readonly text: string
}

const sources = [
  { schema: 'flow', root: 'Flow', types: 'engine/dsl/flow.ts' },
  { schema: 'plugin', root: 'Manifest', types: 'engine/dsl/manifest.ts' },
  { schema: 'blueprint', root: 'Blueprint', types: 'engine/dsl/blueprint/file.ts' },
  { schema: 'ionflux', root: 'Repository', types: 'engine/dsl/repository.ts' },
  { schema: 'test', root: 'TestFile', types: 'engine/testing/file.ts' },
  { schema: 'registry-event', root: 'RegistryEvent', types: 'registry/event.ts' },
] as const

/** Everything that is derived from the schemas, by path from the root of the project. */
export function generate(): readonly Generated[] {
  return sources.map(({ schema, root, types }) => {
    const source = `schemas/${schema}.json`
    const node = JSON.parse(readFileSync(absolute(source), 'utf8')) as SchemaNode
    return { path: types, text: printTypes({ source, root, node }) }
  })
}

function absolute(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url))
}

function main(): void {
  let stale = 0
  for (const { path, text } of generate()) {
    let before = ''
    try {
      before = readFileSync(absolute(path), 'utf8')
    } catch {
      // A file that is not there yet is stale like one that differs.
    }
    if (before === text) continue
    stale += 1
    if (argv.includes('--check')) stderr.write(`${path} is not current: node scripts/types.ts\n`)
    else writeFileSync(absolute(path), text)
  }
  if (argv.includes('--check') && stale > 0) exit(1)
}

if (import.meta.main) main()
