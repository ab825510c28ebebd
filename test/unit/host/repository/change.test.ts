/**
 * Goal: a plan compares what would be after a merge with what is, reads only, and is quick.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, describe, expect, test } from 'vitest'

import { findChange } from '#engine/host/repository/change.ts'
import { repository, type Fixture, type FixtureCommit } from '#test/fake/repository.ts'

const flow = (id: string, value: string): string =>
  `dsl: flux/1\nid: ${id}\nsteps:\n  - { id: s, let: ${value} }\n`
const file = (id: string, value: string) => ({
  path: `flows/${id}.flow.yaml`,
  content: flow(id, value),
})

let fixture: Fixture
afterEach(() => fixture.remove())

const open = (commits: readonly FixtureCommit[]): string => {
  fixture = repository(commits)
  fixture.git('checkout', '--quiet', '--force', 'main')
  return fixture.dir
}

describe('a branch', () => {
  const commits: readonly FixtureCommit[] = [
    { message: 'one', files: [file('a', '1'), file('b', '1')] },
    { message: 'main goes on', files: [file('b', '2'), file('c', '1')] },
    { message: 'branch', branch: 'work', parents: [0], files: [file('a', '2')] },
  ]

  test('is compared as it would be after the merge', async () => {
    const root = open(commits)
    const { change, conflicts } = await findChange({ root, base: 'main', head: 'work' })
    expect(change.flows).toMatchObject([{ id: 'a', kind: 'changed' }])
    expect(change.unchanged).toBe(2)
    expect(conflicts).toEqual([])
  })

  test('keeps its digest when it is rebased', async () => {
    const root = open([
      ...commits,
      { message: 'rebased', branch: 'again', parents: [1], files: [file('a', '2')] },
    ])
    const before = await findChange({ root, base: 'main', head: 'work' })
    const after = await findChange({ root, base: 'main', head: 'again' })
    expect(after.change.planDigest).toBe(before.change.planDigest)
  })

  test('tells which files both sides changed', async () => {
    const root = open([
      ...commits,
      { message: 'clash', branch: 'clash', parents: [0], files: [file('b', '3')] },
    ])
    const { conflicts } = await findChange({ root, base: 'main', head: 'clash' })
    expect(conflicts).toEqual(['flows/b.flow.yaml'])
  })

  test('changes the flows that call what it changes', async () => {
    const caller = 'dsl: flux/1\nid: caller\nsteps:\n  - { id: s, flow: a }\n'
    const root = open([
      { message: 'one', files: [file('a', '1'), { path: 'flows/x.flow.yaml', content: caller }] },
      { message: 'branch', branch: 'work', parents: [0], files: [file('a', '2')] },
    ])
    const { change } = await findChange({ root, base: 'main', head: 'work' })
    expect(change.flows.map(({ id }) => id)).toEqual(['a', 'caller'])
    expect(change.findings).toMatchObject([{ code: 'PLAN_CODE_CHANGED', flow: 'caller' }])
  })
})

describe('an id of two files', () => {
  const powers = (host: string): string =>
    `dsl: flux/1\nid: nightly\npermissions: { net: [${host}] }\nsteps:\n  - { id: s, let: 1 }\n`
  const at = (name: string, content: string) => ({ path: `flows/${name}.flow.yaml`, content })

  test('is a finding that blocks and names both, and hides no power of either', async () => {
    const root = open([
      { message: 'one', files: [at('nightly', powers('a.example')), file('b', '1')] },
      {
        message: 'copied',
        branch: 'work',
        parents: [0],
        files: [at('aaa', powers('a.example')), at('nightly', powers('a.example, evil.example'))],
      },
    ])
    const { change } = await findChange({ root, base: 'main', head: 'work' })
    expect(change.findings[0]).toMatchObject({ code: 'PLAN_FLOW_BROKEN', severity: 'block' })
    expect(change.findings[0]?.message).toContain('"flows/aaa.flow.yaml"')
    expect(change.findings[0]?.message).toContain('"flows/nightly.flow.yaml"')
    expect(change.findings).toContainEqual(
      expect.objectContaining({
        code: 'PLAN_HOST_ADDED',
        message: 'The flow may now reach "evil.example".',
        file: 'flows/nightly.flow.yaml',
      }),
    )
  })

  test('blocks when only the copy is new, also one written in braces', async () => {
    const copy = `{ inputs: { properties: {\nid: other\n} }, dsl: flux/1, id: nightly, steps: [{ id: s, let: 1 }] }`
    const root = open([
      { message: 'one', files: [at('nightly', powers('a.example'))] },
      { message: 'copied', branch: 'work', parents: [0], files: [at('aaa', copy)] },
    ])
    const { change } = await findChange({ root, base: 'main', head: 'work' })
    expect(change.findings).toContainEqual(
      expect.objectContaining({
        severity: 'block',
        message: expect.stringContaining('DSL_FLOW_DUPLICATE'),
      }),
    )
  })

  test('that was there before is compared by file, and ends with one of them', async () => {
    const root = open([
      {
        message: 'one',
        files: [at('aaa', powers('a.example')), at('nightly', powers('a.example'))],
      },
      {
        message: 'more powers',
        branch: 'work',
        parents: [0],
        files: [at('nightly', powers('evil.example'))],
      },
      { message: 'mended', branch: 'mend', parents: [0], files: [{ path: 'flows/aaa.flow.yaml' }] },
    ])
    const more = await findChange({ root, base: 'main', head: 'work' })
    expect(more.change.flows).toMatchObject([
      { id: 'nightly', kind: 'changed', file: 'flows/nightly.flow.yaml' },
    ])
    expect(more.change.findings).toContainEqual(
      expect.objectContaining({ code: 'PLAN_HOST_ADDED', flow: 'nightly' }),
    )
    const mended = await findChange({ root, base: 'main', head: 'mend' })
    expect(mended.change.flows).toMatchObject([
      { kind: 'removed', file: 'flows/aaa.flow.yaml' },
      { kind: 'changed', file: 'flows/nightly.flow.yaml' },
    ])
  })
})

test('files on the disk are compared with where the branch left main', async () => {
  const root = open([{ message: 'one', files: [file('a', '1')] }])
  writeFileSync(join(root, 'flows/a.flow.yaml'), flow('a', '2'))
  mkdirSync(join(root, 'more'))
  writeFileSync(join(root, 'more/n.flow.yaml'), flow('n', '1'))
  const { change, head } = await findChange({ root })
  expect(head.name).toBe('working tree')
  expect(change.flows).toMatchObject([
    { id: 'a', kind: 'changed' },
    { id: 'n', kind: 'added' },
  ])
  expect(existsSync(join(root, '.ionflux'))).toBe(false)
})

test('severities of the base count, not those of the change', async () => {
  const policy = 'plan: { severity: { PLAN_FLOW_REMOVED: block } }\n'
  const gone: readonly FixtureCommit[] = [
    { message: 'one', files: [file('a', '1'), { path: 'ionflux.yaml', content: policy }] },
    {
      message: 'branch',
      branch: 'work',
      parents: [0],
      files: [
        { path: 'flows/a.flow.yaml' },
        { path: 'ionflux.yaml', content: 'plan: { severity: { PLAN_FLOW_REMOVED: info } }\n' },
      ],
    },
  ]
  const root = open(gone)
  const { change } = await findChange({ root, base: 'main', head: 'work' })
  expect(change.findings).toMatchObject([
    { code: 'PLAN_FLOW_REMOVED', severity: 'block' },
    { code: 'PLAN_POLICY_CHANGED' },
  ])
})

test('histories without a common commit are refused with a way out', async () => {
  const root = open([
    { message: 'one', files: [file('a', '1')] },
    { message: 'other', branch: 'other', parents: [], files: [file('a', '2')] },
  ])
  await expect(findChange({ root, base: 'main', head: 'other' })).rejects.toMatchObject({
    code: 'MIRROR_REF_UNKNOWN',
  })
})

test('of 200 flows with 5 changed it takes well under a second of work', async () => {
  const all = Array.from({ length: 200 }, (_, i) => file(`flow-${i}`, '1'))
  const root = open([
    { message: 'one', files: all },
    {
      message: 'branch',
      branch: 'work',
      parents: [0],
      files: all.slice(0, 5).map(({ path }, i) => ({ path, content: flow(`flow-${i}`, '2') })),
    },
  ])
  const began = process.cpuUsage()
  const { change } = await findChange({ root, base: 'main', head: 'work' })
  const { user, system } = process.cpuUsage(began)
  expect(change.flows).toHaveLength(5)
  expect(change.unchanged).toBe(195)
  expect((user + system) / 1000).toBeLessThan(1_000)
})
