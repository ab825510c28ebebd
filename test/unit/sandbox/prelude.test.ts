/**
 * Goal: what a guest finds of the web's standards does what they say. Method: one
 * expression per row, run in the sandbox and, where Node has the same thing, in Node.
 */
import { createHash, createHmac } from 'node:crypto'

import { afterAll, describe, expect, test } from 'vitest'

import type { Json } from '#engine/core/json.ts'

import { Bench } from './bench.ts'

const bench = new Bench({ operations: { call: async () => 'answer' }, workers: 1 })
afterAll(async () => await bench.caller.close())

async function inSandbox(expression: string): Promise<Json> {
  const unit = await bench.transform(`export default async () => ${expression}`)
  const result = await bench.call(unit)
  return result.ok ? result.output : { failed: result.error.message }
}

/** The same expression in this process. */
async function inNode(expression: string): Promise<unknown> {
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval, typescript/no-unsafe-call -- the rows are ours
  const value: unknown = await (new Function(`return (async () => ${expression})()`)() as unknown)
  return JSON.parse(JSON.stringify(value ?? null))
}

const thrownName = (code: string): string =>
  `(() => { try { ${code} } catch (e) { return [e.name, e instanceof Error] } })()`

describe('is as in Node:', () => {
  test.each([
    '[...new TextEncoder().encode("aé€😀\\0\\ud800")]',
    'new TextEncoder().encodeInto("aé€😀", new Uint8Array(5))',
    'new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0, 0xc3, 0xa9, 0xff, 0xf0, 0x9f]))',
    'new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])).length',
    'new TextDecoder().decode(new Uint8Array([1, 0x61, 0x62]).subarray(1))',
    thrownName('new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xff]))'),
    thrownName('new TextDecoder("shift_jis2")'),
    'btoa("\\0\\xffabc")',
    '[...atob(" AP9h YmM= ")].map((c) => c.charCodeAt(0))',
    thrownName('atob("a")'),
    thrownName('btoa("€")'),
    'new URL("../b?x=1#y", "https://Ädä.example:443/a/b/c").href',
    'new URL("HTTP://user:pa%20ss@EXAMPLE.com:8080/%7Ea/./b/../c?q=ä#ü")',
    'Object.fromEntries(["origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"].map((n) => [n, new URL("http://u:p@h.example:81/p?q#f")[n]]))',
    '["http://[::1]:3000/", "http://0x7f.1/", "http://127.1/", "http://a..b/", "http://1.2.3.4.5/", "file:///c|/x", "http://a b/", "//x", "http://\\u200b/"].map((t) => URL.canParse(t) && new URL(t).href)',
    '(() => { const u = new URL("http://a/"); u.searchParams.append("a", "b c&d"); u.searchParams.set("x", "ü"); u.port = "81"; u.hash = "h"; u.pathname = "/ä b"; return [u.href, u.search] })()',
    '(() => { const u = new URL("http://a/?b=1"); const p = u.searchParams; u.search = "?b=2&b=3"; return [p.get("b"), u.searchParams.getAll("b")].slice(1) })()',
    thrownName('new URL("nowhere")'),
    '[...new URLSearchParams("?a=1&b=%20+%zz&&c&=d&a=%C3%A9")]',
    'new URLSearchParams({ a: "1 2", "b*": "~!\'()-._", c: "é😀" }).toString()',
    'new URLSearchParams([["a", "1"], ["b", "2"]]).toString()',
    '(() => { const p = new URLSearchParams("b=2&a=1&b=1&c=0"); p.sort(); p.delete("b", "1"); p.set("a", "9"); return [p.toString(), p.size, p.has("c"), p.has("c", "1"), p.get("none")] })()',
    'structuredClone({ a: [1, new Date(5), /x/gi, new Map([[1, new Set([2])]]), 1n === 1n], u: undefined })',
    '(() => { const a = { b: new Uint8Array([1, 2, 3]).subarray(1) }; a.self = a; const c = structuredClone(a); return [c.self === c, c !== a, [...c.b], c.b.byteOffset] })()',
    '(() => { const c = structuredClone(new RangeError("x", { cause: 1 })); return [c.name, c.message, c.cause, c instanceof RangeError] })()',
    thrownName('structuredClone(() => 1)').replace('e.name', '1'),
    '(() => { const c = new AbortController(); const seen = []; c.signal.addEventListener("abort", (e) => seen.push(e.type)); c.signal.onabort = () => seen.push("on"); c.abort("why"); c.abort("again"); return [seen.toSorted(), c.signal.aborted, c.signal.reason] })()',
    '(() => { try { AbortSignal.abort().throwIfAborted() } catch (e) { return e.name } })()',
    '(() => { const c = new AbortController(); const any = AbortSignal.any([c.signal, new AbortController().signal]); c.abort(7); return [any.aborted, any.reason] })()',
    thrownName('new AbortSignal()'),
    '(async () => { const seen = []; const say = (w) => () => seen.push(w); setTimeout(say("b"), 20); setTimeout(say("a"), 10); queueMicrotask(say("micro")); Promise.resolve().then(say("promise")); clearTimeout(setTimeout(say("never"), 5)); await new Promise((r) => setTimeout(r, 30)); return seen })()',
    '(async () => { let n = 0; return await new Promise((done) => { const id = setInterval(() => { if (++n === 3) { clearInterval(id); done(n) } }, 1) }) })()',
    '(async () => await new Promise((r) => setTimeout((a, b) => r([a, b]), 1, "x", 2)))()',
    '(async () => { const r = await Promise.race([new Promise((_, no) => AbortSignal.timeout(5).addEventListener("abort", (e) => no(e.target.reason)))]).catch((e) => e.name); return r })()',
    '[...new Uint8Array(await crypto.subtle.digest("SHA-512", new TextEncoder().encode("abc")))]',
    '(async () => { const k = await crypto.subtle.importKey("raw", new Uint8Array([1, 2]), { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]); const d = new Uint8Array([3]); const s = await crypto.subtle.sign("HMAC", k, d); return [[...new Uint8Array(s)], await crypto.subtle.verify("HMAC", k, s, d), await crypto.subtle.verify("HMAC", k, s, new Uint8Array([4])), k.type] })()',
    '(async () => crypto.subtle.digest("MD5", new Uint8Array()).catch((e) => e.name))()',
  ])('%s', async (expression) => {
    expect(await inSandbox(expression)).toEqual(await inNode(expression))
  })
})

test.each([
  ['new Uint8Array([251, 255]).toBase64()', '+/8='],
  ['new Uint8Array([251, 255]).toBase64({ alphabet: "base64url", omitPadding: true })', '-_8'],
  ['new Uint8Array([251, 255]).toHex()', 'fbff'],
  ['[...Uint8Array.fromBase64("+/8=")]', [251, 255]],
  ['[...Uint8Array.fromBase64("-_8", { alphabet: "base64url" })]', [251, 255]],
  ['[...Uint8Array.fromHex("fbff")]', [251, 255]],
  [thrownName('Uint8Array.fromHex("abc")'), ['SyntaxError', true]],
  [thrownName('Uint8Array.fromBase64("a_")'), ['SyntaxError', true]],
])('%s gives %j', async (expression, output) => {
  expect(await inSandbox(expression)).toEqual(output)
})

test('a digest over a megabyte is the work of the host', async () => {
  const unit = await bench.transform(`export default async () => {
    const data = new Uint8Array(1 << 20).fill(7)
    const key = await crypto.subtle.importKey('raw', data, { name: 'HMAC', hash: 'SHA-1' }, false, ['sign'])
    const all = [await crypto.subtle.digest('SHA-256', data), await crypto.subtle.sign('HMAC', key, data)]
    return all.map((one) => new Uint8Array(one).toHex())
  }`)
  const data = Buffer.alloc(1 << 20, 7)
  expect(await bench.call(unit)).toEqual({
    ok: true,
    output: [
      createHash('sha256').update(data).digest('hex'),
      createHmac('sha1', data).update(data).digest('hex'),
    ],
  })
})

test('chance is that of the run: the same again, another for another key', async () => {
  const unit = await bench.transform(
    'export default () => [crypto.randomUUID(), [...crypto.getRandomValues(new Uint8Array(8))]]',
  )
  const first = await bench.call(unit)
  expect(first).toMatchObject({
    output: [
      expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/),
      expect.any(Array),
    ],
  })
  expect(await bench.call(unit)).toEqual(first)
  expect(await bench.call(unit, null, { key: 'another' })).not.toEqual(first)
})

describe('a timer', () => {
  test('moves the clock and takes no time', async () => {
    const hours = 'await new Promise((r) => setTimeout(r, 36e5)); '
    const start = performance.now()
    const code = `(async () => { const a = Date.now(); ${hours} return [Date.now() - a, performance.now()] })()`
    expect(await inSandbox(code)).toEqual([3_600_000, 3_600_000])
    expect(performance.now() - start).toBeLessThan(5_000)
  })

  test('waits for every answer of the host', async () => {
    const unit = await bench.plugin(
      { actions: { default: { effects: 'read' } }, capabilities: { git: ['read'] } },
      `export default (_, ctx) => Promise.race([
         new Promise((r) => setTimeout(r, 1, 'timer')),
         ctx.git.read().then((text) => text + (Date.now() % 1)),
       ])`,
    )
    expect(await bench.call(unit, null, { permissions: { git: ['read'] } })).toEqual({
      ok: true,
      output: 'answer0',
    })
  })

  test.each([
    ['throws', 'setTimeout(() => { throw new Error("late") }, 1)', 'SANDBOX_GUEST_THREW'],
    ['is no function', 'setTimeout("code", 1)', 'SANDBOX_GUEST_THREW'],
    ['never leads anywhere', 'setTimeout(() => {}, 1)', 'SANDBOX_GUEST_THREW'],
  ])('that %s fails the call', async (_, body, code) => {
    const unit = await bench.transform(`export default () => new Promise(() => { ${body} })`)
    expect(await bench.call(unit)).toMatchObject({ error: { code } })
  })

  test('that comes again for ever is stopped', async () => {
    const unit = await bench.plugin(
      { actions: { default: { effects: 'pure' } }, limits: { time: '100ms' } },
      'export default () => new Promise(() => setInterval(() => {}, 1))',
    )
    expect(await bench.call(unit)).toMatchObject({ error: { code: 'SANDBOX_TIME_EXCEEDED' } })
  })
})

test.each(['Intl', 'fetch', 'process', 'Buffer'])(
  '%s is absent, and its error says what to do',
  async (name) => {
    expect(await inSandbox(`typeof ${name}`)).toBe('undefined')
    const { failed } = (await inSandbox(`${name}.x`)) as { failed: string }
    expect(failed).toMatch(new RegExp(`${name} is not defined\\. .+\\.$`))
  },
)
