/**
 * Goal: what became known of a release is told to whoever has runs that need it, also when the
 * lock has long another one. Method: the real command line, and a run that waits for somebody.
 */
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { write } from '#test/e2e/cli.ts'
import { keyFor } from '#test/fake/registry.ts'

import { openShelf, type Shelf } from './shelf.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const flow = `dsl: flux/1
id: ask
steps:
  - { id: said, use: acme/echo@^1, with: { text: hello } }
  - { id: ok, approve: { ask: Go on?, by: [user:ann], timeout: 3d } }
`
let shelf: Shelf
let run = ''

beforeAll(async () => {
  shelf = await openShelf()
  await shelf.release('echo', '1.0.0')
  await shelf.ionflux('add', 'acme/echo@^1')
  write(join(shelf.path, 'mine'), { 'flows/ask.flow.yaml': flow })
  const begun = await shelf.ionflux('run', 'ask', '--no-wait', '--json')
  run = (JSON.parse(begun.stdout) as { run: { id: string } }).run.id
  await shelf.release('echo', '1.1.0')
  await shelf.ionflux('update', 'acme/echo')
})
afterAll(() => shelf[Symbol.dispose]())

test('nothing is told of a release that nobody warned of', async () => {
  const audited = await shelf.ionflux('audit', '--json')
  expect([audited.code, JSON.parse(audited.stdout)]).toEqual([0, { audited: 2, findings: [] }])
})

test('a run is named with the release that it is pinned to', async () => {
  const warning = { event: 'advisory', name: 'acme/echo', id: 'ACME-1', range: '1.0.0' } as const
  await shelf.lab.say({ ...warning, severity: 'high', summary: 'It leaks.' }, keyFor('acme'))
  shelf.lay()
  const audited = await shelf.ionflux('audit', '--json')
  expect(audited.code).toBe(1)
  expect(JSON.parse(audited.stdout)).toMatchObject({
    findings: [
      {
        key: 'acme/echo@1.0.0',
        isLocked: false,
        notes: ['ACME-1 (high): It leaks.'],
        runs: [run],
      },
    ],
  })
  const shown = await shelf.ionflux('audit')
  expect(shown.stdout).toContain('acme/echo@1.0.0 (not locked any more)')
  expect(shown.stdout).toContain(`runs under way: ${run}`)
})

test('a run that ended needs nothing', async () => {
  expect(run).not.toBe('')
  expect(await shelf.ionflux('runs', 'cancel', run)).toMatchObject({ code: 0 })
  expect(await shelf.ionflux('audit')).toMatchObject({ code: 0 })
})
