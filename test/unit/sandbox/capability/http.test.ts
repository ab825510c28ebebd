/**
 * Goal: a guest calls whom both its manifest and the flow name, and no trick of a guest
 * shows it the value of a secret. Method: guests in the real sandbox, a real server that
 * echoes everything back, the real way out.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { HttpDoor } from '#engine/connection/http.ts'
import { environmentSecrets, SecretBook } from '#engine/connection/secret.ts'
import type { Json } from '#engine/core/json.ts'
import type { Capabilities } from '#engine/dsl/manifest.ts'
import type { Permissions } from '#engine/dsl/world.ts'
import type { CallRequest, CallResult } from '#engine/runtime/ports.ts'
import { httpOperations } from '#engine/sandbox/capability/http.ts'
import { openFakeServer, type FakeServer } from '#test/fake/server.ts'
import { Bench } from '#test/unit/sandbox/bench.ts'

const value = 'long-secret/value+1'
const environment = { IONFLUX_SECRET_TOKEN: value, IONFLUX_SECRET_LINES: 'first line\nsecond line' }
const book = new SecretBook([environmentSecrets(environment)])
const door = new HttpDoor()
const bench = new Bench({
  operations: httpOperations({ door: async () => door, secrets: () => book }),
  workers: 1,
})
let server: FakeServer
beforeAll(async () => {
  server = await openFakeServer()
})
afterAll(async () => {
  await bench[Symbol.asyncDispose]()
  await door[Symbol.asyncDispose]()
  server.close()
})

interface Guest extends Partial<CallRequest> {
  readonly code: string
  readonly asks?: Capabilities
  readonly allows?: Permissions
}

/** Calls `(url, ctx) => …`, which by default asks for everything and is allowed everything. */
async function call({ code, asks, allows, ...more }: Guest): Promise<CallResult> {
  const all = { net: [server.origin], secrets: ['TOKEN', 'LINES', 'NONE'] }
  const manifest = { capabilities: asks ?? all, actions: { default: { effects: 'read' as const } } }
  const unit = await bench.plugin(manifest, `export default async (url, ctx) => { ${code} }`)
  return await bench.call(unit, server.origin, { permissions: allows ?? all, ...more })
}
const codeOf = (result: CallResult): string => (result.ok ? 'ok' : result.error.code)
const outputOf = (result: CallResult): Json => {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.output
}

test('a guest has fetch as on the web', async () => {
  const code = `
    const r = await fetch(url + '/echo', { method: 'put', headers: [['X-A', 'ä']], body: 'hällo' })
    const echo = await r.json()
    return [r.ok, r.status, r.redirected, r.headers.get('Content-TYPE'), r.headers.has('nope'),
      [...r.headers.keys()].includes('date'), echo.method, echo.headers['x-a'], echo.body]`
  expect(outputOf(await call({ code }))).toEqual([
    true,
    200,
    false,
    'application/json; charset=utf-8',
    false,
    true,
    'PUT',
    'ä',
    'hällo',
  ])
})

test('bytes go both ways', async () => {
  const code = `
    const sent = await (await ctx.http.fetch(url + '/echo', { method: 'POST', body: new Uint8Array([104, 105]) })).json()
    const r = await ctx.http.fetch(url + '/bytes')
    return [sent.body, [...await r.bytes()], (await r.arrayBuffer()).byteLength, await r.base64()]`
  expect(outputOf(await call({ code }))).toEqual(['hi', [255, 254, 0, 1], 4, '//4AAQ=='])
})

test('any status is an answer, and a failure has its code', async () => {
  const code = `
    const status = (await fetch(url + '/status/503')).status
    const failed = await fetch(url + '/redirect?to=/text', { redirect: 'error' }).catch((e) => e.code)
    return [status, failed]`
  expect(outputOf(await call({ code }))).toEqual([503, 'CONN_PROTOCOL'])
})

test('without hosts in its manifest a plugin has no global fetch, and ctx.http refuses', async () => {
  expect(outputOf(await call({ code: 'return typeof fetch', asks: {} }))).toBe('undefined')
  const result = await call({ code: 'await ctx.http.fetch(url)', asks: {} })
  expect(result).toMatchObject({ error: { code: 'CAP_NOT_GRANTED', data: { by: 'plugin' } } })
})

describe('a host', () => {
  const code = 'return (await ctx.http.fetch(url + "/text")).status'

  test('is called when both name it', async () => {
    expect(outputOf(await call({ code }))).toBe(200)
    expect(outputOf(await call({ code, asks: { net: ['*'] } }))).toBe(200)
  })

  test('is not called when one does not, and the failure says what to grant', async () => {
    const before = server.arrived.length
    const capability = `net: ${server.origin}`
    for (const asks of [{ net: ['example.com'] }, { net: ['*.0.0.1'] }, {}]) {
      const result = await call({ code, asks })
      expect(result).toMatchObject({
        error: { code: 'CAP_NOT_GRANTED', data: { by: 'plugin', capability } },
      })
    }
    for (const allows of [{ net: ['example.com'] }, { net: ['*'] }, { net: [] }, {}]) {
      const result = await call({ code, allows })
      expect(result).toMatchObject({
        error: { code: 'CAP_NOT_GRANTED', data: { by: 'flow', capability } },
      })
    }
    expect(server.arrived.length).toBe(before)
  })

  test('is not called by a method that is not granted', async () => {
    const allows = { net: [`GET,HEAD ${server.origin}`] }
    expect(codeOf(await call({ code, allows }))).toBe('ok')
    const post = 'await ctx.http.fetch(url + "/text", { method: "POST" })'
    expect(codeOf(await call({ code: post, allows }))).toBe('CAP_NOT_GRANTED')
  })

  test('is not reached by a redirect that only one of them would allow', async () => {
    const other = await openFakeServer()
    const away = `await ctx.http.fetch(url + '/redirect?to=${other.origin}/text')`
    const both = { net: [server.origin, other.origin] }
    const one = { net: [server.origin] }
    expect(codeOf(await call({ code: away, asks: both, allows: one }))).toBe('CONN_HOST_DENIED')
    expect(codeOf(await call({ code: away, asks: one, allows: both }))).toBe('CONN_HOST_DENIED')
    expect(other.arrived.length).toBe(0)
    expect(codeOf(await call({ code: away, asks: both, allows: both }))).toBe('ok')
    other.close()
  })
})

describe('a secret', () => {
  const bearer = (name: string): string =>
    `return (await (await ctx.http.fetch(url + '/echo', { headers: { authorization: { $secret: '${name}', template: 'Bearer {}' } } })).json()).headers.authorization`

  test('arrives at the host, and comes back as its name', async () => {
    expect(outputOf(await call({ code: bearer('TOKEN') }))).toBe('Bearer [secret TOKEN]')
    expect(server.arrived.at(-1)?.headers['authorization']).toBe(`Bearer ${value}`)
  })

  test('needs both the manifest and the flow', async () => {
    const before = server.arrived.length
    const net = [server.origin]
    const code = bearer('TOKEN')
    const plugin = await call({ code, asks: { net, secrets: ['OTHER'] } })
    expect(plugin).toMatchObject({ error: { code: 'CAP_NOT_GRANTED', data: { by: 'plugin' } } })
    const flow = await call({ code, allows: { net, secrets: ['OTHER'] } })
    expect(flow).toMatchObject({ error: { code: 'CAP_NOT_GRANTED', data: { by: 'flow' } } })
    expect(server.arrived.length).toBe(before)
  })

  test('is used by a plugin that takes any only when the step itself hands it over', async () => {
    const asks = { net: ['*'], secrets: ['*'] }
    const code = bearer('TOKEN')
    expect(codeOf(await call({ code, asks }))).toBe('CAP_NOT_GRANTED')
    expect(codeOf(await call({ code, asks, secrets: ['LINES'] }))).toBe('CAP_NOT_GRANTED')
    expect(codeOf(await call({ code, asks, secrets: ['TOKEN'] }))).toBe('ok')
  })

  test('without a value, or with a line break for a header, is a failure with a code', async () => {
    expect(codeOf(await call({ code: bearer('NONE') }))).toBe('CONN_SECRET_UNKNOWN')
    expect(codeOf(await call({ code: bearer('LINES') }))).toBe('CONN_SECRET_REFUSED')
    expect(codeOf(await call({ code: bearer('__proto__') }))).toBe('CAP_NOT_GRANTED')
  })

  test('stays with its origin behind a redirect', async () => {
    const other = await openFakeServer()
    const net = [server.origin, other.origin]
    const code = `return (await (await ctx.http.fetch(url + '/redirect?to=${other.origin}/echo', { headers: { 'x-key': { $secret: 'TOKEN' }, 'x-own': 'a', accept: 'b' } })).json()).headers`
    const powers = { net, secrets: ['TOKEN'] }
    const headers = outputOf(await call({ code, asks: powers, allows: powers }))
    expect(headers).toMatchObject({ accept: 'b' })
    expect(Object.keys(headers as object)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^x-/)]),
    )
    expect(JSON.stringify(other.arrived)).not.toContain(value)
    other.close()
  })

  test('is in no form of it in what the guest gets back', async () => {
    const forms = [value, encodeURIComponent(value), Buffer.from(value).toString('hex')]
    const code = `
      const secrets = { '/a': { $secret: 'TOKEN' }, '/b': { $secret: 'TOKEN', basic: 'ada' } }
      const r = await ctx.http.fetch(url + '/echo', { method: 'POST', form: { a: '' }, secrets })
      const j = await ctx.http.fetch(url + '/echo', { method: 'POST', json: {}, secrets })
      return [await r.text(), await j.text(), await j.base64()]`
    const text = JSON.stringify(outputOf(await call({ code })))
    for (const form of forms) expect(text).not.toContain(form)
    expect(text).toContain('[secret TOKEN]')
    expect(server.arrived.at(-2)?.body).toContain(encodeURIComponent(value))
    expect(JSON.parse(server.arrived.at(-1)?.body ?? '')).toMatchObject({ a: value })
  })
})
