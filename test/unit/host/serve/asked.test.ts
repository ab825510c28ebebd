/** Goal: whatever another process sends, the owner answers with what is wrong and never breaks. */
import { expect, test } from 'vitest'

import { askedFollow, askedReason, askedRun, askedStart } from '#engine/host/serve/asked.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'

const run = '01JD0000000000000000000000'
const start = {
  run,
  plan: `sha256:${'0'.repeat(64)}`,
  input: { a: 1 },
  source: { repository: '/r', commit: 'c', isWorkingTree: true },
  blobs: ['YQ==', ''],
}

test('a request as this version sends it is read', () => {
  expect(askedStart(start)).toEqual({
    ...start,
    blobs: [Buffer.from('a'), Buffer.alloc(0)],
  })
  expect(askedFollow({ run, seen: 3, until: 'parked' })).toEqual({ run, seen: 3, until: 'parked' })
  expect(askedReason({})).toBe('')
})

const long = 'x'.repeat(limits.linkTextCharsMax + 1)
const broken: readonly (readonly [string, (asked: JsonObject) => unknown, JsonObject])[] = [
  ...[undefined, null, 7, '', 'last', run.toLowerCase(), { [run]: 1 }].map(
    (value) => ['run', askedRun, { run: value as Json }] as const,
  ),
  ...[7, null, long].map((reason) => ['reason', askedReason, { reason }] as const),
  ...[null, 'sha256:0', 7].map((plan) => ['plan', askedStart, { ...start, plan }] as const),
  ['input', askedStart, { ...start, input: undefined as unknown as Json }],
  ...[null, 'YQ==', [7], ['%'], ['YQ'], [['YQ==']], { length: 1 }].map(
    (blobs) => ['blobs', askedStart, { ...start, blobs }] as const,
  ),
  ['blobs', askedStart, { ...start, blobs: Array(limits.linkBlobsMax + 1).fill('') as string[] }],
  ...['x', []].map((source) => ['source', askedStart, { ...start, source }] as const),
  ['source.repository', askedStart, { ...start, source: { repository: long } }],
  ['source.commit', askedStart, { ...start, source: { commit: 7 } }],
  ['source.isWorkingTree', askedStart, { ...start, source: { isWorkingTree: 'yes' } }],
  ...[-1, 0.5, '1', null, 2 ** 60].map(
    (seen) => ['seen', askedFollow, { run, seen, until: 'ended' }] as const,
  ),
  ...['', 'forever', null, 7].map(
    (until) => ['until', askedFollow, { run, seen: 0, until }] as const,
  ),
]

test.each(broken)('a wrong "%s" is refused by its name', (param, read, asked) => {
  expect(() => read(asked)).toThrow(
    expect.objectContaining({ code: 'CLI_USAGE', data: { param } }) as Error,
  )
})
