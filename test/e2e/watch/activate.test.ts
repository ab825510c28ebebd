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

test('an older version is active by its tag, and stays', { timeout: 120_000 }, async () => {
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
  const held = await activate()
  const [digest = ''] = /sha256:[0-9a-f]{64}/.exec(held.stdout) ?? []
  const command = `ionflux plan approve ${digest} ${data.join(' ')}`
  expect(held.stderr).toContain('a.flow.yaml:3 PLAN_')
  expect(held.stderr).toContain(command)
  expect((await ionflux('mirror', 'status')).stdout).toContain(command)
  expect((await ionflux('mirror', 'ls')).stdout).toMatch(/main {2}needs approval: 1 review/)
  const finding = { severity: 'review', file: 'a.flow.yaml', line: 3, message: expect.any(String) }
  const told = { findings: [expect.objectContaining(finding)], approve: command }
  expect(JSON.parse((await activate('--json')).stdout)).toMatchObject({ held: told })
  const watched = JSON.parse(
    (await ionflux('watch', '--once', '--json')).stdout.split('\n')[1] ?? '',
  )
  expect(watched).toMatchObject({ event: 'held', planDigest: digest, ...told })

  const other = `sha256:${'0'.repeat(64)}`
  const unknown = await ionflux('plan', 'approve', other)
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining(digest) })
  expect((await ionflux('plan', 'approve', other, '--ahead')).code).toBe(0)
  expect((await ionflux('plan', 'approve', 'x'.repeat(100_000))).stderr.length).toBeLessThan(1_000)
  await approve(held)
  expect((await activate()).stdout).toContain(second)

  expect(await activate('v2')).toMatchObject({ code: 2, stderr: expect.stringContaining('"v1"') })
  await approve(await activate('v1'))
  const back = await activate('v1')
  expect(back).toMatchObject({ code: 0 })
  expect(back.stdout).toContain(`${first} is active, 1 flow, and the mirror is on hold`)
  expect((await ionflux('watch', '--once')).code).toBe(0)
  const facts = async (): Promise<string> =>
    (await ionflux('mirror', 'status', 'acme/flows', '--json')).stdout
  expect(JSON.parse(await facts())).toMatchObject({
    mirrors: [{ status: 'held', facts: { active: { commit: first } } }],
  })
  expect((await ionflux('mirror', 'rollback', 'acme/flows')).stdout).toContain(second)
})
