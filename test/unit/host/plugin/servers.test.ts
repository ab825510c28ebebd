/**
 * Goal: a case that speaks to a server says what was asked and not answered, and reaches
 * nothing else. Method: `std/http` against servers of case files.
 */
import { join } from 'node:path'

import { afterAll, expect, test } from 'vitest'

import { parseDocument } from '#engine/dsl/text.ts'
import { readCases, type CaseFile } from '#engine/host/plugin/case-file.ts'
import { buildFolder, openPlugin, type PluginFolder } from '#engine/host/plugin/folder.ts'
import { CaseRunner, type CaseResult } from '#engine/host/plugin/run-cases.ts'

const folder = openPlugin(join(import.meta.dirname, '../../../../plugins/std/http'))
const { built } = await buildFolder(folder)
if (built === undefined) throw new Error('std/http is broken')
const runner = new CaseRunner(built)
afterAll(async () => await runner[Symbol.asyncDispose]())

async function ran(text: string): Promise<CaseResult> {
  const document = parseDocument({ file: 'cases/a.yaml', text })
  const file = { ...(document.value as unknown as CaseFile), path: 'cases/a.yaml', document }
  const [one] = file.cases
  if (one === undefined) throw new Error('no case')
  return await runner.run(file, one)
}

const server = 'servers: { "http://api.test:81": [{ path: /a, answer: { json: 1 } }] }\n'

test('a request that no answer fits is named', async () => {
  const result = await ran(
    `${server}cases: [{ name: n, action: get, input: { url: "http://api.test:81/b?c=1" }, part: {} }]`,
  )
  expect(result.ok).toBe(false)
  expect(result.reason).toContain('no answer of the servers fits GET http://api.test:81/b?c=1')
})

test('requests are compared in their order, and one too many is a failure', async () => {
  const result = await ran(
    `${server}cases: [{ name: n, action: get, input: { url: "http://api.test:81/a" }, requests: [], part: { body: 1 } }]`,
  )
  expect(result).toMatchObject({
    ok: false,
    differences: [{ at: '/0', actual: 'GET http://api.test:81/a' }],
  })
})

test('a host without a server is not reached, whatever is granted', async () => {
  const result = await ran(
    `${server}cases: [{ name: n, action: get, grants: { net: ["http://127.0.0.1:9"] }, input: { url: "http://127.0.0.1:9/" }, error: CONN_UNREACHABLE }]`,
  )
  expect(result).toMatchObject({ ok: true, result: { error: { code: 'CONN_UNREACHABLE' } } })
  expect(result.result).toMatchObject({
    error: { message: expect.stringContaining('no server for "http://127.0.0.1:9"') },
  })
})

test('a case may grant less than the servers are', async () => {
  const result = await ran(
    `${server}cases: [{ name: n, action: get, grants: {}, input: { url: "http://api.test:81/a" }, requests: [], error: CAP_NOT_GRANTED }]`,
  )
  expect(result.ok).toBe(true)
})

test.each([
  ['an origin with a path', '"https://a.test/b": []', '/servers'],
  ['an answer that is none', '"https://a.test": [{ path: /a }]', '/servers/https:~1~1a.test/0'],
  [
    'a path without a slash',
    '"https://a.test": [{ path: a, answer: {} }]',
    '/servers/https:~1~1a.test/0/path',
  ],
])('%s is a problem with its place', async (_, servers, at) => {
  const text = `servers: { ${servers} }\ncases: []\n`
  const files = { ...folder.files, find: () => ['cases/a.yaml'], readText: () => text }
  const other: PluginFolder = { ...folder, files }
  expect((await readCases(other)).problems).toMatchObject([{ code: 'DSL_VALUE_FORMAT', at }])
})
