/**
 * Goal: signatures are right, and a token is trusted for the right reasons only. Method:
 * keys made here, signatures checked by another hand, the examples of RFC 7515 and the
 * known ways to be fooled.
 */
import { createHmac, generateKeyPairSync, sign, verify } from 'node:crypto'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { Failure } from '#engine/core/error.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'

import { openStd, type Std } from './open.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')
const pemOf = (pair: typeof rsa): string =>
  pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const publicOf = (pair: typeof rsa): string =>
  pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const jwkOf = (pair: typeof rsa, kid: string): JsonObject => ({
  ...(pair.publicKey.export({ format: 'jwk' }) as JsonObject),
  kid,
})

const secrets = {
  RSA: pemOf(rsa),
  SMALL: pemOf(small),
  EC: pemOf(ec),
  ED: pemOf(ed),
  TEXT: 'a-long-secret-text',
}
let plugin: Std
beforeAll(async () => {
  plugin = await openStd('crypto', { permissions: {}, secrets })
})
afterAll(async () => await plugin[Symbol.asyncDispose]())

const call = async <Output = JsonObject>(action: string, input: JsonObject): Promise<Output> =>
  await plugin.call<Output>(action, input)
const fails = async (action: string, input: JsonObject): Promise<Failure> =>
  await plugin.failure(action, input)
const handle = (name: string): JsonObject => ({ $secret: name })

describe('a signature', () => {
  test.each([
    ['RS256', 'RSA', rsa, {}],
    ['PS256', 'RSA', rsa, { padding: 6, saltLength: 32 }],
    ['ES256', 'EC', ec, { dsaEncoding: 'ieee-p1363' as const }],
    ['EdDSA', 'ED', ed, {}],
  ] as const)('by %s is right for everybody', async (algorithm, name, pair, options) => {
    const input = { data: 'hällo', algorithm }
    const signature = await call<string>('sign', { ...input, key: handle(name) })
    const hash = algorithm === 'EdDSA' ? null : 'sha256'
    const bytes = Buffer.from(signature, 'base64url')
    const data = Buffer.from('hällo')
    expect(verify(hash, data, { key: pair.publicKey, ...options }, bytes)).toBe(true)
    const ours = { ...input, signature }
    for (const key of [publicOf(pair), jwkOf(pair, 'k'), handle(name)]) {
      expect(await call('verify', { ...ours, key })).toEqual({ valid: true })
      expect(await call('verify', { ...ours, key, data: 'hallo' })).toEqual({ valid: false })
    }
    const theirs = sign(hash, data, { key: pair.privateKey, ...options }).toString('hex')
    const hex = { ...input, signature: theirs, signature_from: 'hex', key: publicOf(pair) }
    expect(await call('verify', hex)).toEqual({ valid: true })
  })

  test('by a secret text is right, and only with it', async () => {
    const input = { data: 'aGk=', from: 'base64', algorithm: 'HS256' }
    const signature = await call<string>('sign', { ...input, key: handle('TEXT') })
    expect(signature).toBe(createHmac('sha256', secrets.TEXT).update('hi').digest('base64url'))
    const verified = await call('verify', { ...input, signature, key: handle('TEXT') })
    expect(verified).toEqual({ valid: true })
    expect(await fails('verify', { ...input, signature, key: secrets.TEXT })).toMatchObject({
      code: 'CONN_REQUEST_REFUSED',
    })
  })

  test.each([
    ['RS256', 'EC'],
    ['ES256', 'RSA'],
    ['ES384', 'EC'],
    ['EdDSA', 'RSA'],
    ['RS256', 'SMALL'],
    ['RS256', 'TEXT'],
  ])('by %s is not made with the key %s', async (algorithm, name) => {
    const failure = await fails('sign', { data: 'a', algorithm, key: handle(name) })
    expect(failure).toMatchObject({ code: 'CONN_SECRET_REFUSED' })
    expect(JSON.stringify(failure)).not.toContain('secret-text')
  })

  test('is not made with a secret that the step does not hand over', async () => {
    const input = { data: 'a', algorithm: 'HS256', key: handle('TEXT') }
    expect(await plugin.failure('sign', input, { secrets: [] })).toMatchObject({
      code: 'CAP_NOT_GRANTED',
    })
  })
})

describe('a token', () => {
  const claims = { sub: 'ada', iss: 'us', aud: ['shop', 'bank'], iat: 100, exp: 200, nbf: 100 }
  const at = new Date(150_000).toISOString()
  const make = async (more: JsonObject = {}): Promise<string> => {
    const input = {
      claims: { ...claims, ...more },
      algorithm: 'ES256',
      key: handle('EC'),
      key_id: 'k1',
    }
    return (await call<{ token: string }>('sign-jwt', input)).token
  }
  const check = { algorithms: ['ES256'], keys: [jwkOf(rsa, 'k0'), jwkOf(ec, 'k1')], at, leeway: 0 }

  test('is made and trusted', async () => {
    const token = await make()
    expect(await call('verify-jwt', { ...check, token, issuer: 'us', audience: 'shop' })).toEqual({
      header: { alg: 'ES256', typ: 'JWT', kid: 'k1' },
      claims,
    })
  })

  test('says when it was made and how long it is good', async () => {
    const input = { claims: {}, algorithm: 'HS256', key: handle('TEXT'), seconds: 60 }
    expect(await call('sign-jwt', input)).toMatchObject({
      claims: { iat: 1731844898, exp: 1731844958 }, // the beginning of the run
    })
  })

  test('of RFC 7515 is read', async () => {
    // Appendix A.1, with its key as text where it happens to be none: so as a JSON Web Key of A.3.
    const key = {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    }
    const token =
      'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q'
    const input = { token, algorithms: ['ES256'], key, at: '2011-01-01T00:00:00Z' }
    expect(await call('verify-jwt', input)).toMatchObject({ claims: { iss: 'joe' } })
  })

  test.each<[string, JsonObject, JsonObject, string]>([
    ['has run out', { exp: 150 }, {}, 'expired'],
    ['has a time that is none', { exp: 'never' }, {}, 'expired'],
    ['is for later', { nbf: 151 }, {}, 'not_yet'],
    ['is of somebody else', {}, { issuer: 'them' }, 'not_trusted'],
    ['is for somebody else', {}, { audience: 'school' }, 'not_trusted'],
    ['is for nobody', { aud: null }, { audience: 'shop' }, 'not_trusted'],
    ['is signed in a way that is not trusted', {}, { algorithms: ['RS256'] }, 'not_trusted'],
    ['names a key that is not there', {}, { keys: [jwkOf(ec, 'k2')] }, 'not_trusted'],
    ['names a key of another kind', {}, { keys: [jwkOf(rsa, 'k1')] }, 'CONN_SECRET_REFUSED'],
  ])('that %s is not trusted', async (_, more, asked, code) => {
    const input = { ...check, token: await make(more), ...asked }
    expect(await fails('verify-jwt', input)).toMatchObject({ code })
  })

  const forge = (header: JsonObject, payload: JsonObject, key?: string): string => {
    const text = [header, payload]
      .map((one) => Buffer.from(JSON.stringify(one)).toString('base64url'))
      .join('.')
    const signature =
      key === undefined ? '' : createHmac('sha256', key).update(text).digest('base64url')
    return `${text}.${signature}`
  }
  test.each<[string, string, Json]>([
    ['without a signature', forge({ alg: 'none' }, claims), ['none', 'ES256']],
    [
      'signed with the public key as if it were a secret',
      forge({ alg: 'HS256', kid: 'k1' }, claims, publicOf(ec)),
      ['ES256', 'HS256'],
    ],
    [
      'that asks for what is not understood',
      forge({ alg: 'ES256', kid: 'k1', crit: ['x'] }, claims),
      ['ES256'],
    ],
    ['of two parts', 'a.b', ['ES256']],
  ])('%s is not trusted', async (_, token, algorithms) => {
    const { code } = await fails('verify-jwt', { ...check, token, algorithms })
    expect([
      'not_trusted',
      'token_malformed',
      'RUN_INPUT_REFUSED',
      'CONN_REQUEST_REFUSED',
    ]).toContain(code)
  })

  test('that was changed is not trusted', async () => {
    const [header = '', , signature = ''] = (await make()).split('.')
    const payload = Buffer.from(JSON.stringify({ ...claims, sub: 'eve' })).toString('base64url')
    const input = { ...check, token: `${header}.${payload}.${signature}` }
    expect(await fails('verify-jwt', input)).toMatchObject({ code: 'not_trusted' })
  })
})
