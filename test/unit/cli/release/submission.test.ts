/**
 * Goal: signed events that somebody sent are read whole or not at all, and never more than a
 * submission may have.
 */
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { readSubmission, writeSubmission } from '#engine/cli/release/submission.ts'
import { limits } from '#engine/core/limits.ts'
import { folder } from '#test/fake/disk.ts'

test('what was written is read', () => {
  using place = folder()
  const path = join(place.path, 's.json')
  const files = new Map([['provenance/a.json', new Uint8Array([1, 2, 3])]])
  writeSubmission(path, { events: [], files } as never)
  expect(readSubmission(path)).toEqual({ events: [], files })
})

test('more than a submission may have is not read', () => {
  using place = folder()
  const path = join(place.path, 's.json')
  writeFileSync(path, '{}')
  truncateSync(path, limits.registrySubmissionBytesMax + 1)
  const refused = expect.objectContaining({ code: 'REG_EVENT_REFUSED' })
  for (const one of [path, place.path, '/dev/zero'])
    expect(() => readSubmission(one)).toThrow(refused)
})

test.each(['', '{', '[]', '{"submission":2,"events":[],"files":{}}', '{"submission":1}'])(
  'refuses %j, which is none',
  (text) => {
    using place = folder()
    writeFileSync(join(place.path, 's.json'), text)
    const none = expect.objectContaining({ code: 'CLI_USAGE' })
    expect(() => readSubmission(join(place.path, 's.json'))).toThrow(none)
    expect(() => readSubmission(join(place.path, 'nothing'))).toThrow(none)
  },
)
