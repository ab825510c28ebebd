import { expect, test } from 'vitest'

import { covers, parseHostPattern } from '#engine/dsl/host-pattern.ts'

test.each([
  ['api.example.com', { scheme: 'https', host: 'api.example.com', isWildcard: false, port: 443 }],
  ['API.Example.COM', { scheme: 'https', host: 'api.example.com', isWildcard: false, port: 443 }],
  ['*.example.com:8443', { scheme: 'https', host: 'example.com', isWildcard: true, port: 8443 }],
  ['http://localhost', { scheme: 'http', host: 'localhost', isWildcard: false, port: 80 }],
  ['http://[::1]:8080', { scheme: 'http', host: '[::1]', isWildcard: false, port: 8080 }],
  [
    'GET,HEAD https://a.example',
    { scheme: 'https', host: 'a.example', isWildcard: false, port: 443, methods: ['GET', 'HEAD'] },
  ],
])('%j is a pattern', (text, pattern) => {
  expect(parseHostPattern(text)).toEqual(pattern)
})

test.each([
  '',
  '*',
  '*.',
  'a b',
  'ftp://a.example',
  'a.example/',
  'a.example:0',
  'a.example:65536',
  'a.example.',
  '127.1',
  '2130706433',
  '0x7f.0.0.1',
  '[::0001]',
  '[::ffff:127.0.0.1]',
  'bücher.example',
  'a*.example',
  'a.*.example',
  'user@a.example',
  'get a.example',
  'a..example:',
])('%j is none, because no URL prints its host like that', (text) => {
  expect(parseHostPattern(text)).toBeUndefined()
})

test.each([
  ['a.example', 'a.example', true],
  ['a.example', 'b.example', false],
  ['a.example', 'http://a.example', false],
  ['a.example', 'a.example:8443', false],
  ['a.example', '*.a.example', false],
  ['*.a.example', 'b.a.example', true],
  ['*.a.example', 'c.b.a.example', true],
  ['*.a.example', '*.a.example', true],
  ['*.a.example', '*.b.a.example', true],
  ['*.b.a.example', '*.a.example', false],
  ['*.a.example', 'a.example', false],
  ['*.a.example', 'xa.example', false],
  ['a.example', 'GET a.example', true],
  ['GET a.example', 'a.example', false],
  ['GET,HEAD a.example', 'HEAD a.example', true],
  ['GET a.example', 'GET,POST a.example', false],
])('%j covers %j: %s', (wide, narrow, isCovered) => {
  const [one, other] = [parseHostPattern(wide), parseHostPattern(narrow)]
  expect(one !== undefined && other !== undefined && covers(one, other)).toBe(isCovered)
})
