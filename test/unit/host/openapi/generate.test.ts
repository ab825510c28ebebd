/**
 * Goal: a plugin made from an OpenAPI document asks exactly as the document says, takes no
 * more powers than that, and passes the checks that a person's plugin passes. Method: a
 * small document with every sort of thing in it, and a part of GitHub's.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import type { Manifest } from '#engine/dsl/manifest.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { readOpenApi } from '#engine/host/openapi/document.ts'
import { generatePlugin, type Generated } from '#engine/host/openapi/generate.ts'
import { readCases, type CaseFile } from '#engine/host/plugin/case-file.ts'
import { buildFolder, openPlugin } from '#engine/host/plugin/folder.ts'
import { CaseRunner, type CaseResult } from '#engine/host/plugin/run-cases.ts'

const here = import.meta.dirname
const shop = readOpenApi('petshop.yaml', readFileSync(join(here, 'petshop.yaml'), 'utf8'))
const github = join(here, '../../../vectors/github-openapi/github-rest-subset.json')
const wish = { api: shop, name: 'my/pets', operations: [] }
const made = generatePlugin(wish)
const manifest = parseDocument({ file: 'plugin.yaml', text: made.files['plugin.yaml'] ?? '' })
  .value as unknown as Manifest

let top: string
const runners: CaseRunner[] = []
beforeAll(() => void (top = mkdtempSync(join(tmpdir(), 'ionflux-openapi-'))))
afterAll(async () => {
  for (const runner of runners) await runner[Symbol.asyncDispose]()
  rmSync(top, { recursive: true })
})

function write(name: string, { files }: Generated): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(top, name, path)), { recursive: true })
    writeFileSync(join(top, name, path), text)
  }
  return join(top, name)
}

async function runAll(name: string, generated: Generated): Promise<readonly CaseResult[]> {
  const folder = openPlugin(write(name, generated))
  const { built, problems } = await buildFolder(folder)
  const cases = await readCases(folder)
  expect([...problems, ...cases.problems]).toEqual([])
  if (built === undefined) throw new Error('not built')
  const runner = new CaseRunner(built)
  runners.push(runner)
  const results: CaseResult[] = []
  for (const file of cases.files)
    for (const one of file.cases) results.push(await runner.run(file, one))
  return results
}

const input = (action: string): JsonObject =>
  manifest.actions[action]?.input?.['properties'] as JsonObject
const output = (action: string): JsonObject => {
  const properties = manifest.actions[action]?.output?.['properties']
  return isObject(properties) ? (properties['body'] as JsonObject) : {}
}

test('operations become actions by their names, methods and hosts', () => {
  const { net, secrets } = manifest.capabilities ?? {}
  expect({ net, secrets }).toEqual({ net: ['DELETE,GET,POST,PUT eu.pets.test'], secrets: ['*'] })
  const effects = Object.entries(manifest.actions).map(([name, action]) => [name, action.effects])
  expect(Object.fromEntries(effects)).toEqual({
    'list-pets': 'read',
    'pets-create': 'unsafe',
    get: 'read',
    rename: 'idempotent',
    'do-delete': 'idempotent',
    'get-pets-id-photo': 'read',
    'set-photo': 'idempotent',
  })
})

test('what cannot be said is left out with its reason', () => {
  expect(Object.fromEntries(made.left.map(({ id, reason }) => [id, reason]))).toEqual({
    cookie: 'it needs the cookie "sid"',
    form: 'its body is multipart/form-data',
    queryKey: 'it asks for a key in the query',
    undescribed: 'it does not describe "gone" of its path',
    matrix: 'its parameter "id" is written as matrix',
  })
})

test('an input is told whole, and an output by its types alone', () => {
  expect(input('list-pets')['limit']).toEqual({
    type: 'integer',
    exclusiveMinimum: 0,
    maximum: 100,
  })
  expect(input('list-pets')).not.toHaveProperty('token')
  expect(Object.keys(input('get'))).toEqual(['id', 'query_id', 'api_key'])
  expect(Object.keys(input('rename'))).toEqual(['id', 'query_id', 'body', 'user', 'password'])
  expect(input('pets-create')['token']).toMatchObject({ 'x-secret': true, required: ['$secret'] })
  expect(input('pets-create')['body']).toEqual({
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string', minLength: 6 },
      secretWord: { type: 'string' },
      mother: {},
      kind: { type: 'string', enum: ['cat', 'dog'] },
      age: { type: ['integer', 'null'] },
      owner: {
        anyOf: [
          { type: 'string' },
          { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
        ],
      },
      both: {
        type: 'object',
        required: ['a'],
        properties: { a: { type: 'string' }, b: { type: 'integer' } },
      },
    },
  })
  expect(output('pets-create')).toMatchObject({
    required: ['id', 'name'],
    properties: { id: { type: 'integer' }, name: { type: 'string' }, kind: { type: 'string' } },
  })
  expect(output('pets-create')['properties']).not.toHaveProperty('secretWord')
  expect(output('rename')).toEqual({ type: 'null' })
})

test('the same document gives the same bytes, and each action has a case that passes', async () => {
  expect(generatePlugin(wish)).toEqual(made)
  const results = await runAll('pets', made)
  expect(results.map(({ ok, reason }) => ok || reason)).toEqual(made.actions.map(() => true))
})

test.each<[string, string, Json, Json, string]>([
  [
    'lists',
    'list-pets',
    { tags: ['a', 'b c'], kinds: ['cat', 'dog'], ids: [1, 2] },
    { path: '/v2/pets?tags=a%2Cb%20c&kinds=cat&kinds=dog&ids=1%7C2' },
    '200',
  ],
  [
    'objects',
    'list-pets',
    { filter: { age: 3 }, where: { a: [1] }, limit: 5 },
    { path: '/v2/pets?limit=5&filter%5Bage%5D=3&where=%7B%22a%22%3A%5B1%5D%7D' },
    '200',
  ],
  [
    'a header',
    'list-pets',
    { 'X-Trace': 'abc' },
    { path: '/v2/pets', headers: { 'x-trace': 'abc' } },
    '200',
  ],
  [
    'what is in the path and in the query',
    'get',
    { id: 'a/b?', query_id: 'c', api_key: { $secret: 'TOKEN' } },
    { path: '/v2/pets/a%2Fb%3F?id=c', headers: { 'x-api-key': 'long-secret-value' } },
    '200',
  ],
  [
    'a form and a password',
    'rename',
    { id: '1', user: 'ada', password: { $secret: 'TOKEN' }, body: { name: 'a b' } },
    {
      body: 'name=a+b',
      headers: {
        authorization: `Basic ${Buffer.from('ada:long-secret-value').toString('base64')}`,
      },
    },
    '200',
  ],
  [
    'a token',
    'pets-create',
    { token: { $secret: 'TOKEN' }, body: { name: 'Muschi' } },
    {
      method: 'POST',
      body: { name: 'Muschi' },
      headers: { authorization: 'Bearer long-secret-value', 'content-type': 'application/json' },
    },
    '200',
  ],
  [
    'bytes',
    'set-photo',
    { id: '1', token: { $secret: 'TOKEN' }, body: 'AAEC' },
    { body: '\u0000\u0001\u0002', headers: { 'content-type': 'image/png' } },
    '302',
  ],
  [
    'no way out of its place in the path',
    'get',
    { id: '..', api_key: { $secret: 'TOKEN' } },
    {},
    'bad_parameter',
  ],
  [
    'no empty part of the path',
    'get',
    { id: '', api_key: { $secret: 'TOKEN' } },
    {},
    'bad_parameter',
  ],
  ['no other word than there is', 'list-pets', { kinds: ['cow'] }, {}, 'RUN_INPUT_REFUSED'],
])('a request has %s', async (_, action, given, asked, end) => {
  const [runner] = runners
  const pet = { id: 1, name: 'Muschi' }
  const body: Json = action === 'list-pets' ? [pet] : action === 'rename' ? null : pet
  const status = end === '302' ? 302 : 200
  const answer: JsonObject = body === null ? { status: 204 } : { status, json: body }
  const isFailure = !/^\d/.test(end)
  const text = JSON.stringify({
    secrets: { TOKEN: 'long-secret-value' },
    servers: { 'https://eu.pets.test': [{ ...(asked as JsonObject), answer }] },
    cases: [
      { name: 'n', action, input: given, ...(isFailure ? { error: end } : { part: { body } }) },
    ],
  })
  const document = parseDocument({ file: 'a.yaml', text })
  const file = { ...(document.value as unknown as CaseFile), path: 'cases/a.yaml', document }
  const [one] = file.cases
  const result = one === undefined ? undefined : await runner?.run(file, one)
  expect(result?.ok || result?.reason).toBe(true)
})

test.each([
  [429, 'rate_limited'],
  [401, 'unauthorized'],
  [404, 'not_found'],
  [409, 'conflict'],
  [503, 'unavailable'],
  [418, 'unexpected_status'],
])('an answer %i is the failure %s', async (status, error) => {
  const [runner] = runners
  const text = JSON.stringify({
    servers: { 'https://eu.pets.test': [{ answer: { status, text: 'no' } }] },
    cases: [{ name: 'n', action: 'list-pets', error }],
  })
  const document = parseDocument({ file: 'a.yaml', text })
  const file = { ...(document.value as unknown as CaseFile), path: 'cases/a.yaml', document }
  const [one] = file.cases
  const result = one === undefined ? undefined : await runner?.run(file, one)
  expect(result?.ok || result?.reason).toBe(true)
})

test('all of GitHub\u2019s operations become a plugin that passes its cases', async () => {
  const api = readOpenApi(github, readFileSync(github, 'utf8'))
  const whole = generatePlugin({ api, name: 'my/github', operations: [], auth: 'bearer' })
  expect({ actions: whole.actions.length, left: whole.left }).toEqual({ actions: 132, left: [] })
  const few = ['issues/create', 'repos/get-content', 'POST /repos/{owner}/{repo}/git/refs']
  const some = generatePlugin({ api, name: 'my/github', operations: few, auth: 'bearer' })
  expect(some).toMatchObject({
    actions: ['issues-create', 'repos-get-content', 'git-create-ref'],
    depth: 3,
  })
  for (const [name, generated] of [
    ['all', whole],
    ['some', some],
  ] as const) {
    const results = await runAll(name, generated)
    expect(results.length).toBe(generated.actions.length)
    expect(results.filter(({ ok }) => !ok)).toEqual([])
  }
}, 60_000)

test.each([
  ['an operation that is not there', { operations: ['gone'] }, 'no operation "gone"'],
  ['a server that is no URL', { server: '/v1' }, 'give one with --server'],
])('%s is told', (_, more, words) => {
  expect(() => generatePlugin({ ...wish, ...more })).toThrow(words)
})
