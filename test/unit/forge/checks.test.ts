/**
 * Goal: a report on a commit is one check run with each annotation once, however often it is
 * told and wherever it broke off.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'

import type { JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { openGitHub } from '#engine/forge/github.ts'
import type { CheckWish, Forge } from '#engine/forge/port.ts'
import { type FakeForge, openForge } from '#test/fake/git/forge.ts'

let fake: FakeForge
let forge: Forge
beforeEach(async () => {
  fake = await openForge()
  forge = openGitHub({ apiUrl: fake.origin, token: 't' })
})
afterEach(async () => {
  strays.push(...fake.strays)
  await fake[Symbol.asyncDispose]()
})

const strays: string[] = []
const commit = 'a'.repeat(40)
const wish = (count: number, more: Partial<CheckWish> = {}): CheckWish => ({
  repository: 'acme/flows',
  commit,
  name: 'ionflux/plan',
  conclusion: 'success',
  title: '1 flow changes.',
  summary: '### plan',
  annotations: Array.from({ length: count }, (_, i) => ({
    file: 'a.flow.yaml',
    line: i + 1,
    level: 'warning',
    title: 'PLAN_HOST_ADDED',
    message: `It calls "${i}".`,
  })),
  ...more,
})
const lines = (): unknown[] =>
  fake.checks.map(({ output }) =>
    ((output as JsonObject)['annotations'] as JsonObject[]).map(({ start_line: line }) => line),
  )
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)

test.each([0, 1, 50, 51, 120])('%i annotations are each told once, in portions', async (count) => {
  expect(await forge.check(wish(count))).toBe(true)
  expect(lines()).toEqual([upTo(count)])
  expect(fake.checks).toMatchObject([
    {
      head_sha: commit,
      name: 'ionflux/plan',
      status: 'completed',
      conclusion: 'success',
      output: { title: '1 flow changes.', summary: '### plan' },
    },
  ])
  const writes = fake.paid.filter((one) => one.startsWith('PATCH'))
  const per = limits.forgeAnnotationsPerRequestMax
  expect(writes).toHaveLength(Math.max(1, Math.ceil(count / per)))
})

test('what says the same of the files is edited in place, another one takes its place', async () => {
  await forge.check(wish(2))
  await forge.check(wish(2, { conclusion: 'failure', summary: '### other' }))
  expect(lines()).toEqual([[1, 2]])
  expect(fake.checks).toMatchObject([{ conclusion: 'failure', output: { summary: '### other' } }])
  await forge.check(wish(3))
  expect(lines()).toEqual([
    [1, 2],
    [1, 2, 3],
  ])
})

test('a report that broke off is gone on with', async () => {
  await forge.check(wish(120))
  const [run] = fake.checks
  const output = run?.['output'] as JsonObject
  const annotations = (output['annotations'] as JsonObject[]).slice(0, 50)
  const { conclusion: _, ...rest } = run as JsonObject
  fake.checks[0] = {
    ...rest,
    status: 'in_progress',
    output: { ...output, annotations, annotations_count: 50 },
  }
  await forge.check(wish(120))
  expect(lines()).toEqual([upTo(120)])
  expect(fake.checks).toMatchObject([{ status: 'completed', conclusion: 'success' }])
})

test('what is too much or too long is cut to what the forge takes', async () => {
  const long = 'x'.repeat(100_000)
  await forge.check(wish(2_000, { title: long, summary: long }))
  expect(lines()).toEqual([upTo(limits.forgeAnnotationsMax)])
})

test('a token that may not write checks is asked once, and says so', async () => {
  fake.isWithoutChecks = true
  expect(await forge.check(wish(1))).toBe(false)
  const asked = fake.paid.length
  expect(await forge.check(wish(2))).toBe(false)
  expect(fake.paid).toHaveLength(asked)
})

test('everything that was asked is as the forge describes it', () => {
  expect(strays).toEqual([])
})
