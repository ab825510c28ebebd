/**
 * Goal: a pure step is executed once for one code and input, in whichever run, and never
 * answered with anything else. Method: an inner caller that counts, on the host in memory.
 */
import { describe, expect, test } from 'vitest'

import { digestOfText } from '#engine/core/digest.ts'
import type { Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { openMemory } from '#engine/durable/memory.ts'
import type { Effects } from '#engine/dsl/template.ts'
import { keepingCaller } from '#engine/runtime/cache/keeping.ts'
import type { CallRequest, CallResult } from '#engine/runtime/ports.ts'
import { runId } from '#test/fake/journal.ts'

const usage = { wallMs: 50, cpuMs: limits.cacheCpuMsMin, hostCalls: 0, bytesIn: 1, bytesOut: 1 }

interface Asked {
  readonly input?: Json
  readonly effects?: Effects
  readonly export?: string
  readonly unit?: string
  readonly run?: number
  readonly isFresh?: boolean
}

function bench(answer: (input: Json) => CallResult | Promise<CallResult>): {
  ask(asked?: Asked, release?: string): CallResult | Promise<CallResult>
  readonly host: ReturnType<typeof openMemory>
  calls: number
} {
  const host = openMemory()
  const one = {
    host,
    calls: 0,
    ask(asked: Asked = {}, release = '1'): CallResult | Promise<CallResult> {
      const { input = 1, effects = 'pure', run = 1, isFresh = false } = asked
      const inner = {
        call: (request: CallRequest) => {
          one.calls += 1
          return answer(request.input)
        },
      }
      const keeping = { cache: host.cache, store: host.store, clock: { now: () => 9 }, release }
      const action = {
        name: 'it',
        unit: digestOfText(asked.unit ?? 'unit'),
        export: asked.export ?? 'default',
        effects,
      }
      const request = { run: runId(run), action, input, isFresh } as unknown as CallRequest
      return keepingCaller(inner, keeping).call(request)
    },
  }
  return one
}

const good = (input: Json): CallResult => ({ ok: true, output: [input], usage, isOfInput: true })

describe('a pure step', () => {
  test('is executed once, and another run is told where the output is from', async () => {
    const one = bench((input) => Promise.resolve(good(input)))
    expect(await one.ask()).toMatchObject({ output: [1], usage })
    const cached = { run: runId(1), at: 9 }
    expect(one.ask({ run: 2 })).toEqual({ ok: true, output: [1], cached })
    expect(one.calls).toBe(1)
  })

  test.each<[string, Asked, string?]>([
    ['another input', { input: 2 }],
    ['another unit', { unit: 'other' }],
    ['another action of the unit', { export: 'other' }],
    ['another release', {}, '2'],
    ['a run that executes everything', { isFresh: true }],
    ['an action that has effects', { effects: 'read' }],
  ])('is executed for %s', async (_, asked, release) => {
    const one = bench(good)
    void one.ask()
    void one.ask(asked, release)
    expect(one.calls).toBe(2)
  })

  test('takes two orders of keys for two inputs, because code can tell them apart', () => {
    const one = bench((input) => ({ ...good(input), output: Object.keys(input as object) }))
    expect(one.ask({ input: { a: 1, b: 2 } })).toMatchObject({ output: ['a', 'b'] })
    expect(one.ask({ input: { b: 2, a: 1 } })).toMatchObject({ output: ['b', 'a'] })
  })

  test.each<[string, Partial<CallResult>]>([
    ['something else went into it', { isOfInput: undefined as never }],
    ['it took next to nothing', { usage: { ...usage, cpuMs: limits.cacheCpuMsMin / 2 } }],
    ['nobody measured it', { usage: undefined as never }],
    ['it failed', { ok: false, error: { code: 'net', message: '' } }],
  ])('is executed again where %s', (_, change) => {
    const one = bench((input) => ({ ...good(input), ...change }) as CallResult)
    void one.ask()
    void one.ask()
    expect(one.calls).toBe(2)
  })

  test('of a run that executes everything gives the output that is kept from then on', () => {
    let n = 0
    const one = bench(() => ({ ...good(0), output: ++n }))
    void one.ask()
    void one.ask({ isFresh: true, run: 2 })
    expect(one.ask()).toMatchObject({ output: 2, cached: { run: runId(2) } })
  })

  test('is executed again when the bytes of its output are gone', async () => {
    const one = bench(() => ({ ...good(0), output: 'x'.repeat(10_000) }))
    void one.ask()
    expect(one.ask()).toMatchObject({ output: 'x'.repeat(10_000), cached: { run: runId(1) } })
    const { find } = one.host.cache
    Object.assign(one.host.cache, {
      find: (asked: Parameters<typeof find>[0]) => {
        const kept = find(asked)
        return kept && { ...kept, output: { ref: digestOfText('gone'), bytes: 4 } }
      },
    })
    void one.ask()
    expect(one.calls).toBe(2)
  })
})
