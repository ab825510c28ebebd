/**
 * Goal: whoever asks at the same time, from however many processes, one answer grants and one
 * run at a time has the place. Method: the real owner on SQLite, and guests over its socket.
 */
import { expect, test } from 'vitest'

import { digestOfBytes } from '#engine/core/digest.ts'
import { componentsOf } from '#engine/dsl/component/file.ts'
import type { Flow } from '#engine/dsl/flow.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { openReader } from '#engine/durable/sqlite/open.ts'
import { openGuest } from '#engine/host/guest.ts'
import { linkPath } from '#engine/host/link-path.ts'
import type { RunHost, StartRequest } from '#engine/host/owner.ts'
import { freshRunId, openSession } from '#engine/host/session.ts'
import { compile, printPlan } from '#engine/plan/compile.ts'
import { folder } from '#test/fake/disk.ts'

const guestsWanted = 8
const answersWanted = 1_000
const runsWanted = 64

function requestOf(text: string): () => StartRequest {
  const flow = parseDocument({ file: 'crowd.flow.yaml', text }).value as unknown as Flow
  const { plan } = compile(flow, {
    action: () => undefined,
    transform: () => digestOfBytes(new Uint8Array()),
    components: componentsOf('crowd.flow.yaml', new Map()),
    flow: () => undefined,
  })
  if (plan === undefined) throw new Error('it compiles')
  const bytes = Buffer.from(printPlan(plan))
  const start = { plan: digestOfBytes(bytes), blobs: [bytes], input: {}, source: {} }
  return () => ({ ...start, run: freshRunId() })
}

/** An owner, and guests that reach it as other processes do. */
async function crowd(): Promise<AsyncDisposable & { path: string; guests: readonly RunHost[] }> {
  const stack = new AsyncDisposableStack()
  const { path } = stack.use(folder())
  const session = await openSession(path, { carriesOn: true })
  stack.defer(() => session.close())
  const guests: RunHost[] = []
  for (let i = 0; i < guestsWanted; i++) guests.push(await openGuest(linkPath(path)))
  stack.defer(async () => void (await Promise.all(guests.map((guest) => guest.close()))))
  return { path, guests, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

test('one of a thousand answers grants', { timeout: 60_000 }, async () => {
  await using here = await crowd()
  const [first] = here.guests as [RunHost]
  const request = requestOf(
    'dsl: flux/1\nid: asks\nsteps: [{ id: ok, approve: { ask: Well, by: [anyone] } }]\n',
  )()
  await first.start(request)
  const { run } = request
  await first.follow({ run, until: 'parked', seen: 0, hear: () => undefined })
  const answers = Array.from({ length: answersWanted }, async (_, i) => {
    const guest = here.guests[i % guestsWanted] as RunHost
    const by = `user:p${i}`
    await guest.tell(run, { kind: 'answer', path: 'ok', by, id: by, decision: 'approve' })
    return by
  })
  const results = await Promise.allSettled(answers)
  const granted = results.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
  expect(granted).toHaveLength(1)
  const codes = new Set(results.map((one) => one.status === 'rejected' && one.reason.code))
  expect(
    [...codes].filter(Boolean).every((code) => /^RUN_A(PPROVAL_CLOSED|LREADY_ENDED)$/.test(code)),
  ).toBe(true)
  const reader = openReader(here.path)
  const decided = reader?.journal.read(run).filter(({ kind }) => kind === 'approval.decided')
  expect(decided).toMatchObject([{ by: granted[0] }])
  reader?.close()
})

test('a limit of one never lets two be under way', { timeout: 60_000 }, async () => {
  await using here = await crowd()
  const request = requestOf(
    'dsl: flux/1\nid: alone\nconcurrency: { limit: 1 }\nsteps: [{ id: nap, sleep: 5ms }]\n',
  )
  const runs = Array.from({ length: runsWanted }, async (_, i) => {
    const guest = here.guests[i % guestsWanted] as RunHost
    const one = request()
    await guest.start(one)
    const status = await guest.follow({
      run: one.run,
      until: 'ended',
      seen: 0,
      hear: () => undefined,
    })
    return { run: one.run, status }
  })
  const ended = await Promise.all(runs)
  expect(new Set(ended.map(({ status }) => status))).toEqual(new Set(['done']))
  const reader = openReader(here.path)
  const spans = ended.map(({ run }) => {
    const records = reader?.journal.read(run) ?? []
    const begun = records.find(({ kind }) => kind === 'run.admitted')
    return { from: begun?.at ?? NaN, to: records.at(-1)?.at ?? NaN }
  })
  reader?.close()
  const inOrder = spans.toSorted((a, b) => a.from - b.from || a.to - b.to)
  const overlapping = inOrder.filter(({ from }, i) => from < (inOrder[i - 1]?.to ?? 0))
  expect(overlapping).toEqual([])
  expect(inOrder.every(({ from, to }) => to - from >= 5)).toBe(true)
})
