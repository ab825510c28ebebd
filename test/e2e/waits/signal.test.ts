/**
 * Goal: people give a run what it waits for from another terminal, whoever executes it.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'

import { call, type Ended, repository, start } from '#test/e2e/cli.ts'

let repo: ReturnType<typeof repository>
const ionflux = async (...args: readonly string[]): Promise<Ended> =>
  await call(args, { cwd: repo.path })

beforeAll(() => {
  repo = repository({
    'flows/pay.flow.yaml': `dsl: flux/1
id: pay
inputs: { type: object, required: [order], properties: { order: { type: integer } } }
steps:
  - id: paid
    await:
      signal: paid
      match: { order: "\${{ inputs.order }}" }
      timeout: 3d
      on_timeout: [{ id: late, let: 0 }]
    output: \${{ event.data.amount }}
  - { id: thanks, let: "got \${{ steps.paid.output }}" }
`,
  })
})
afterAll(() => repo[Symbol.dispose]())

test('a signal ends the wait of a run that nobody executes', async () => {
  const parked = await ionflux('run', 'pay', '-i', 'order=7', '--no-wait')
  expect(parked.code).toBe(6)
  expect(parked.stderr).toContain('waits for signal paid until')
  expect(parked.stderr).toMatch(/Next: ionflux runs signal \w{26} paid/)
  const other = await ionflux('runs', 'signal', 'last', 'paid', '-i', 'order:=8')
  expect(other).toMatchObject({ code: 0 })
  expect(other.stderr).toContain('it is parked')
  const args = ['order:=7', 'amount:=12'].flatMap((one) => ['-i', one])
  const sent = await ionflux(
    'runs',
    'signal',
    'last',
    'paid',
    ...args,
    '--as',
    'user:ann',
    '--json',
  )
  expect(JSON.parse(sent.stdout)).toMatchObject({
    run: { status: 'done', output: 'got 12' },
    signal: { name: 'paid', data: { order: 7, amount: 12 }, by: 'user:ann' },
  })
  expect((await ionflux('runs', 'signal', 'last', 'paid')).code).toBe(1)
})

test('a signal reaches the process that executes the run', async () => {
  const run = start(['run', 'pay', '-i', 'order=9'], { cwd: repo.path })
  await run.said('Next: ionflux runs signal')
  const sent = await ionflux('runs', 'signal', 'last', 'paid', '-i', 'order:=9', '-i', 'amount:=1')
  expect(sent.code).toBe(0)
  expect(await run.ended).toMatchObject({ code: 0, stdout: 'got 1\n' })
})
