/**
 * Goal: what `std/http` does on a wire. Method: cases as data, sent through sandbox, host
 * operation and the real way out to a server on loopback, which they name `http://server`.
 */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { HttpDoor } from '#engine/connection/http.ts'
import { SecretBook } from '#engine/connection/secret.ts'
import type { Digest } from '#engine/core/digest.ts'
import type { Json } from '#engine/core/json.ts'
import { buildFolder, openPlugin } from '#engine/host/plugin/folder.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { httpOperations } from '#engine/sandbox/capability/http.ts'
import { openFakeServer, type FakeServer } from '#test/fake/server.ts'

import { Bench } from '#test/unit/sandbox/bench.ts'

interface Case {
  readonly name: string
  readonly action: string
  readonly input: Json
  readonly output?: Json
  readonly part?: Json
  readonly error?: string
}

const here = join(import.meta.dirname, 'cases')
const files = globSync('*.yaml', { cwd: here })
  .toSorted()
  .map((file) => {
    const { value } = parseDocument({ file, text: readFileSync(join(here, file), 'utf8') })
    return [file, (value as unknown as { readonly cases: readonly Case[] }).cases] as const
  })

let server: FakeServer
let unit: Digest
const door = new HttpDoor()
const secrets = new SecretBook([{ find: async () => 'long-secret-value' }])
const operations = httpOperations({ door: async () => door, secrets: () => secrets })
const bench = new Bench({ operations, workers: 1 })
beforeAll(async () => {
  server = await openFakeServer()
  const folder = openPlugin(join(import.meta.dirname, '../../../../plugins/std/http'))
  const { built, problems } = await buildFolder(folder)
  if (built === undefined) throw new Error(JSON.stringify(problems))
  unit = bench.keep(built)
})
afterAll(async () => {
  await bench[Symbol.asyncDispose]()
  await door[Symbol.asyncDispose]()
  server.close()
})

const atServer = (value: Json | undefined): Json =>
  JSON.parse(JSON.stringify(value ?? null).replaceAll('http://server', server.origin)) as Json

const wanted = ({ error, output, part }: Case): object =>
  error === undefined
    ? { ok: true, output: atServer(output ?? part) }
    : { ok: false, error: { code: error } }

describe.each(files)('%s', (_, cases) => {
  test.each(cases)('$action: $name', async (one) => {
    const permissions = { net: [server.origin], secrets: ['TOKEN'] }
    const more = { export: one.action, permissions, secrets: ['TOKEN'] }
    const result = await bench.call(unit, atServer(one.input), more)
    expect(result).toMatchObject(wanted(one))
  })
})

test('the cases are there', () => {
  expect(files.flatMap(([, cases]) => cases).length).toBeGreaterThan(30)
})
