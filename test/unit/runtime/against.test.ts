/**
 * Goal: a recorded run and another plan part exactly where the other plan decides otherwise.
 * Method: runs are recorded in the laboratory, and replayed against the plan of another text.
 */
import { expect, test } from 'vitest'

import { digestOfText } from '#engine/core/digest.ts'
import type { Json } from '#engine/core/json.ts'
import { replayAgainst } from '#engine/runtime/against.ts'
import type { Replayed } from '#engine/runtime/parting.ts'
import { openPayloads } from '#engine/runtime/payload.ts'
import { openPrograms, type Program } from '#engine/runtime/program.ts'
import { lab, type Lab } from '#test/fake/lab.ts'
import { actions as all } from '#test/fuzz/actions.ts'
import { stories } from '#test/fuzz/stories.ts'

const failing = (): Json => {
  throw Object.assign(new Error('no'), { code: 'net' })
}
const actions = { ...all, down: ['idempotent', failing] as const }

interface Wish {
  readonly input?: Json
  readonly renamed?: Readonly<Record<string, string>>
  readonly goesOn?: () => boolean
}

function programOf({ host, plans }: Lab): Program {
  const digest = [...plans.values()].at(-1)
  if (digest === undefined) throw new Error('no plan')
  return openPrograms(host.store).get(digest)
}

function replayed(one: Lab, head: Program, { input = { n: 3 }, ...wish }: Wish = {}): Replayed[] {
  const { journal, store } = one.host
  const payloads = openPayloads(store)
  const own = programOf(one)
  const goesOn = wish.goesOn ?? ((): boolean => true)
  const renamed = new Map(Object.entries(wish.renamed ?? {}))
  return journal
    .list({ limit: 100 })
    .filter(({ plan }) => plan === own.digest)
    .map(({ run }) =>
      replayAgainst({ payloads, own, head, input, renamed, goesOn }, journal.read(run)),
    )
}

test.each(Object.keys(stories))('the runs of the story "%s" are the same', async (name) => {
  const { flows, components = {}, tell } = stories[name] ?? { flows: [] }
  const one = lab({ flows, components, actions })
  await (tell === undefined ? one.start({ n: 3 }) : tell(one))
  await one.settle()
  const { plan } = programOf(one)
  const head = openPrograms({ get: () => new TextEncoder().encode(JSON.stringify(plan)) })
  const found = replayed(one, head.get(digestOfText('another')))
  expect(found.length).toBeGreaterThan(0)
  expect(found).toEqual(found.map(() => ({ verdict: 'same' })))
})

const flow = (steps: string, rest = ''): string => `dsl: flux/1\nid: f\n${rest}steps:\n${steps}`
const base = flow(`
  - { id: a, use: add, with: { n: "\${{ inputs.n }}" } }
  - { id: b, if: "\${{ steps.a.output > 3 }}", then: [{ id: c, use: post, with: { v: "\${{ steps.a.output }}" } }] }
  - { id: d, use: down, retry: { max: 2, backoff: { first: 1s } }, timeout: 1h }
`)

async function compared(before: string, after: string, wish?: Wish): Promise<Replayed> {
  const one = lab({ flows: [before], actions })
  await one.run({ n: 3 })
  const [only] = replayed(one, programOf(lab({ flows: [after], actions, disk: one.disk })), wish)
  if (only === undefined) throw new Error('no run')
  return only
}

test.each([
  ['another input of a call', ['n: "${{ inputs.n }}"', 'n: "${{ inputs.n + 1 }}"'], 'input', 'a'],
  ['another branch', ['output > 3 }', 'output > 9 }'], 'branch.taken', 'b'],
  ['another action', ['use: post', 'use: add'], 'action', 'b/c'],
  ['another key', ['use: post,', 'use: post, idempotency: k,'], 'key', 'b/c'],
  [
    'a new step',
    ['  - { id: d', '  - { id: x, use: add, with: { n: 1 } }\n  - { id: d'],
    'added',
    'x',
  ],
  ['a step that is gone', ['id: c, use: post', 'id: z, use: post'], 'added', 'b/z'],
  ['fewer tries', ['max: 2', 'max: 1'], 'retry', 'd'],
  ['less time', ['timeout: 1h', 'timeout: 10ms'], 'timeout', 'd'],
])('%s is where they part', async (_, [from = '', to = ''], what, path) => {
  expect(await compared(base, base.replace(from, to))).toMatchObject({
    verdict: 'different',
    what,
    path,
  })
})

test('a step that is gone is named', async () => {
  const parallel = (more: string): string =>
    flow(`  - { id: p, parallel: { x: [{ id: one, let: 1 }]${more} } }\n`)
  const found = await compared(parallel(', y: [{ id: two, let: 2 }]'), parallel(''))
  expect(found).toEqual({ verdict: 'different', path: 'p/y/two', what: 'removed' })
})

test('values of both sides are told', async () => {
  const found = await compared(base, base.replace('inputs.n }', 'inputs.n + 1 }'))
  expect(found).toMatchObject({ before: { n: 3 }, after: { n: 4 } })
})

test('another result of the whole run is told', async () => {
  const plain = flow('  - { id: a, let: 1 }\n')
  const found = await compared(plain, flow('  - { id: a, let: 1 }\n', 'outputs: { x: 2 }\n'))
  expect(found).toEqual({
    verdict: 'different',
    path: '',
    what: 'run.done',
    before: 1,
    after: { x: 2 },
  })
})

test('a step with a new id is the same step', async () => {
  const moved = base.replaceAll('id: a', 'id: sum').replaceAll('steps.a', 'steps.sum')
  expect(await compared(base, moved)).toMatchObject({ what: 'added', path: 'sum' })
  expect(await compared(base, moved, { renamed: { a: 'sum' } })).toEqual({ verdict: 'same' })
})

test('what has no part in the run makes no difference', async () => {
  const more = base.replace('then: [', 'else: [{ id: e, let: 1 }], then: [')
  expect(await compared(base, more)).toEqual({ verdict: 'same' })
  const limited = `${base}concurrency: { limit: 1 }\n`
  expect(await compared(base, limited)).toEqual({ verdict: 'same' })
  expect(await compared(limited, base)).toEqual({ verdict: 'same' })
  expect(await compared(base, base.replace('timeout: 1h', 'timeout: 2h'))).toEqual({
    verdict: 'same',
  })
})

test('an input that the new plan takes in another way counts where it is used', async () => {
  expect(await compared(base, base, { input: { n: 3, more: 1 } })).toEqual({ verdict: 'same' })
  expect(await compared(base, base, { input: { n: 7 } })).toMatchObject({
    what: 'input',
    path: 'a',
  })
})

test('nothing is told past code that is another', async () => {
  const code = (text: string): string =>
    flow(`  - { id: t, transform: "export default () => ${text}" }\n`)
  const known = { ...actions, transform: ['pure', (): Json => 1] as const }
  const one = lab({ flows: [code('1')], actions: known })
  await one.run({ n: 3 })
  const head = programOf(lab({ flows: [code('2')], actions: known, disk: one.disk }))
  expect(replayed(one, head)).toEqual([{ verdict: 'cannot', path: 't', why: 'code' }])
})

test('a replay ends when there is no time left', async () => {
  const found = await compared(base, base, { goesOn: () => false })
  expect(found).toEqual({ verdict: 'cannot', path: '', why: 'limit' })
})
