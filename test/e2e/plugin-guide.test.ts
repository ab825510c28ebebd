/**
 * Goal: who follows the guide gets what it shows. Method: write its files and run its
 * commands in order, in an empty folder, and compare what they print.
 */
import { chmodSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

import { expect, test } from 'vitest'

import { compileCache, folder, main, write } from './cli.ts'
import { faultsOf, shownIn } from './shown.ts'

const root = join(import.meta.dirname, '../..')
const person = { NAME: 'Ada', EMAIL: 'ada@example.org' }

test('the guide to plugins shows what happens', { timeout: 60_000 }, () => {
  const shown = shownIn(readFileSync(join(root, 'docs/guides/writing-plugins.md'), 'utf8'))
  expect(shown.length).toBeGreaterThan(20)
  using tools = folder()
  write(tools.path, { ionflux: `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n` })
  chmodSync(join(tools.path, 'ionflux'), 0o755)
  using place = folder()
  const faults = faultsOf(shown, {
    cwd: place.path,
    env: {
      PATH: [tools.path, process.env['PATH']].join(delimiter),
      NODE_COMPILE_CACHE: compileCache,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: person.NAME,
      GIT_AUTHOR_EMAIL: person.EMAIL,
      GIT_COMMITTER_NAME: person.NAME,
      GIT_COMMITTER_EMAIL: person.EMAIL,
    },
  })
  expect(faults).toEqual([])
})
