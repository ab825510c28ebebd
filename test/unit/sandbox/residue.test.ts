/**
 * Goal: no byte of one call can be read by the next, not even through a bug of the engine.
 * Method: the whole memory of an instance after a call with a marked secret is compared
 * with what it was before, and searched for the marker in both of the engine's encodings.
 */
import { describe, expect, test } from 'vitest'

import { limits } from '#engine/core/limits.ts'
import { Realm, type Turn } from '#engine/sandbox/realm.ts'
import { openMemory } from '#engine/sandbox/realm/memory.ts'

import { binaries } from './barrier/binaries.ts'

const mb = 1024 * 1024
const timeMs = 1_000
const secret = 'S3CRET-MARKER-0123456789'
const code = 'const __unit = { default: (i, ctx) => run(i, ctx) }\n'
const facts = JSON.stringify({
  now: 1,
  seed: 'a',
  run: { id: 'r', path: 'p', attempt: 1, key: 'k' },
})

interface Subject {
  readonly realm: Realm
  readonly image: () => Buffer
  readonly call: (input: string) => Turn
}

async function open(wasm: WebAssembly.Module, run: string): Promise<Subject> {
  const memory = openMemory(64 * mb)
  const realm = await Realm.open(wasm, memory)
  expect(realm.load(`${code}const run = ${run}`, timeMs)).toBeUndefined()
  const host = { call: () => {}, log: () => {} }
  return {
    realm,
    image: () => Buffer.from(memory.wasm.buffer),
    call: (input) =>
      realm.begin(
        {
          instance: 'a',
          action: 'default',
          input: JSON.stringify({ secret: input }),
          facts,
          memoryBytesMax: 64 * mb,
          timeMsMax: timeMs,
        },
        host,
        timeMs,
      ),
  }
}

describe.each(binaries)('%s', (_, wasm) => {
  test.each([
    ['gives it back', '(i) => i'],
    [
      'copies it',
      '(i) => { const all = []; for (let n = 0; n < 3000; n++) all.push(i.secret + n); return all }',
    ],
    [
      'keeps it in a large buffer',
      '(i) => { globalThis.own = i; globalThis.kept = new Uint8Array(4e6).fill(i.secret.charCodeAt(0)); return kept.length }',
    ],
    [
      'takes it deep into the stack',
      '(i) => { const f = (n, s) => n === 0 ? s.length : f(n - 1, s + n); return f(900, i.secret) }',
    ],
    [
      'overflows the stack with it',
      '(i) => { const f = (s) => 1 + f(s + "."); try { return f(i.secret) } catch (e) { return e.message } }',
    ],
    [
      'parses, sorts and matches it',
      '(i) => { const s = JSON.parse(JSON.stringify({ i })).i.secret; return [...s.repeat(500)].sort().join("").match(/(.)\\1+/g).length + s.normalize("NFKD").length }',
    ],
    [
      'spreads it over arguments',
      '(i) => { const f = (...a) => a.length; return f(...i.secret.repeat(400)) }',
    ],
    ['throws it', '(i) => { throw Object.assign(new Error(i.secret), { data: i }) }'],
    ['tells it to the host', '(i, ctx) => { ctx.log.info(i.secret); ctx.git.read(i); return 1 }'],
    ['waits with it', '(i, ctx) => ctx.git.read(i)'],
    [
      'puts it into prototypes',
      '(i) => { Object.prototype.x = Array.prototype.y = i.secret; globalThis[i.secret] = Symbol.for(i.secret); return 1 }',
    ],
    [
      'encodes it',
      '(i) => { globalThis.own = i; return structuredClone([...new TextEncoder().encode(i.secret)]) }',
    ],
  ])('a call that %s leaves no byte behind', async (_name, run) => {
    const { realm, image, call } = await open(wasm, run)
    call('x')
    realm.reset()
    const before = Buffer.from(image())
    const turn = call(secret)
    expect(turn).not.toMatchObject({ outcome: { kind: 'stopped' } })
    expect(image().includes(secret)).toBe(true)
    realm.reset()
    expect(realm.isSpent).toBe(false)
    const after = image()
    expect(after.includes(secret)).toBe(false)
    expect(after.includes(Buffer.from(secret, 'utf16le'))).toBe(false)
    expect(Buffer.compare(before, after)).toBe(0)
  })

  test('an input of many pages leaves no byte behind', async () => {
    const { realm, image, call } = await open(wasm, '(i) => i.secret.length')
    const before = Buffer.from(image())
    expect(call(secret.repeat(20_000))).toMatchObject({ outcome: { kind: 'done' } })
    realm.reset()
    expect([realm.isSpent, image().includes(secret)]).toEqual([false, false])
    expect(Buffer.compare(before, image())).toBe(0)
  })

  test('a thousand calls leave the memory as the first found it', async () => {
    const { realm, image, call } = await open(wasm, '(i) => [i, i.secret.length]')
    const before = Buffer.from(image())
    for (let round = 0; round < 1_000; round++) {
      call(secret + round)
      realm.reset()
    }
    expect(Buffer.compare(before, image())).toBe(0)
  })

  test('a defect of the engine that reads past a buffer finds nothing of an earlier call', async () => {
    const run = `(i) => {
      if (i.secret !== '') return [i.secret.repeat(2000).split('').map((c, n) => c + n).length]
      const buffer = new ArrayBuffer(65536, { maxByteLength: 1 << 20 })
      const bytes = new Uint8Array(buffer)
      const copy = bytes.with(0, { valueOf() { buffer.resize(16); return 1 } })
      let text = ''
      for (const byte of copy) text += String.fromCharCode(byte)
      return [copy.length > 16, text]
    }`
    const { realm, call } = await open(wasm, run)
    expect(call(secret)).toMatchObject({ outcome: { kind: 'done' } })
    realm.reset()
    const turn = call('')
    // The engine has the defect: the copy is longer than what is left of the buffer.
    expect(turn).toMatchObject({
      outcome: { kind: 'done', text: expect.stringMatching(/^\[true/) },
    })
    expect(JSON.stringify(turn)).not.toContain(secret.slice(0, 4))
  })

  test.each([
    ['runs out of time', '() => { for (;;); }'],
    ['grows the memory', '() => new Uint8Array(20e6).length'],
    [
      'runs out of memory, and hides it',
      '() => { const all = []; try { for (;;) all.push(new Uint8Array(1e6).fill(1)) } catch { return 1 } }',
    ],
    ['runs over the stack', '() => { const f = () => 1 + f(); return f() }'],
    ['makes the host throw', '() => new TextDecoder().decode(new Uint8Array(12e6)).length'],
  ])('a realm in which a call %s is never used again', async (_name, run) => {
    const { realm, call } = await open(wasm, run)
    call(secret)
    realm.reset()
    expect(realm.isSpent).toBe(true)
  })
})

test('the stack that is zeroed is more than a guest may use', () => {
  expect(limits.sandboxStackBytesMax).toBeLessThanOrEqual(256 * 1024)
})
