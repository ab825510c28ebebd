/**
 * Goal: a person makes any mirrored version active by its tag or commit, under the policy
 * that counts for all, and it stays until they say otherwise.
 */
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { call, type Ended, folder } from '#test/e2e/cli.ts'
import { openRemotes } from '#test/fake/git/remotes.ts'

const flow = (hour: number): string =>
  `dsl: flux/1\nid: a\non: { schedule: { cron: "0 ${hour} * * *" } }\nsteps:\n  - { id: one, let: 1 }\n`

test('an older version is active by its tag, and stays', { timeout: 60_000 }, async () => {
  await using lab = await openRemotes()
  using place = folder()
  const data = ['--data-dir', join(place.path, 'data')]
  const ionflux = async (...words: readonly string[]): Promise<Ended> =>
    await call([...words, ...data], { cwd: place.path })
  const activate = async (...words: readonly string[]): Promise<Ended> =>
    await ionflux('mirror', 'activate', 'acme/flows', ...words)
  const approve = async ({ code, stdout }: Ended): Promise<void> => {
    expect(code).toBe(4)
    const [digest = ''] = /sha256:[0-9a-f]{64}/.exec(stdout) ?? []
    expect((await ionflux('plan', 'approve', digest)).code).toBe(0)
  }
  const origin = lab.remote('acme/flows')
  const first = origin.push({ 'a.flow.yaml': flow(1) })
  origin.git('tag', 'v1')
  origin.git('push', '-q', origin.bare, 'v1')
  await ionflux('mirror', 'add', origin.url)
  const second = origin.push({ 'a.flow.yaml': flow(2) })
  await ionflux('mirror', 'sync', 'acme/flows')
  await approve(await activate())
  expect((await activate()).stdout).toContain(second)

  expect(await activate('v2')).toMatchObject({ code: 2, stderr: expect.stringContaining('"v1"') })
  await approve(await activate('v1'))
  const back = await activate('v1')
  expect(back).toMatchObject({ code: 0 })
  expect(back.stdout).toContain(`${first} is active, 1 flows, and the mirror is on hold`)
  expect((await ionflux('watch', '--once')).code).toBe(0)
  const facts = async (): Promise<string> =>
    (await ionflux('mirror', 'status', 'acme/flows', '--json')).stdout
  expect(JSON.parse(await facts())).toMatchObject({
    mirrors: [{ status: 'held', facts: { active: { commit: first } } }],
  })
  expect((await ionflux('mirror', 'rollback', 'acme/flows')).stdout).toContain(second)
})
