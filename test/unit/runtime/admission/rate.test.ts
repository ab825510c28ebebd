/** Goal: no more runs of a key begin within a span of time than their flow allows, whatever dies. */
import { expect, test } from 'vitest'

import fc from 'fast-check'

import type { RunId } from '#engine/core/id.ts'
import { lab, type Lab } from '#test/fake/lab.ts'

const minute = 60_000
const flow = (rate: string, steps = '  - { id: s, let: 1 }\n'): string =>
  `dsl: flux/1\nid: demo\nrate_limit: ${rate}\nsteps:\n${steps}`

async function ticked(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** When each run began, in minutes after the first. */
function begun(one: Lab, runs: readonly RunId[]): readonly (number | string)[] {
  const at = runs.map((run) => {
    const records = one.host.journal.read(run)
    const last = records.at(-1)
    return last?.kind === 'run.done' ? last.at : (last?.kind ?? '')
  })
  const first = Math.min(...at.filter((one): one is number => typeof one === 'number'))
  return at.map((one) => (typeof one === 'number' ? (one - first) / minute : one))
}

test('one too many begins as soon as it may, oldest first, and each key has a count of its own', async () => {
  const one = lab({ flows: [flow("{ limit: 2, per: 10m, key: '${{ inputs.k }}' }")] })
  const runs: RunId[] = []
  for (const k of ['a', 'a', 'a', 'b', 'a', 'a']) runs.push(await one.start({ k }))
  await ticked()
  const [third] = runs.slice(2)
  expect(one.host.journal.find(third as RunId)?.status).toBe('parked')
  expect(one.view(third as RunId).gate).toMatchObject({ for: 'rate_limit' })
  await one.settle()
  expect(begun(one, runs)).toEqual([0, 0, 10, 0, 10, 20])
})

test('what began is remembered by the next process', async () => {
  const one = lab({ flows: [flow('{ limit: 1, per: 10m }')] })
  const first = await one.start()
  const second = await one.start()
  await ticked()
  const two = one.crash()
  const third = await two.start()
  await two.settle()
  expect(begun(two, [first, second, third])).toEqual([0, 10, 20])
})

test.each([
  ['skip', { status: 'cancelled', error: { code: 'RUN_CANCELLED' } }],
  ['reject', { status: 'failed', error: { code: 'RUN_REJECTED' } }],
])('one too many ends, with its reason, where the flow says %s', async (how, ended) => {
  const one = lab({ flows: [flow(`{ limit: 1, per: 10m, on_exceed: ${how} }`)] })
  await one.start()
  const second = await one.start()
  await ticked()
  expect(one.view(second)).toMatchObject({ ...ended, steps: [] })
  expect(one.view(second).error?.message).toContain('1 of its key began within 10m')
  await one.settle()
})

test('a run that waits can be cancelled, and its instant is given to nobody', async () => {
  const one = lab({ flows: [flow('{ limit: 1, per: 10m }')] })
  const runs = [await one.start(), await one.start(), await one.start()]
  await one.engine.cancel(runs[1] as RunId, 'enough')
  await one.settle()
  expect(begun(one, runs)).toEqual([0, 'run.cancelled', 20])
  expect(one.host.journal.dueTimers(Number.MAX_SAFE_INTEGER, 9)).toEqual([])
})

test('a retried run counts once more, and is undone at once when it is cancelled there', async () => {
  const steps =
    '  - { id: p, use: post, compensate: { use: post } }\n  - { id: f, assert: "${{ inputs.n > 1 }}" }\n'
  const bare = lab({
    flows: [flow('{ limit: 1, per: 10m }', steps.replace(/, compensate.*?} }/, ' }'))],
    actions: { post: ['idempotent', () => 1] },
  })
  const run = await bare.start({ n: 1 })
  await ticked()
  await bare.engine.retry(run)
  expect(bare.view(run).gate?.for).toBe('rate_limit')
  await bare.engine.cancel(run, 'enough')
  await bare.settle()
  expect(bare.view(run).status).toBe('cancelled')
})

test('counts that say nothing any more are taken away', async () => {
  const one = lab({
    flows: [flow("{ limit: 1, per: 1m, key: '${{ inputs.k }}' }", '  - { id: s, sleep: 2m }\n')],
  })
  for (let k = 0; k < 40; k++) {
    await one.start({ k: `${k}` })
    await one.settle()
  }
  expect(one.host.states.list('rate limit of demo', { prefix: '', limit: 99 }).length).toBeLessThan(
    20,
  )
})

test('within any span of that time, no more begin than the limit', async () => {
  const starts = fc.array(fc.nat(15), { minLength: 1, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3 }), starts, async (limit, gaps) => {
      const one = lab({
        flows: [flow(`{ limit: ${limit}, per: 10m }`, '  - { id: s, sleep: 1ms }\n')],
      })
      const runs: RunId[] = []
      for (const gap of gaps) {
        one.clock.wakeAt(one.clock.now() + gap * minute, () => undefined)
        const until = one.clock.now() + gap * minute
        while (one.clock.now() < until && one.clock.step()) await ticked()
        runs.push(await one.start())
      }
      await one.settle()
      const at = begun(one, runs)
        .map(Number)
        .toSorted((a, b) => a - b)
      const spans = at.slice(limit).map((end, i) => end - (at[i] ?? 0))
      expect(Math.min(10, ...spans)).toBe(10)
    }),
    { numRuns: 25 },
  )
})

test('a wait that ends a retried run at its gate ends it once, and nothing of it begins again', async () => {
  const steps = '  - { id: a, await: { signal: never, timeout: 1m } }\n'
  const one = lab({ flows: [flow('{ limit: 1, per: 10m }', steps)] })
  const run = await one.start()
  await one.engine.cancel(run, 'enough')
  await one.engine.retry(run)
  await one.settle()
  const kinds = one.host.journal.read(run).map(({ kind }) => kind)
  expect(one.view(run)).toMatchObject({ status: 'failed', steps: [{ status: 'failed' }] })
  expect(kinds.slice(-3)).toEqual(['timer.fired', 'timer.fired', 'run.failed'])
})

test('flows of two mirrors that have the same id do not take places or values of each other', async () => {
  const steps = `
  - { id: g, state: { get: seen, default: 0 } }
  - { id: s, state: { set: seen, value: '\${{ steps.g.output.value + 1 }}' } }
  - { id: w, sleep: 1m }
  - { id: o, let: '\${{ steps.s.output.value }}' }
`
  const gates = `{ limit: 1, per: 10m }\nconcurrency: { limit: 1, on_conflict: cancel_old }`
  const one = lab({ flows: [flow(gates, steps)] })
  const runs = []
  for (const mirror of ['m1', 'm2', undefined])
    runs.push(await one.start({}, undefined, mirror === undefined ? {} : { mirror }))
  await one.settle()
  expect(begun(one, runs)).toEqual([0, 0, 0])
  expect(runs.map((run) => one.view(run).output)).toEqual([1, 1, 1])
})
