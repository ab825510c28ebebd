/** Messages, footers and dates as people and tools of any age wrote them. */
import { expect, test } from 'vitest'

import { dateFrom, footersOf, splitMessage } from '#engine/mirror/message.ts'

test.each([
  ['one line', 'one', 'one', ''],
  ['blank lines in front', '\n\n  one\n', 'one', ''],
  ['a first paragraph of two lines', 'one\ntwo\n\nbody\n', 'one two', 'body'],
  ['carriage returns', 'one\r\n\r\nbody\r\nmore\r\n', 'one', 'body\nmore'],
  ['nothing', '', '', ''],
])('splits %s', (_, message, subject, body) => {
  expect(splitMessage(message)).toEqual({ subject, body })
})

test('finds footers after a blank line, and what breaks anywhere', () => {
  const body = [
    'A note about it: this is text.',
    'BREAKING CHANGE: the shape',
    'is another',
    '',
    'Refs #12',
    'Reviewed-by: Z',
    'not a footer: because of its blanks',
  ].join('\n')
  expect(footersOf(body)).toEqual([
    { token: 'BREAKING CHANGE', value: 'the shape\nis another' },
    { token: 'Refs', value: '#12' },
    { token: 'Reviewed-by', value: 'Z\nnot a footer: because of its blanks' },
  ])
  expect(footersOf('')).toEqual([])
  expect(footersOf('text\nNote: in the middle of a paragraph')).toEqual([])
})

test.each([
  ['1700000000 +0000', '2023-11-14T22:13:20+00:00'],
  ['1700000000 -0330', '2023-11-14T18:43:20-03:30'],
  ['0 +0000', '1970-01-01T00:00:00+00:00'],
  ['253402300799 +0000', '9999-12-31T23:59:59+00:00'],
  ['253402300800 +0000', null],
  ['-1 +0000', null],
  ['yesterday', null],
  ['', null],
])('reads the date %s', (raw, date) => {
  expect(dateFrom(raw)).toBe(date)
})
