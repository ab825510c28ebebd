import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import type { Plan, PlanStep } from '#engine/plan/plan.ts'
import type { RunRecord } from '#engine/runtime/record.ts'
import type { RunView } from '#engine/runtime/view.ts'
import { lab } from '#test/fake/lab.ts'

import { actions } from './actions.ts'
import { parseGolden, printGolden, read } from './golden.ts'
import { stories } from './stories.ts'

const folder = join(import.meta.dirname, '..', 'golden')

function records(name: string): readonly RunRecord[] {
  return parseGolden(readFileSync(join(folder, name), 'utf8')).lines.map(({ record }) => record)
}

/** Adds what is missing; a golden journal that exists is never written again. */
async function write(): Promise<void> {
  for (const [name, { flows, components = {}, keeps = false, tell }] of Object.entries(stories)) {
    const file = join(folder, `0.1.0-${name}.jsonl`)
    if (existsSync(file)) continue
    const one = lab({ flows, components, keeps, actions })
    await (tell === undefined ? one.start({ n: 3 }) : tell(one))
    await one.settle()
    const header = one.host.journal.list({ limit: 9, flow: 'golden' })[0]
    if (header === undefined) throw new Error('a story has a run')
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
    const plan = JSON.parse(text(one.host.store.get(header.plan))) as Plan
    const plans = new Set(
      [...one.disk.payloads]
        .filter(([, bytes]) => text(bytes).includes('ionflux.plan/v1'))
        .map(([digest]) => digest),
    )
    const payloads = Object.fromEntries(
      [...one.disk.payloads]
        .filter(([digest]) => !plans.has(digest))
        .map(([digest, bytes]) => [digest, text(bytes)]),
    )
    const golden = {
      plan,
      payloads,
      ...read({ plan, payloads }, one.host.journal.read(header.run)),
    }
    writeFileSync(file, printGolden(golden), { flag: 'wx' })
  }
}

if (process.env['IONFLUX_GOLDEN'] === 'write') await write()

const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'))

test.each(files)('reads %s as the release that wrote it', (name) => {
  const { plan, payloads, lines, view } = parseGolden(readFileSync(join(folder, name), 'utf8'))
  expect(
    read(
      { plan, payloads },
      lines.map(({ record }) => record),
    ),
  ).toEqual({ lines, view })
})

test('every kind of record is in some golden journal', () => {
  const kinds = new Set(files.flatMap((name) => records(name).map(({ kind }) => kind)))
  expect([...kinds].toSorted()).toEqual(allKinds.toSorted())
})

test('every kind of step is in some golden journal, and one that was not executed again', () => {
  const views = files.map((name) => {
    const { view } = parseGolden(readFileSync(join(folder, name), 'utf8'))
    return view as unknown as Pick<RunView, 'steps'>
  })
  const steps = views.flatMap((view) => view.steps)
  expect([...new Set(steps.map(({ kind }) => kind))].toSorted()).toEqual(
    Object.keys(stepKinds).toSorted(),
  )
  expect(steps.some(({ cached }) => cached !== undefined)).toBe(true)
})

const stepKinds: Readonly<Record<PlanStep['kind'], 1>> = {
  call: 1,
  flow: 1,
  if: 1,
  switch: 1,
  each: 1,
  while: 1,
  parallel: 1,
  race: 1,
  try: 1,
  sleep: 1,
  until: 1,
  await: 1,
  approve: 1,
  emit: 1,
  state: 1,
  component: 1,
  let: 1,
  fail: 1,
  assert: 1,
  return: 1,
}

const allKinds = Object.keys({
  'run.started': 1,
  'run.debounced': 1,
  'run.limited': 1,
  'run.queued': 1,
  'run.admitted': 1,
  'step.started': 1,
  'step.done': 1,
  'step.failed': 1,
  'step.uncertain': 1,
  'step.settled': 1,
  'timer.set': 1,
  'timer.fired': 1,
  'compensation.armed': 1,
  'branch.taken': 1,
  'each.opened': 1,
  'while.turned': 1,
  'component.opened': 1,
  'await.opened': 1,
  'await.taken': 1,
  'approval.opened': 1,
  'approval.decided': 1,
  'signal.received': 1,
  'event.received': 1,
  'event.emitted': 1,
  'run.paused': 1,
  'run.resumed': 1,
  'run.cancel': 1,
  'run.retried': 1,
  'run.done': 1,
  'run.failed': 1,
  'run.cancelled': 1,
} satisfies Record<RunRecord['kind'], 1>)
