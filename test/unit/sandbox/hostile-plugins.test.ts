/**
 * Goal: whatever a plugin does, its call ends with the right code, the host lives on, and
 * a healthy plugin beside it is as fast as it was. Method: `test/cases/hostile-plugins`
 * as data, run side by side in one sandbox, with a neighbour that is called all the while
 * and whose answers and times are kept.
 */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { beforeAll, describe, expect, test } from 'vitest'

import type { Digest } from '#engine/core/digest.ts'
import type { Json } from '#engine/core/json.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import type { CallResult } from '#engine/runtime/ports.ts'

import { Bench } from './bench.ts'

interface Case {
  readonly name: string
  /** Of the function `(input, ctx) => { … }`. */
  readonly body: string
  /** Before it, at the top level of the module. */
  readonly top?: string
  readonly action?: string
  readonly time?: string
  readonly memory?: string
  readonly output?: Json
  /** Null stands for any output. */
  readonly code?: string | null | readonly (string | null)[]
}

const root = join(import.meta.dirname, '../../cases/hostile-plugins')
const files = globSync('*.yaml', { cwd: root }).toSorted()
const read = (file: string): readonly Case[] => {
  const text = readFileSync(join(root, file), 'utf8')
  const { value, problems } = parseDocument({ file, text })
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  return value as unknown as readonly Case[]
}
const corpus = files.map((file) => [file, read(file)] as const)
const cases = corpus.flatMap(([file, list]) =>
  list.map((one) => ({ ...one, file, key: `${file} ${one.name}` })),
)

const codesOf = ({ code }: Case): readonly (string | null)[] =>
  typeof code === 'object' && code !== null ? code : [code ?? null]

/** Short for what must run out of time, long for what must meet another end. */
const timeOf = (one: Case): string =>
  one.time ?? (codesOf(one)[0] === 'SANDBOX_TIME_EXCEEDED' ? '100ms' : '20s')

async function build(bench: Bench, one: Case): Promise<Digest> {
  return await bench.plugin(
    {
      actions: { default: { effects: 'pure' }, other: { effects: 'pure' } },
      capabilities: { git: ['read'] },
      limits: { time: timeOf(one), memory: one.memory ?? '32mb', output: '16mb' },
    },
    `${one.top ?? ''}
${one.top?.includes('other') === true ? '' : 'export const other = () => 1'}
export default (input, ctx) => { ${one.body} }`,
  )
}

const ended = new Map<string, CallResult>()
const neighbour = { answers: new Set<string>(), aloneMs: [] as number[], besideMs: [] as number[] }

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** Calls the healthy plugin once and notes answer and time. */
async function callNeighbour(bench: Bench, unit: Digest, times: number[]): Promise<void> {
  const start = performance.now()
  const result = await bench.call(unit, { rows: [3, 1, 2] })
  times.push(performance.now() - start)
  neighbour.answers.add(JSON.stringify(result))
  await new Promise((resolve) => setImmediate(resolve))
}

async function runAll(): Promise<void> {
  await using bench = new Bench({ workers: 3 })
  const healthy = await bench.transform(`export default ({ rows }) => {
    const all = Array.from({ length: 2_000 }, (_, i) => ({ n: rows[i % 3] * i }))
    return all.filter((one) => one.n % 7 === 0).map((one) => one.n).toSorted((a, b) => a - b).length
  }`)
  for (let round = 0; round < 60; round++) await callNeighbour(bench, healthy, neighbour.aloneMs)
  const units = new Map<string, Digest>()
  for (const one of cases) units.set(one.key, await build(bench, one))

  let next = 0
  let isOver = false
  const lane = async (): Promise<void> => {
    for (let one = cases[next++]; one !== undefined; one = cases[next++]) {
      const unit = units.get(one.key)
      if (unit === undefined) continue
      ended.set(one.key, await bench.call(unit, null, { export: one.action ?? 'default' }))
    }
  }
  const watch = async (): Promise<void> => {
    while (!isOver) await callNeighbour(bench, healthy, neighbour.besideMs)
  }
  const watching = watch()
  await lane()
  isOver = true
  await watching
}

beforeAll(runAll, 600_000)

describe.each(corpus)('%s', (file, list) => {
  test.each(list)('contains $name', (one) => {
    const result = ended.get(`${file} ${one.name}`)
    const code = result?.ok === false ? result.error.code : null
    expect(codesOf(one)).toContain(code)
    const output = result?.ok === true ? result.output : undefined
    expect(output).toEqual('output' in one ? one.output : (output as unknown))
  })
})

test('the corpus has its size, and no two cases have one name', () => {
  expect(new Set(cases.map((one) => one.key)).size).toBe(cases.length)
  expect(cases.length).toBeGreaterThanOrEqual(200)
})

test('the neighbour gave one answer all the while, and was about as fast as alone', () => {
  expect([...neighbour.answers]).toHaveLength(1)
  expect(neighbour.besideMs.length).toBeGreaterThan(200)
  // Twice its own time, and some for a machine whose cores have other work.
  expect(median(neighbour.besideMs)).toBeLessThan(2 * median(neighbour.aloneMs) + 10)
})
