/** What a run passes before it begins: keys that can be evaluated, times that make sense. */
import { checkFlow } from '#engine/dsl/check.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { world } from '#test/unit/dsl/world.ts'
import { expect, test } from 'vitest'

test.each([
  ['rate_limit: { limit: 10, per: 1m, key: "${{ inputs.a }}", on_exceed: skip }', []],
  ['rate_limit: { limit: 0, per: 1m }', ['DSL_VALUE_FORMAT /rate_limit/limit']],
  ['rate_limit: { limit: 1 }', ['DSL_KEY_MISSING /rate_limit']],
  ['rate_limit: { limit: 1, per: 99999999w }', ['DSL_VALUE_FORMAT /rate_limit/per']],
  [
    'rate_limit: { limit: 1, per: 1m, key: "${{ steps.x.output }}" }',
    ['DSL_NAME_UNKNOWN /rate_limit/key'],
  ],
  [
    'rate_limit: { limit: 1, per: 1m, on_exceed: wait }',
    ['DSL_VALUE_UNKNOWN /rate_limit/on_exceed'],
  ],
  ['debounce: { wait: 5m, max_wait: 1h, key: "${{ inputs.a }}" }', []],
  ['debounce: { wait: 5m, max_wait: 4m }', ['DSL_VALUE_FORMAT /debounce/max_wait']],
  ['debounce: { wait: soon }', ['DSL_VALUE_FORMAT /debounce/wait']],
  ['debounce: { max_wait: 4m }', ['DSL_KEY_MISSING /debounce']],
])('%s', (head, problems) => {
  const text = `dsl: flux/1\nid: f\ninputs: { type: object }\n${head}\nsteps:\n  - { id: x, let: 1 }\n`
  const found = checkFlow(parseDocument({ file: 'flows/f.flow.yaml', text }), world).problems
  expect(found.map(({ code, at }) => `${code} ${at}`)).toEqual(problems)
})
