/**
 * What may be written for a new mirror, and the one form that it is kept in.
 */
import { expect, test } from 'vitest'

import { newMirror } from '#engine/host/mirror/new-mirror.ts'

test.each([
  ['https://git.example/acme/flows', 'https://git.example/acme/flows', 'acme/flows'],
  ['https://GIT.example:443/acme/flows.git/', 'https://git.example/acme/flows.git', 'acme/flows'],
  ['git+https://git.example/a', 'https://git.example/a', 'a'],
  ['https://git.example/g/sub/r.git#x', 'https://git.example/g/sub/r.git', 'g/sub/r'],
  ['http://127.0.0.1:8080/a', 'http://127.0.0.1:8080/a', 'a'],
  ['http://localhost/a', 'http://localhost/a', 'a'],
])('"%s" is kept as "%s" and called "%s"', (text, url, name) => {
  expect(newMirror({ url: text }, 7)).toMatchObject({ url, name, paths: [], addedAt: 7 })
})

test('keeps what was asked for, each once', () => {
  const wish = {
    url: 'https://git.example/a',
    name: 'mine',
    branch: 'release/1',
    paths: ['flows/**', 'flows/**'],
    maxCaps: ['net:api.example.com', 'git:read'],
    tokenSecret: 'GIT_TOKEN',
  }
  const { id, ...rest } = newMirror(wish, 0)
  expect(id).toMatch(/^m[0-9a-f]{16}$/)
  expect(rest).toEqual({ ...wish, paths: ['flows/**'], addedAt: 0 })
})

test.each([
  ['an address without a host', { url: 'https:///a' }],
  ['an address without a repository', { url: 'https://git.example/' }],
  ['an address with a query', { url: 'https://git.example/a?x=1' }],
  ['an address with a password', { url: 'https://user:pass@git.example/a' }],
  ['an address that is not encrypted', { url: 'http://git.example/a' }],
  ['an address in a private network that is not encrypted', { url: 'http://10.0.0.1/a' }],
  ['a file', { url: 'file:///etc/passwd' }],
  ['another program', { url: 'ext::sh -c id' }],
  ['SSH', { url: 'ssh://git.example/a' }],
  ['a branch that is none', { branch: 'a..b' }],
  ['a branch that is an option', { branch: 'a b' }],
  ['a path from the root of the machine', { paths: ['/etc/**'] }],
  ['an empty path', { paths: [''] }],
  ['a power that is none', { maxCaps: ['everything'] }],
  ['a secret that is none', { tokenSecret: 'lower' }],
  ['a name that climbs', { name: '../x' }],
  ['a name that is an option', { name: '--all' }],
])('refuses %s', (_, over) => {
  expect(() => newMirror({ url: 'https://git.example/a', ...over }, 0)).toThrow(
    expect.objectContaining({
      code: expect.stringMatching(
        /^(?:CLI_USAGE|CONN_(?:REQUEST_REFUSED|HOST_DENIED|SECRET_REFUSED))$/,
      ),
    }),
  )
})
