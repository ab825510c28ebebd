/**
 * Goal: who follows the guide to tests gets what it shows. Method: write its files and run
 * its commands in order, in an empty folder, and compare what they print.
 */
import { chmodSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

import { expect, test } from 'vitest'

import { compileCache, folder, main, write } from '#test/e2e/cli.ts'
import { faultsOf, shownIn } from '#test/e2e/shown.ts'

const root = join(import.meta.dirname, '../../..')

test('the guide to tests shows what happens', { timeout: 60_000 }, () => {
  const shown = shownIn(readFileSync(join(root, 'docs/guides/testing-flows.md'), 'utf8'))
  expect(shown.length).toBeGreaterThan(12)
  using tools = folder()
  write(tools.path, { ionflux: `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n` })
  chmodSync(join(tools.path, 'ionflux'), 0o755)
  using place = folder()
  const faults = faultsOf(shown, {
    cwd: place.path,
    env: {
      PATH: [tools.path, process.env['PATH']].join(delimiter),
      NODE_COMPILE_CACHE: compileCache,
    },
  })
  expect(faults).toEqual([])
})
