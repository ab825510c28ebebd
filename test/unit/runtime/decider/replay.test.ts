import { describe, expect, test } from 'vitest'

import type { Digest } from '#engine/core/digest.ts'
import type { RunId } from '#engine/core/id.ts'
import type { Plan } from '#engine/plan/plan.ts'
import { isCurrent } from '#engine/runtime/decider/current.ts'
import { counting, replay } from '#engine/runtime/decider/replay.ts'
import type { RunRecord } from '#engine/runtime/record.ts'

const call = {
  kind: 'call',
  action: { name: 'x', unit: 'sha256:' as Digest, export: 'x', effects: 'idempotent' },
} as const
const plan: Plan = {
  $type: 'ionflux.plan/v1',
  flow: 'f',
  permissions: {},
  body: {
    steps: [
      { ...call, id: 'a', retry: { max: 3, firstMs: 10, factor: 1, maxMs: 10, jitter: false } },
      {
        id: 't',
        kind: 'try',
        body: {
          steps: [{ id: 'l', kind: 'let', value: { kind: 'value', value: 1 } }],
          output: { kind: 'value', value: 2 },
        },
        catches: [],
        finally: { steps: [{ ...call, id: 'z' }] },
      },
    ],
  },
}
const started: RunRecord = {
  kind: 'run.started',
  v: 1,
  at: 0,
  run: 'R' as RunId,
  flow: 'f',
  plan: 'sha256:' as Digest,
  input: { value: {} },
  source: {},
}
const intent = { kind: 'step.started', path: 'a', at: 1, attempt: 1, input: { value: {} } } as const
const done = { kind: 'step.done', path: 'a', at: 2, output: { value: 1 }, attempt: 1 } as const
const waits = {
  kind: 'step.failed',
  path: 'a',
  at: 2,
  attempt: 1,
  error: { code: 'net', message: '' },
  retryAt: 12,
} as const
const failed = {
  kind: 'step.failed',
  path: 'a',
  at: 2,
  attempt: 1,
  error: { code: 'net', message: '' },
} as const
const let_ = { kind: 'step.done', path: 't/l', at: 3, output: { value: 1 } } as const
const bodyDone = { kind: 'step.done', path: 't', at: 3, output: { value: 2 } } as const
const cancel = { kind: 'run.cancel', at: 3, reason: 'x' } as const

describe('a journal', () => {
  test('that does not begin with the start of a run is refused', () => {
    expect(() => replay(plan, [intent])).toThrow(
      expect.objectContaining({ code: 'JOURNAL_DIVERGED' }),
    )
  })

  test('of a newer release is refused', () => {
    const newer = { ...started, v: 2 } as unknown as RunRecord
    expect(() => replay(plan, [newer])).toThrow(
      expect.objectContaining({ code: 'JOURNAL_VERSION_UNKNOWN' }),
    )
  })

  test.each([
    ['a step that is not open', { ...done, path: 'ghost' }],
    ['a kind that the step is not', { kind: 'branch.taken', path: 'a', at: 1, branch: 'then' }],
    ['a timer that nobody set', { kind: 'timer.fired', path: 'a', at: 1, timer: 'retry' }],
  ] as readonly (readonly [string, RunRecord])[])(
    'with a record for %s has diverged',
    (_, record) => {
      expect(() => replay(plan, [started, record])).toThrow(
        expect.objectContaining({ code: 'JOURNAL_DIVERGED' }),
      )
    },
  )

  test('counts what a retry kept, with its own numbers', () => {
    const end = { kind: 'run.failed', at: 2, path: 'a', error: failed.error, cause: 3 } as const
    const again = { kind: 'run.retried', at: 9, path: 'a', after: 2, attempt: 2 } as const
    expect(counting([started, intent, failed, end, again, done]).map(({ seq }) => seq)).toEqual([
      1, 2, 5, 6,
    ])
    const state = replay(plan, [started, intent, failed, end, again])
    expect(state.frames.get('a')).toMatchObject({ phase: 'ready', attempt: 2, spared: 1 })
    expect(state.seq).toBe(5)
  })
})

describe('a record that comes late', () => {
  test.each([
    ['the result of a step that is done', [started, intent, done], { ...done, at: 5 }],
    ['the result of an attempt whose retry is awaited', [started, intent, waits], done],
    [
      'a retry before it is due',
      [started, intent, waits],
      { kind: 'timer.fired', path: 'a', at: 11, timer: 'retry' },
    ],
    ['a second intent', [started, intent], intent],
    ['the output of a try that is in its finally', [started, intent, done, let_, cancel], bodyDone],
    ['a second cancel', [started, intent, done, let_, cancel], cancel],
  ] as readonly (readonly [string, readonly RunRecord[], RunRecord])[])(
    'counts no more: %s',
    (_, before, late) => {
      expect(isCurrent(replay(plan, before), late)).toBe(false)
    },
  )

  test.each([
    ['a result that is awaited', [started, intent], done],
    [
      'a retry that is due',
      [started, intent, waits],
      { kind: 'timer.fired', path: 'a', at: 12, timer: 'retry' },
    ],
    ['the output of a block that has ended', [started, intent, done, let_], bodyDone],
    ['a first cancel', [started, intent], cancel],
  ] as readonly (readonly [string, readonly RunRecord[], RunRecord])[])(
    'still counts: %s',
    (_, before, record) => {
      expect(isCurrent(replay(plan, before), record)).toBe(true)
    },
  )
})
