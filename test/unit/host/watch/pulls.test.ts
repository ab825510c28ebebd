/**
 * Goal: a pull request is told its plan once, as a check where the token may write one, else as
 * a status; and its plan may be approved afterwards.
 */
import { expect, test } from 'vitest'

import { digestOfText } from '#engine/core/digest.ts'
import { memoryMirrors } from '#engine/durable/memory-mirrors.ts'
import { openGitHub } from '#engine/forge/github.ts'
import { allProposed } from '#engine/host/activate/proposed.ts'
import type { RepositoryChange } from '#engine/host/repository/change.ts'
import { openReports } from '#engine/host/watch/pulls.ts'
import type { Change, ChangeSeverity } from '#engine/plan/change/change.ts'
import { type FakeForge, openForge, pullOf } from '#test/fake/git/forge.ts'

const planDigest = digestOfText('plan')
const mirror = { id: 'm1', name: 'acme/flows', url: 'https://x.example/a', branch: 'main' }

function changeOf(severity: ChangeSeverity): RepositoryChange {
  const code = 'PLAN_HOST_ADDED'
  const finding = { code, severity, message: 'It calls "b".', flow: 'a' } as const
  const findings = [{ ...finding, file: 'a.flow.yaml', line: 3 }, finding]
  const change = { flows: [{ id: 'a' }], findings, planDigest, unchanged: 0 } as unknown as Change
  return { change, base: { name: 'a' }, head: { name: 'b' }, conflicts: [], readText: () => '' }
}

async function told(fake: FakeForge, severity: ChangeSeverity) {
  const notes = new Map<string, string>()
  const memory = {
    note: (key: string) => notes.get(key),
    setNote: (key: string, value: string) => void notes.set(key, value),
  }
  const mirrors = memoryMirrors()
  const one = { ...mirror, paths: [], addedAt: 0 }
  mirrors.add(one)
  fake.pulls.push(pullOf(1, 'a'.repeat(40)), pullOf(2, 'b'.repeat(40), 'other'))
  const events: unknown[] = []
  const forge = openGitHub({ apiUrl: fake.origin, token: 't' })
  const reports = openReports({
    memory: memory as never,
    mirrors,
    clock: { now: () => 7 },
    onForge: () => ({ forge, repository: 'acme/flows' }),
    planOf: async () => changeOf(severity),
    render: () => '<!-- plan --> text',
    marker: '<!-- plan -->',
    emit: (event) => events.push(event),
  })
  await reports.pulls(one)
  await reports.pulls(one)
  return { events, proposed: allProposed(memory, [one]) }
}

test.each([
  ['info', 'success', 'notice'],
  ['escalation', 'neutral', 'warning'],
  ['block', 'failure', 'failure'],
] as const)('a worst finding of %s is a check of %s', async (severity, conclusion, level) => {
  await using fake = await openForge()
  const { events, proposed } = await told(fake, severity)
  const remark = { path: 'a.flow.yaml', start_line: 3, annotation_level: level }
  expect(fake.checks).toMatchObject([{ conclusion, output: { annotations: [remark] } }])
  expect(fake.statuses).toEqual([])
  expect(fake.comments).toHaveLength(1)
  expect(events).toEqual([{ event: 'planned', mirror: 'acme/flows', pull: 1, planDigest }])
  expect(proposed).toMatchObject([{ planDigest, pull: 1, commit: 'a'.repeat(40), at: 7 }])
  expect(fake.strays).toEqual([])
})

test('without the permission for checks it is a status', async () => {
  await using fake = await openForge()
  fake.isWithoutChecks = true
  await told(fake, 'block')
  expect(fake.checks).toEqual([])
  expect(fake.statuses).toMatchObject([{ context: 'ionflux/plan', state: 'failure' }])
})
