/** Goal: no more runs of a key are under way than their flow allows, whatever dies. */
import { expect, test } from 'vitest'

import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { lab, type Lab } from '#test/fake/lab.ts'

const flow = (rest: string, steps = '  - { id: s, sleep: 1h }\n'): string =>
  `dsl: flux/1\nid: demo\nconcurrency: ${rest}\nsteps:\n${steps}`

const tick = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

async function started(one: Lab, inputs: readonly Json[]): Promise<readonly RunId[]> {
  const runs: RunId[] = []
  for (const input of inputs) runs.push(await one.start(input))
  await tick()
  return runs
}

/** Whether a run has been admitted, and how it is. */
const how = (one: Lab, runs: readonly RunId[]): readonly string[] =>
  runs.map((run) => {
    const isIn = one.host.journal.read(run).some(({ kind }) => kind === 'run.admitted')
    return `${isIn ? 'in' : 'out'} ${one.host.journal.find(run)?.status}`
  })

test('runs wait for their turn, oldest first, and each key has places of its own', async () => {
  const one = lab({ flows: [flow("{ key: '${{ inputs.k }}', limit: 1 }")] })
  const runs = await started(one, [{ k: 'a' }, { k: 'a' }, { k: 'b' }, { k: 'a' }])
  expect(how(one, runs)).toEqual(['in parked', 'out parked', 'in parked', 'out parked'])
  one.clock.step()
  await tick()
  expect(how(one, runs)).toEqual(['in done', 'in parked', 'in done', 'out parked'])
  await one.settle()
  expect(how(one, runs)).toEqual(Array(4).fill('in done'))
})

test('places and queue survive a crash', async () => {
  const one = lab({ flows: [flow('{ limit: 2 }')] })
  const runs = await started(one, [1, 2, 3, 4])
  const next = one.crash()
  await tick()
  expect(how(next, runs)).toEqual(['in parked', 'in parked', 'out parked', 'out parked'])
  await next.settle()
  expect(how(next, runs)).toEqual(Array(4).fill('in done'))
})

test('one too many is skipped, or rejected, with its reason', async () => {
  const one = lab({ flows: [flow('{ on_conflict: skip }')] })
  const [, second] = await started(one, [1, 2])
  expect(one.view(second as RunId)).toMatchObject({
    status: 'cancelled',
    error: { message: 'The run was cancelled: skipped: 1 of its key is under way.' },
  })
  const two = lab({ flows: [flow('{ on_conflict: reject }')] })
  const [, other] = await started(two, [1, 2])
  expect(two.view(other as RunId)).toMatchObject({
    status: 'failed',
    error: { code: 'RUN_REJECTED' },
    steps: [],
  })
})

test('one too many takes the place of those before it once they have ended', async () => {
  const undone = Promise.withResolvers<Json>()
  const actions = {
    post: ['idempotent', (input: Json) => input],
    undo: ['idempotent', () => undone.promise],
  } as const
  const steps = '  - { id: p, use: post, compensate: { use: undo } }\n  - { id: s, sleep: 1h }\n'
  const one = lab({ flows: [flow('{ on_conflict: cancel_old }', steps)], actions })
  const runs = await started(one, [1, 2, 3])
  expect(how(one, runs)).toEqual(['in running', 'out cancelled', 'out parked'])
  undone.resolve(null)
  await tick()
  expect(how(one, runs)).toEqual(['in cancelled', 'out cancelled', 'in parked'])
})

test('a run that waits can be cancelled, and runs out of time', async () => {
  const one = lab({ flows: [flow('{ limit: 1 }\ntimeout: 30m')] })
  const [, second, third] = await started(one, [1, 2, 3])
  await one.engine.cancel(second as RunId, 'enough')
  expect(one.view(second as RunId).status).toBe('cancelled')
  await one.settle()
  expect(one.view(third as RunId)).toMatchObject({ error: { code: 'RUN_TIMEOUT' } })
  expect(one.host.journal.waiting({ kind: 'slot', isHeld: true, limit: 9 })).toEqual([])
  expect(one.host.journal.waiting({ kind: 'slot', isHeld: false, limit: 9 })).toEqual([])
})

test('a retried run queues again', async () => {
  const steps = '  - { id: f, assert: "${{ inputs.n > 1 }}" }\n  - { id: s, sleep: 1h }\n'
  const one = lab({ flows: [flow('{ limit: 1 }', steps)] })
  const [bad, good] = await started(one, [{ n: 1 }, { n: 2 }])
  expect(how(one, [bad as RunId, good as RunId])).toEqual(['in failed', 'in parked'])
  await one.engine.retry(bad as RunId)
  await tick()
  const kinds = one.host.journal.read(bad as RunId).map(({ kind }) => kind)
  expect(kinds.slice(-2)).toEqual(['run.retried', 'run.queued'])
  await one.settle()
  expect(one.host.journal.read(bad as RunId).map(({ kind }) => kind)).toContain('run.failed')
})

test('a key that cannot be evaluated fails the run before anything of it begins', async () => {
  const one = lab({ flows: [flow("{ key: '${{ inputs.n / 0 }}' }")] })
  const view = await one.run({ n: 1 })
  expect(view).toMatchObject({ status: 'failed', error: { code: 'RUN_EXPRESSION_FAILED' } })
})

test('with a limit of one, never two of a thousand are under way', async () => {
  let underWay = 0
  let most = 0
  const work = async (): Promise<Json> => {
    most = Math.max(most, ++underWay)
    await new Promise((resolve) => setImmediate(resolve))
    underWay -= 1
    return null
  }
  const actions = { work: ['idempotent', work] } as const
  const one = lab({ flows: [flow('{ limit: 1 }', '  - { id: w, use: work }\n')], actions })
  const runs = await Promise.all(Array.from({ length: 1_000 }, async (_, n) => await one.start(n)))
  await Promise.all(runs.map(async (run) => await one.engine.wait(run)))
  expect(most).toBe(1)
  expect(one.calls).toHaveLength(1_000)
}, 90_000)
