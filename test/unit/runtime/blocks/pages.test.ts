/**
 * Goal: pages are fetched one after the other, their items become one ordered list, and a
 * page costs the same whatever came before. Method: a service of numbered pages, and counts.
 */
import type { Json } from '#engine/core/json.ts'
import { lab } from '#test/fake/lab.ts'
import { expect, test } from 'vitest'

function service(pages: number, perPage: number) {
  const asked: Json[] = []
  const list = (input: Json): Json => {
    const { at = null } = input as { readonly at?: number | null }
    asked.push(at)
    const page = at ?? 0
    const rows = Array.from({ length: perPage }, (_, i) => page * perPage + i)
    return { rows, next: page + 1 < pages ? page + 1 : null }
  }
  return {
    asked,
    actions: {
      list: ['read', list],
      add: ['pure', (n: Json) => (n as { n: number }).n + 1],
    } as const,
  }
}

const flow = (
  each: string,
  rest = '[{ id: one, use: add, with: { n: "${{ item }}" } }]',
): string => `dsl: flux/1
id: f
steps:
  - id: page
    let: 7
  - id: all
    each: ${each}
    steps: ${rest}
`
const pages =
  '{ use: list, with: { at: "${{ cursor }}" }, items: "${{ page.rows }}", next: "${{ page.next }}"'

async function run(text: string, actions: Parameters<typeof lab>[0]['actions']) {
  const one = lab({ flows: [text], ...(actions === undefined ? {} : { actions }) })
  const id = await one.start({})
  await one.settle()
  const records = one.host.journal.read(id)
  return { view: one.view(id), records, chars: JSON.stringify(records).length }
}

test('the items of all pages are one list, in their order', async () => {
  const { asked, actions } = service(3, 2)
  const { view } = await run(flow(`{ pages: ${pages} }, concurrency: 2 }`), actions)
  expect(view.output).toEqual([1, 2, 3, 4, 5, 6])
  expect(asked).toEqual([null, 1, 2])
})

test('an empty page gives nothing, and a step called "page" is still seen', async () => {
  const empty = service(2, 0)
  expect((await run(flow(`{ pages: ${pages} } }`), empty.actions)).view.output).toEqual([])
  const { actions } = service(2, 1)
  const seen = '[{ id: one, let: "${{ item + steps.page.output }}" }]'
  expect((await run(flow(`{ pages: ${pages} } }`, seen), actions)).view.output).toEqual([7, 8])
})

test('more pages than "max" are an error', async () => {
  const { actions } = service(9, 1)
  const { view } = await run(flow(`{ pages: ${pages}, max: 3 } }`), actions)
  expect(view.error?.code).toBe('RUN_LOOP_EXCEEDED')
})

test('a failed item is left out, or fails the step', async () => {
  const { actions } = service(2, 2)
  const odd = '[{ id: ok, assert: "${{ item != 2 }}" }, { id: one, let: "${{ item }}" }]'
  expect(
    (await run(flow(`{ pages: ${pages} }, on_error: skip }`, odd), actions)).view.output,
  ).toEqual([0, 1, 3])
  expect((await run(flow(`{ pages: ${pages} } }`, odd), actions)).view.error?.code).toBe(
    'RUN_ASSERTION_FAILED',
  )
})

test('a page costs the same whatever came before', async () => {
  const cost = async (count: number): Promise<number> => {
    const { actions } = service(count, 3)
    return (await run(flow(`{ pages: ${pages} } }`), actions)).records.length
  }
  const [one, some, more] = [await cost(1), await cost(10), await cost(40)]
  expect((more - some) / 30).toBe((some - one) / 9)
})
