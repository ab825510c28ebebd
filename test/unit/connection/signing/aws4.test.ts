/**
 * Goal: what we sign, AWS accepts. Method: the signatures of the examples in the S3
 * documentation, and another implementation for requests that nobody wrote down.
 */
import aws4 from 'aws4'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { Headers } from '#engine/connection/headers.ts'
import { presignAws4, signAws4 } from '#engine/connection/signing/aws4.ts'

const key = { id: 'AKIAIOSFODNN7EXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
const scope = { region: 'us-east-1', service: 's3' }
const nowMs = Date.UTC(2013, 4, 24)
const origin = 'https://examplebucket.s3.amazonaws.com'

describe('the examples of the S3 documentation', () => {
  test.each([
    [
      'a part of an object',
      'GET',
      '/test.txt',
      [['range', 'bytes=0-9']],
      '',
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ],
    [
      'an object that is put',
      'PUT',
      '/test%24file.text',
      [
        ['date', 'Fri, 24 May 2013 00:00:00 GMT'],
        ['x-amz-storage-class', 'REDUCED_REDUNDANCY'],
      ],
      'Welcome to Amazon S3.',
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    ],
    [
      'a query of one word',
      'GET',
      '/?lifecycle',
      [],
      '',
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    ],
    [
      'a list',
      'GET',
      '/?max-keys=2&prefix=J',
      [],
      '',
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ],
  ] as const)('%s', (_, method, path, headers, body, signature) => {
    const url = new URL(origin + path)
    const signed = signAws4({ ...scope, url, method, headers, body: bytesOf(body), nowMs }, key)
    expect(new Map(signed).get('authorization')).toMatch(new RegExp(`Signature=${signature}$`))
  })

  test('a URL that is signed for a day', () => {
    const url = new URL(`${origin}/test.txt`)
    const wish = { ...scope, url, method: 'GET', headers: [], seconds: 86_400, nowMs }
    expect(presignAws4(wish, key)).toBe(
      `${origin}/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404`,
    )
  })
})

/** What another implementation makes of a request: all its headers. */
function signedElsewhere(url: URL, body: string, service: string, session?: string): Headers {
  const request = {
    host: url.host,
    path: url.pathname + url.search,
    method: 'PUT',
    headers: { 'X-Amz-Date': '20130524T000000Z', 'X-Own': 'a  b' },
    body,
    region: 'eu-west-1',
    service,
  }
  const more = session === undefined ? {} : { sessionToken: session }
  const signed = aws4.sign(request, { accessKeyId: key.id, secretAccessKey: key.secret, ...more })
  return Object.entries(signed.headers).map(([name, value]) => [name.toLowerCase(), String(value)])
}

const region = 'eu-west-1'
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const partsOf = (headers: Headers): readonly string[] =>
  (new Map(headers).get('authorization') ?? '').split(/,? /).toSorted()
const word = fc.string({
  unit: fc.constantFrom('a', 'Z', '9', '-', '.', '~', ' ', 'ä', '+', '&', '=', '$', '(', "'"),
  minLength: 1,
  maxLength: 8,
})
const part = word.filter((text) => !/^\.+$/.test(text))

test('signs every path, query and body like another implementation', () => {
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 4 }),
      fc.uniqueArray(fc.tuple(word, word), { maxLength: 4, selector: ([name]) => name }),
      fc.string(),
      fc.constantFrom('s3', 'execute-api', 'sqs'),
      fc.option(fc.constant('session-token'), { nil: undefined }),
      (parts, query, body, service, session) => {
        const search = query.map(([a, b]) => `${encodeURIComponent(a)}=${encodeURIComponent(b)}`)
        const path = parts.map(encodeURIComponent).join('/')
        const url = new URL(`https://example.com:8443/${path}?${search.join('&')}`)
        const theirs = signedElsewhere(url, body, service, session)
        const headers = theirs.filter(([name]) => !/^(?:host|authorization|x-amz-.*)$/.test(name))
        const request = { url, method: 'PUT', headers, body: bytesOf(body), nowMs, region, service }
        const more = session === undefined ? {} : { session }
        const ours = signAws4(request, { ...key, ...more })
        expect(partsOf(ours)).toEqual(partsOf(theirs))
      },
    ),
  )
})
