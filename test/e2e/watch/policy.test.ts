/**
 * Goal: one repository says for all others who may approve, and nothing loosens that.
 */
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { call, type Ended, folder } from '#test/e2e/cli.ts'
import { openRemotes } from '#test/fake/git/remotes.ts'

const flow = (hour: number): string =>
  `dsl: flux/1\nid: a\non: { schedule: { cron: "0 ${hour} * * *" } }\nsteps:\n  - { id: one, let: 1 }\n`

test('a merge is no approval where the organisation says so', { timeout: 60_000 }, async () => {
  await using lab = await openRemotes()
  using place = folder()
  const data = ['--data-dir', join(place.path, 'data')]
  const ionflux = async (...words: readonly string[]): Promise<Ended> =>
    await call([...words, ...data], { cwd: place.path })
  const approveAll = async (): Promise<void> => {
    const { stdout } = await ionflux('watch', '--once')
    for (const [digest] of stdout.matchAll(/sha256:[0-9a-f]{64}/g))
      await ionflux('plan', 'approve', digest)
    await ionflux('watch', '--once')
  }
  const flows = lab.remote('acme/flows')
  const rules = lab.remote('acme/rules')
  flows.push({ 'a.flow.yaml': flow(1) })
  rules.push({ 'ionflux.yaml': 'activation: { merge: none }\n' })
  for (const { url } of [flows, rules]) await ionflux('mirror', 'add', url, '--no-sync')
  expect(await ionflux('mirror', 'policy', 'acme/nothing')).toMatchObject({ code: 2 })
  const named = await ionflux('mirror', 'policy', 'acme/rules')
  expect(named).toMatchObject({ code: 0, stdout: expect.stringContaining('acme/rules') })
  await approveAll()

  flows.push({ 'a.flow.yaml': flow(2) })
  expect((await ionflux('watch', '--once')).stdout).toContain('is held')
  expect((await ionflux('mirror', 'activate', 'acme/flows')).code).toBe(4)
  expect((await ionflux('mirror', 'policy', '--clear')).stdout).toContain('its own')
  expect((await ionflux('mirror', 'activate', 'acme/flows')).code).toBe(0)
})
