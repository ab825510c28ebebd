import { expect, test } from 'vitest'

import { checkFlow } from '#engine/dsl/check.ts'
import { findUrls, takesSecret } from '#engine/dsl/power/places.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { world } from '#test/unit/dsl/world.ts'

/** What the check says of a step with these inputs, as `code at`. */
function found(given: string, net = 'api.example.com'): readonly string[] {
  const text = `dsl: flux/1
id: a
permissions: { net: ['${net}'], secrets: [TOKEN] }
steps:
  - id: s
    use: acme/call
    with: ${given}
`
  const { problems } = checkFlow(parseDocument({ file: 'a.flow.yaml', text }), world)
  return problems.map(({ code, at }) => `${code} ${at}`)
}

test.each([
  ['{ token: { secret: TOKEN } }'],
  ['{ auth: { bearer: { secret: TOKEN } } }'],
  ['{ more: [{ secret: TOKEN }] }'],
  ['{ rest: { any: { secret: TOKEN } } }'],
])('a secret stands where the schema takes one: %s', (given) => {
  expect(found(given)).toEqual([])
})

test.each([
  ['{ text: { secret: TOKEN } }', 'text'],
  ['{ url: { secret: TOKEN } }', 'url'],
  ['{ auth: { secret: TOKEN } }', 'auth'],
  ['{ auth: { basic: { secret: TOKEN } } }', 'auth/basic'],
  ['{ rest: { secret: TOKEN } }', 'rest'],
  ['{ more: [[{ secret: TOKEN }]] }', 'more/0/0'],
])('a secret stands nowhere else: %s', (given, at) => {
  expect(found(given)).toContain(`PLAN_SECRET_MISPLACED /steps/0/with/${at}/secret`)
})

test('a transform takes no secret', () => {
  const text = `dsl: flux/1
id: a
permissions: { secrets: [TOKEN] }
steps: [{ id: s, transform: 'export default () => 1', with: { a: { secret: TOKEN } } }]
`
  const { problems } = checkFlow(parseDocument({ file: 'a.flow.yaml', text }), world)
  expect(problems.map(({ code }) => code)).toEqual(['PLAN_SECRET_MISPLACED'])
})

const missing = 'PLAN_PERMISSION_MISSING /steps/0/with/url'
test.each([
  ['https://api.example.com/v1', 'api.example.com', []],
  ['https://api.example.com', 'GET api.example.com', []],
  ['https://api.example.com/${{ inputs }}', 'api.example.com', []],
  ['https://x.example.com/', '*.example.com', []],
  ['https://other.example.com/', 'api.example.com', [missing]],
  ['https://api.example.com.evil.example/', 'api.example.com', [missing]],
  ['https://api.example.com:8443/', 'api.example.com', [missing]],
  ['http://api.example.com/', 'api.example.com', [missing]],
  ['http://127.1/', 'api.example.com', [missing]],
  ['https://user@other.example/', 'api.example.com', []],
  ['https://${{ inputs }}/', 'api.example.com', []],
  ['https://api${{ inputs }}', 'other.example.com', []],
])('the URL %s and the grant %s', (url, net, expected) => {
  expect(found(`{ url: '${url}' }`, net).filter((one) => !one.startsWith('DSL_'))).toEqual(expected)
})

test('the host of a URL is what a grant would name', () => {
  const value = { url: 'http://LOCALHOST:8080/x', deep: [{ url: 'https://b.example:443?q' }] }
  expect(findUrls(value, '')).toEqual([
    { host: 'http://localhost:8080', at: '/url' },
    { host: 'b.example', at: '/deep/0/url' },
  ])
})

test('a schema that names itself is read to an end', () => {
  const node = { anyOf: [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/a' }], properties: { a: {} } }
  expect(takesSecret({ $ref: '#/$defs/a', $defs: { a: node } }, ['a', 'b'])).toBe(false)
})
