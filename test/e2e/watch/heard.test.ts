/**
 * Goal: events, ends of runs and signed requests start the flows that listen, once each, also
 * when they come while nobody watches.
 */
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { wordOf } from '#engine/core/json.ts'
import { call, type Ended, folder } from '#test/e2e/cli.ts'
import { openRemotes } from '#test/fake/git/remotes.ts'

import { watching } from './watching.ts'

const flows = {
  'order.flow.yaml': `dsl: flux/1
id: order
on: { event: { subject: "orders.*", inputs: { n: "\${{ event.data.n }}" } } }
inputs: { type: object, required: [n], properties: { n: { type: integer } } }
steps:
  - { id: twice, let: "\${{ inputs.n * 2 }}" }
`,
  'after.flow.yaml': `dsl: flux/1
id: after
on: { flow: { flow: order, inputs: { n: "\${{ event.output }}", of: "\${{ event.run }}" } } }
inputs: { type: object, properties: { n: { type: integer }, of: { type: string } } }
steps:
  - { id: told, emit: { event: audit.order, data: "\${{ inputs.n }}" } }
`,
  'pay.flow.yaml': `dsl: flux/1
id: pay
on: { webhook: { scheme: hmac, secret: HOOK, inputs: { n: "\${{ event.body.n }}" } } }
inputs: { type: object, required: [n], properties: { n: { type: integer } } }
steps:
  - { id: said, emit: { event: orders.paid, data: { n: "\${{ inputs.n }}" } } }
`,
}

test('an event, an end and a request start flows once each', { timeout: 90_000 }, async () => {
  await using lab = await openRemotes()
  using place = folder()
  const cwd = place.path
  const data = ['--data-dir', join(cwd, 'data')]
  const ionflux = async (...words: readonly string[]): Promise<Ended> =>
    await call([...words, ...data], { cwd })
  const remote = lab.remote('acme/flows')
  remote.push(flows)
  await ionflux('mirror', 'add', remote.url, '--no-sync')
  {
    await using watcher = await watching({ cwd, args: data })
    const { planDigest } = await watcher.next({ event: 'held' })
    await ionflux('plan', 'approve', wordOf(planDigest ?? ''))
    await watcher.next({ event: 'activated' })

    const emit = ['events', 'emit', 'orders.new', '--data', '{"n":1}', '--id', 'order-1']
    for (const words of [emit, emit]) expect((await ionflux(...words)).code).toBe(0)
    await watcher.next({ event: 'started', flow: 'order' })
    await watcher.next({ event: 'started', flow: 'after', trigger: 'flow/0' })

    const paid = await watcher.post('/hooks/pay', '{"n":20}')
    const { run } = (await paid.json()) as { readonly run: string }
    expect([paid.status, run]).toEqual([202, expect.stringMatching(/^0/)])
    const again = await watcher.post('/hooks/pay', '{"n":20}')
    expect(await again.json()).toEqual({ run })
    // The run says what is an order again.
    await watcher.next({ event: 'started', flow: 'order' })
    await watcher.next({ event: 'started', flow: 'after' })

    const refused = await watcher.post('/hooks/pay', '{"n":"no number"}')
    expect([refused.status, await refused.json()]).toMatchObject([
      422,
      { code: 'RUN_INPUT_REFUSED' },
    ])
    const headers = { 'x-signature-256': 'sha256=00' }
    expect((await watcher.post('/hooks/pay', '{"n":3}', headers)).status).toBe(401)
    expect((await watcher.post('/hooks/order', '{"n":3}')).status).toBe(404)
    expect(await watcher.stop()).toBe(0)
  }
  await ionflux('events', 'emit', 'orders.late', '--data', '{"n":4}')
  expect((await ionflux('watch', '--once')).code).toBe(0)
  const { runs } = JSON.parse((await ionflux('runs', 'ls', '--json')).stdout) as {
    readonly runs: readonly { readonly id: string; readonly flow: string; status: string }[]
  }
  const ended = runs.toReversed().map(({ flow, status }) => `${flow} ${status}`)
  const count = (one: string): number => ended.filter((text) => text === one).length
  expect([count('order done'), count('after done'), count('pay done')]).toEqual([3, 3, 1])
  expect(ended).toHaveLength(7)
  const last = runs.find(({ flow }) => flow === 'order')?.id ?? ''
  const shown = (await ionflux('runs', 'show', last, '--json')).stdout
  expect(JSON.parse(shown)).toMatchObject({ run: { output: 8 } })
})

test('a webhook whose secret is not set is told once it is active, and loses no request', async () => {
  await using lab = await openRemotes()
  using place = folder()
  const cwd = place.path
  const data = ['--data-dir', join(cwd, 'data')]
  const remote = lab.remote('acme/late')
  remote.push({ 'pay.flow.yaml': flows['pay.flow.yaml'].replace('HOOK', 'LATE') })
  await call(['mirror', 'add', remote.url, '--no-sync', ...data], { cwd })
  await using watcher = await watching({ cwd, args: data })
  const { planDigest } = await watcher.next({ event: 'held' })
  await call(['plan', 'approve', wordOf(planDigest ?? ''), ...data], { cwd })
  await watcher.next({ event: 'activated' })
  const { message } = await watcher.next({ event: 'problem', code: 'CONN_SECRET_UNKNOWN' })
  for (const words of ['"pay"', 'ionflux secret set LATE', 'IONFLUX_SECRET_LATE'])
    expect(message).toContain(words)
  const early = await watcher.post('/hooks/pay', '{"n":1}')
  expect([early.status, early.headers.get('retry-after')]).toEqual([503, '60'])
}, 90_000)
