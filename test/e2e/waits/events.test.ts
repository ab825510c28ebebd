/**
 * Goal: people tell an event to the runs that wait for it, whoever executes them; and a run that
 * cannot be read hides nothing of the others.
 */
import { join } from 'node:path'
import { expect, test } from 'vitest'

import { openDatabase } from '#engine/durable/sqlite/database.ts'

import { call, folder, start } from '#test/e2e/cli.ts'

const files = {
  'ionflux.yaml': 'namespace: fixture\n',
  'flows/order.flow.yaml': `dsl: flux/1
id: order
inputs: { type: object, required: [n], properties: { n: { type: integer } } }
steps:
  - { id: paid, await: { event: order.paid, match: { n: "\${{ inputs.n }}" } }, output: "\${{ event.data.amount }}" }
`,
  'flows/ask.flow.yaml': `dsl: flux/1
id: ask
steps: [{ id: ok, approve: { ask: Go on?, by: [anyone] } }]
`,
}

test('an event reaches the runs that wait for it, and nobody else', async () => {
  using at = folder(files)
  for (const n of [1, 2]) {
    const args = ['run', 'order', '-i', `n:=${n}`, '--no-wait']
    expect((await call(args, { cwd: at.path })).code).toBe(6)
  }
  const emit = async (data: string): Promise<{ readonly stdout: string; readonly code: unknown }> =>
    await call(['events', 'emit', 'order.paid', '--data', data, '--json'], { cwd: at.path })
  const told = await emit('{"n": 2, "amount": 9}')
  expect(told.code).toBe(0)
  expect(JSON.parse(told.stdout)).toMatchObject({
    event: { subject: 'order.paid', data: { n: 2, amount: 9 } },
    runs: [{ status: 'done' }],
  })
  const again = await emit('{"n": 2, "amount": 9}')
  expect(JSON.parse(again.stdout)).toMatchObject({ runs: [] })
  expect((await emit('{n')).code).toBe(2)
  const nobody = await call(['events', 'emit', 'order.*'], { cwd: at.path })
  expect(nobody.stderr).toContain('RUN_SIGNAL_REFUSED')
})

test('an event reaches a run that another process executes', async () => {
  using at = folder(files)
  const waiting = start(['run', 'order', '-i', 'n:=1'], { cwd: at.path })
  await waiting.said('order.paid')
  const args = ['events', 'emit', 'order.paid', '--data', '{"n": 1, "amount": 3}']
  expect((await call(args, { cwd: at.path })).code).toBe(0)
  expect(await waiting.ended).toMatchObject({ code: 0, stdout: '3\n' })
})

test('a run that cannot be read is named, and the other approvals are shown', async () => {
  using at = folder(files)
  for (const _ of [1, 2]) await call(['run', 'ask', '--no-wait'], { cwd: at.path })
  const db = openDatabase(join(at.path, '.ionflux'))
  db.exec('UPDATE batch SET head = zeroblob(32) WHERE place >> 32 = 1')
  db.close()
  const listed = await call(['approvals', 'ls', '--json'], { cwd: at.path })
  const { approvals, unreadable } = JSON.parse(listed.stdout)
  expect(approvals).toMatchObject([{ flow: 'ask', path: 'ok' }])
  expect(unreadable).toMatchObject([{ code: 'JOURNAL_CHAIN_BROKEN' }])
  const text = await call(['approvals', 'ls'], { cwd: at.path })
  expect(text.stdout).toContain('Go on?')
  expect(text.stderr).toContain(`run ${unreadable[0].run} asks and cannot be read`)
})
