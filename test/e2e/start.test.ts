/**
 * Goal: a start of the command line reads few files, because each one costs time at every
 * command. Method: the bundled command tells what it loads; files and bytes are counted.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

import { folder, main } from './cli.ts'

/** Tells every module in a file, at the end of the process. */
const teller = `import { registerHooks } from 'node:module'
import { writeFileSync } from 'node:fs'
const seen = new Set()
registerHooks({ load: (url, context, next) => (seen.add(url), next(url, context)) })
process.on('exit', () => writeFileSync(process.env.LOADED, [...seen].join('\\n')))`

const flow = 'dsl: flux/1\nid: cold\nsteps:\n  - { id: one, let: { n: 20 } }\n'

test.each([
  { args: ['--version'], filesMax: 3, bytesMax: 12_000 },
  { args: ['--help'], filesMax: 4, bytesMax: 140_000 },
  { args: ['run', 'cold.flow.yaml', '--json'], filesMax: 7, bytesMax: 1_400_000 },
])('ionflux $args.0 reads $filesMax files at most', ({ args, filesMax, bytesMax }) => {
  using dir = folder({ 'cold.flow.yaml': flow })
  const told = join(dir.path, 'loaded')
  const { IONFLUX_DATA_DIR: _, ...env } = process.env
  const url = `data:text/javascript,${encodeURIComponent(teller)}`
  const printed = execFileSync(process.execPath, ['--import', url, main, ...args], {
    cwd: dir.path,
    env: { ...env, LOADED: told },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  expect(printed).not.toBe('')
  const files = readFileSync(told, 'utf8')
    .split('\n')
    .filter((one) => one.startsWith('file:'))
  expect(files.length).toBeGreaterThan(0)
  expect(files.length).toBeLessThanOrEqual(filesMax)
  const bytes = files.reduce((sum, one) => sum + statSync(fileURLToPath(one)).size, 0)
  expect(bytes).toBeLessThan(bytesMax)
})
