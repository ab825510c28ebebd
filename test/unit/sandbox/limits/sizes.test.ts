/**
 * Goal: what crosses the border is as large as the manifest asks for and no larger, and
 * who asks for nothing has what the documents promise.
 */
import { afterAll, expect, test } from 'vitest'

import { limits } from '#engine/core/limits.ts'
import type { CallLimits, Manifest } from '#engine/dsl/manifest.ts'
import { buildPlugin } from '#engine/sandbox/unit.ts'

import { Bench } from '#test/unit/sandbox/bench.ts'

const mb = 1024 * 1024
const bench = new Bench({ workers: 1 })
afterAll(async () => await bench.caller.close())

const code = 'export default ({ give = 0 }) => "x".repeat(give)'
const manifest = (asked: CallLimits): Manifest => ({
  plugin: 'test/it',
  version: '1.0.0',
  entry: 'main.ts',
  limits: { memory: '128mb', ...asked },
  actions: { default: { effects: 'pure' } },
})
const unitOf = async (asked: CallLimits, text = code): ReturnType<typeof buildPlugin> =>
  await buildPlugin(manifest(asked), new Map([['main.ts', text]]))

test('the defaults and the ceilings are what was promised', () => {
  const { sandboxMemoryBytesDefault, sandboxInputBytesDefault, sandboxOutputBytesDefault } = limits
  expect([sandboxMemoryBytesDefault, sandboxInputBytesDefault, sandboxOutputBytesDefault]).toEqual([
    32 * mb,
    mb,
    mb,
  ])
  const { sandboxInputBytesMax, sandboxOutputBytesMax, sandboxSourceBytesMax } = limits
  expect([sandboxInputBytesMax, sandboxOutputBytesMax, sandboxSourceBytesMax]).toEqual(
    Array.from({ length: 3 }, () => 16 * mb),
  )
  expect(limits.sandboxSourceBytesDefault).toBe(mb / 2)
  expect(limits.sandboxStackBytesMax).toBe(256 * 1024)
})

test.each<[string, CallLimits, { give?: number; take?: number }, boolean]>([
  ['an output of 1 MB', {}, { give: mb - 2 }, true],
  ['an output over 1 MB', {}, { give: mb - 1 }, false],
  ['an output that was asked for', { output: '2mb' }, { give: 2 * mb - 2 }, true],
  ['an output over what was asked for', { output: '2mb' }, { give: 2 * mb - 1 }, false],
  ['an output over the ceiling', { output: '1gb' }, { give: 16 * mb }, false],
  ['an input under 1 MB', {}, { take: mb - 100 }, true],
  ['an input over 1 MB', {}, { take: mb }, false],
  ['an input that was asked for', { input: '4mb' }, { take: 3 * mb }, true],
])('%s', async (_, asked, { give = 0, take = 0 }, isFine) => {
  const unit = bench.keep(await unitOf(asked))
  const result = await bench.call(unit, { give, text: 'y'.repeat(take) })
  const code = result.ok ? undefined : result.error.code
  expect(code).toBe(isFine ? undefined : 'SANDBOX_SIZE_EXCEEDED')
})

test('bytes are counted, not characters', async () => {
  const unit = bench.keep(await unitOf({}, 'export default () => "\u00e4".repeat(600_000)'))
  expect(await bench.call(unit)).toMatchObject({
    error: { code: 'SANDBOX_SIZE_EXCEEDED', data: { limit: mb } },
  })
})

test.each([
  ['takes', 'export default (n) => n.length', 'x'.repeat(16 * mb)],
  ['gives', 'export default (n) => "x".repeat(n)', 16 * mb],
])(
  'a transform that %s too much is told what it can do, and of no manifest',
  async (_, text, n) => {
    const result = await bench.call(await bench.transform(text), n)
    expect(result).toMatchObject({ error: { code: 'SANDBOX_SIZE_EXCEEDED' } })
    const message = result.ok ? '' : result.error.message
    expect(message).toMatch(
      /is larger than 16 MB\. (?:Pass|Give) fewer fields,? or one page at a time/,
    )
    expect(message).not.toContain('manifest')
  },
)

test('code is as large as its manifest asks for', async () => {
  const text = `export default () => 1 // ${'x'.repeat(600 * 1024)}`
  expect(await unitOf({}, text)).toMatchObject({ problems: [{ code: 'DSL_LIMIT_EXCEEDED' }] })
  expect(await unitOf({ source: '1mb' }, text)).toMatchObject({ ok: true })
})

test('a transform, which has no manifest to ask in, has all there is', async () => {
  const unit = await bench.transform('export default (n) => "x".repeat(n)')
  expect(await bench.call(unit, 3 * mb)).toMatchObject({ ok: true })
})
