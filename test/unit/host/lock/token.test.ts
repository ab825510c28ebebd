/**
 * Which secret a host is sent, and that no other host ever is.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { secretFor, tokenFor } from '#engine/host/lock/token.ts'

test.each([
  ['https://github.com/acme/flows', 'GIT_TOKEN_GITHUB_COM'],
  ['https://GitHub.com./acme/flows', 'GIT_TOKEN_GITHUB_COM'],
  ['https://git-a.example.com/r', 'GIT_TOKEN_GIT__A_EXAMPLE_COM'],
  ['http://127.0.0.1:8080/r', 'GIT_TOKEN_127_0_0_1'],
  ['http://github.com/acme/flows', undefined],
  ['https://github.com:8443/acme/flows', undefined],
  ['https://git_a.example/r', undefined],
  ['https://git-.example/r', undefined],
])('%s is sent %s', (url, name) => {
  expect(secretFor(url)).toBe(name)
})

test('no two hosts share a name', () => {
  const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,6}[a-z0-9])?$/)
  const host = fc
    .array(label, { minLength: 2, maxLength: 4 })
    .map((labels) => `${labels.join('.')}.x`)
  fc.assert(
    fc.property(host, host, (a, b) => {
      fc.pre(a !== b)
      return secretFor(`https://${a}/r`) !== secretFor(`https://${b}/r`)
    }),
  )
})

test('a value is given to its host alone', async () => {
  const environment = { IONFLUX_SECRET_GIT_TOKEN_GITHUB_COM: 'a-token' }
  expect(await tokenFor('https://github.com/acme/flows', environment)).toBe('a-token')
  expect(await tokenFor('https://github.com.evil.example/r', environment)).toBeUndefined()
  expect(await tokenFor('file:///r', environment)).toBeUndefined()
})
