/**
 * Goal: every command that the README shows works, and prints what it shows. Method: run
 * them in order in one shell, in a copy of this checkout, and compare line by line, with
 * names, times and digests left open. `…` stands for any lines.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { expect, test } from 'vitest'

import { folder, git, main } from './cli.ts'
import { faultsOf, shownIn } from './shown.ts'

const root = join(import.meta.dirname, '../..')

function copyOfCheckout(path: string): void {
  const names = git(root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard')
  git(root, 'clone', '--quiet', '--no-checkout', root, path)
  for (const name of names.split('\0').filter((one) => one !== '' && !one.startsWith('test/'))) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    // With their times: by them a checkout knows that nothing has to be installed.
    cpSync(join(root, name), join(path, name), { preserveTimestamps: true, force: true })
  }
  symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'))
}

test('every command of the README prints what the README shows', { timeout: 60_000 }, () => {
  const shown = shownIn(readFileSync(join(root, 'README.md'), 'utf8'))
  expect(shown.length).toBeGreaterThan(7)
  using place = folder()
  const copy = join(place.path, 'copy')
  copyOfCheckout(copy)
  expect(faultsOf(shown, { cwd: copy })).toEqual([])
})

test('the flow that the README shows passes the check', () => {
  const page = readFileSync(join(root, 'README.md'), 'utf8')
  const flows = [...page.matchAll(/^```yaml\n([^]*?)^```$/gm)].map((match) => match[1] ?? '')
  expect(flows).toHaveLength(1)
  using place = folder({ 'shown.flow.yaml': flows[0] ?? '' })
  const output = execFileSync(process.execPath, [main, 'check', '--format', 'json'], {
    cwd: place.path,
    encoding: 'utf8',
  })
  expect(JSON.parse(output)).toMatchObject({ problems: [], flows: 1 })
})
