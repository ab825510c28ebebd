/**
 * Goal: an event and the end of a run start each flow that listens once, whatever dies in
 * between, and runs that start each other come to an end.
 */
import { expect, test } from 'vitest'

import type { RunId } from '#engine/core/id.ts'
import type { Happened, RunEnd, Said } from '#engine/durable/watch/happened.ts'
import { type Hearing, openHearing } from '#engine/host/watch/hear.ts'
import type { RunStarted } from '#engine/runtime/record.ts'
import { type Place, place } from '#test/unit/host/activate/parts.ts'

import { activate, begun, starting, type Starting } from './active.ts'

interface World extends Happened {
  readonly events: Said[]
  readonly ends: (RunEnd & { readonly at: number })[]
  readonly runs: Map<string, Partial<RunStarted>>
}

/** What happened, as lists. */
function world(): World {
  const events: Said[] = []
  const ends: (RunEnd & { readonly at: number })[] = []
  const runs = new Map<string, Partial<RunStarted>>()
  return {
    events,
    ends,
    runs,
    latest: () => ({ said: events.length, batch: ends.length }),
    said: (after, limit) => events.slice(after, after + limit),
    ended: (after, limit) => ({
      ends: ends.slice(after, after + limit),
      upTo: Math.min(ends.length, after + limit),
    }),
    began: (run) => runs.get(run) as RunStarted | undefined,
    value: (payload) => ('value' in payload ? payload.value : null),
    close: () => {},
  }
}

function say(to: World, subject: string, more: Partial<Said> = {}): void {
  const n = to.events.length + 1
  to.events.push({ n, id: `e${n}`, subject, data: { n }, at: begun + n, ...more })
}

function end(to: World, record: object, more: Partial<RunEnd> = {}): void {
  const run = `R${to.ends.length}` as RunId
  to.runs.set(run, { source: { mirror: 'm1' } })
  const whole = { at: begun + 1, ...record } as RunEnd['record']
  to.ends.push({ run, flow: 'a', seq: 3, record: whole, at: begun, ...more })
}

function open(at: Place, happened: Happened, parts: Starting): Hearing {
  const hearing = openHearing({ ...parts, happened, start: parts.start })
  hearing.load(at.mirror())
  return hearing
}

const inputs = { n: '${{ event.data.n }}' }
const seen = ({ started }: Starting): readonly unknown[] =>
  [...started.values()].map((one) => one.input)

test('an event starts every flow whose subject fits, with its data, and no other', async () => {
  using at = place()
  activate(at, {
    all: { event: { subject: 'orders.>', inputs } },
    paid: { event: [{ id: 'x', subject: 'orders.*.paid', inputs }] },
    other: { event: { subject: 'invoices.*', inputs } },
  })
  const [happened, parts] = [world(), starting(at)]
  const hearing = open(at, happened, parts)
  await hearing.hear()
  say(happened, 'orders.7.paid', { key: '7' })
  say(happened, 'orders.8')
  await hearing.hear()
  await hearing.hear()
  expect(seen(parts)).toEqual([{ n: 1 }, { n: 1 }, { n: 2 }])
  expect([...parts.started.values()][0]).toMatchObject({
    event: { kind: 'event', id: 'e1', subject: 'orders.7.paid', key: '7', depth: 0 },
    source: { mirror: 'm1' },
  })
  expect(parts.told).toMatchObject([{ trigger: 'event/0' }, { trigger: 'event/x' }, {}])
})

test('what could not be started is heard again, and what was started is not doubled', async () => {
  using at = place()
  activate(at, { a: { event: { subject: 's', inputs } } })
  const [happened, parts] = [world(), starting(at)]
  const hearing = open(at, happened, parts)
  await hearing.hear()
  say(happened, 's')
  say(happened, 's')
  parts.isFull = true
  await expect(hearing.hear()).rejects.toThrow('disk')
  parts.isFull = false
  await hearing.hear()
  // Died after the starts, before it was noted how far it came.
  at.memory.setNote('heard', '{"said":0,"batch":0}')
  const next = open(at, happened, starting(at, parts.started))
  await next.hear()
  expect(seen(parts)).toEqual([{ n: 1 }, { n: 2 }])
})

test('one that cannot be started keeps no other from starting', async () => {
  using at = place()
  activate(at, {
    a: { event: { subject: 's', inputs: { broken: '${{ event.data.n }}' } } },
    b: { event: { subject: 's', inputs }, flow: { flow: 'a' } },
  })
  const [happened, parts] = [world(), starting(at)]
  const start: Starting['start'] = async (request) => {
    if (JSON.stringify(request.input).includes('broken')) throw new Error('its code is gone')
    await parts.start(request)
  }
  const hearing = open(at, happened, { ...parts, start })
  await hearing.hear()
  say(happened, 's')
  say(happened, 's')
  end(happened, { kind: 'run.done', output: { value: null } })
  for (let i = 0; i < 2; i++) await expect(hearing.hear()).rejects.toThrow('its code is gone')
  expect(parts.started.size).toBe(3)
  expect(parts.told.filter(({ event }) => event === 'started')).toHaveLength(3)
})

test('what happened before anybody watched starts nothing; what happened meanwhile does', async () => {
  using at = place()
  activate(at, { a: { event: { subject: 's', inputs } } })
  const [happened, parts] = [world(), starting(at)]
  say(happened, 's')
  await open(at, happened, parts).hear()
  expect(parts.started.size).toBe(0)
  say(happened, 's', { at: begun - 1 })
  say(happened, 's')
  await open(at, happened, parts).hear()
  expect(seen(parts)).toEqual([{ n: 3 }])
})

test('the end of a run starts who asked for such an end, of the same repository', async () => {
  using at = place()
  activate(at, {
    after: { flow: { flow: 'a', inputs: { n: '${{ event.output.n }}' } } },
    sorry: { flow: { flow: 'a', status: ['failed'], inputs: { n: '${{ event.error.code }}' } } },
  })
  const [happened, parts] = [world(), starting(at)]
  const hearing = open(at, happened, parts)
  await hearing.hear()
  end(happened, { kind: 'run.done', output: { value: { n: 5 } } })
  end(happened, { kind: 'run.failed', error: { code: 'net', message: 'Gone.' } })
  end(happened, { kind: 'run.cancelled', reason: 'a person' })
  end(happened, { kind: 'run.done', output: { value: { n: 6 } } }, { flow: 'b' })
  end(happened, { kind: 'run.done', output: { value: { n: 7 } } })
  happened.runs.set('R4', { source: { mirror: 'm2' } })
  await hearing.hear()
  expect(seen(parts)).toEqual([{ n: 5 }, { n: 'net' }])
})

test('flows that start each other come to an end', async () => {
  using at = place()
  activate(at, { a: { event: { subject: 's', inputs } } })
  const [happened, parts] = [world(), starting(at)]
  const hearing = open(at, happened, parts)
  await hearing.hear()
  happened.runs.set('child', { parent: { run: 'deep' as RunId, path: 'x', depth: 1 } })
  happened.runs.set('deep', { event: { value: { depth: 30 } } })
  say(happened, 's', { run: 'child' as RunId })
  happened.runs.set('deeper', { event: { value: { depth: 31 } } })
  say(happened, 's', { run: 'deeper' as RunId })
  await hearing.hear()
  expect([...parts.started.values()].map(({ event }) => event)).toMatchObject([{ depth: 31 }])
  expect(parts.told.at(-1)).toMatchObject({ event: 'refused', code: 'RUN_LIMIT_EXCEEDED' })
})

test('a mirror that is gone hears nothing', async () => {
  using at = place()
  activate(at, { a: { event: { subject: 's', inputs } } })
  const [happened, parts] = [world(), starting(at)]
  const hearing = open(at, happened, parts)
  await hearing.hear()
  hearing.drop('m1')
  say(happened, 's')
  await hearing.hear()
  expect(parts.started.size).toBe(0)
})
