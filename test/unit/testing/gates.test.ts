/** Gates take the time of the test: the same every time, in no time. */
import { expect, test } from 'vitest'

import { faultsOf, testFolder } from '#test/fake/tests.ts'

const kid = (gate: string): string =>
  `dsl: flux/1\nid: kid\n${gate}\nsteps:\n  - { id: s, let: "\${{ run.id != '' }}" }\n`
const main =
  'dsl: flux/1\nid: a\nsteps:\n  - { id: all, each: { in: [1, 2, 3], concurrency: 3, on_error: skip }, steps: [{ id: c, flow: kid }] }\n'

test.each([
  ['rate_limit: { limit: 1, per: 10m }', '[true, true, true]', '20m'],
  ['rate_limit: { limit: 2, per: 10m, on_exceed: reject }', '[true, true]', '1ms'],
  ['debounce: { wait: 5m }', '[true]', '5m'],
])('%s', async (gate, output, time) => {
  using folder = testFolder({
    'kid.flow.yaml': kid(gate),
    'a.flow.yaml': main,
    'a.test.yaml': `dsl: test/1\ncases: [{ name: c, expect: { output: ${output}, budget: { time: ${time} } } }]`,
  })
  const run = await folder.run()
  expect(run.problems).toEqual([])
  expect(faultsOf(run)).toEqual([])
})
