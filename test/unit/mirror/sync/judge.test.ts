/**
 * The rules of what a look at a remote means, each as one row.
 */
import { describe, expect, test } from 'vitest'

import type { Digest } from '#engine/core/digest.ts'
import { limits } from '#engine/core/limits.ts'
import type { CommitId } from '#engine/mirror/port.ts'
import {
  type Facts,
  type Mirror,
  noFacts,
  type RefSeen,
  statusOf,
} from '#engine/mirror/sync/mirror.ts'
import {
  judgeCompiled,
  judgeFailure,
  judgeMirrored,
  judgeRemote,
  type RemoteRef,
} from '#engine/mirror/sync/judge.ts'

const mirror: Mirror = {
  id: 'm1',
  name: 'acme/flows',
  url: 'https://git.example/acme/flows',
  branch: 'main',
  paths: [],
  addedAt: 0,
}
const tree = `sha256:${'0'.repeat(64)}` as Digest
const id = (letter: string): CommitId => letter.repeat(40) as CommitId

/** `main=a v1=b`: refs by their short name. */
function refs(text: string): readonly RemoteRef[] {
  return text
    .split(' ')
    .filter((part) => part !== '')
    .map((part) => {
      const [name = '', letter = ''] = part.split('=')
      const ref = name === 'main' ? 'refs/heads/main' : `refs/tags/${name}`
      return { ref, oid: id(letter), commit: id(letter) }
    })
}

const seen = (text: string, firstSeen = 1): RefSeen[] =>
  refs(text).map((ref) => ({ ...ref, firstSeen }))
const at = 100
const synced: Facts = {
  remote: { commit: id('a'), at: 1 },
  mirrored: { commit: id('a'), at: 2, tree },
  compiled: { commit: id('a'), at: 3, tree, flows: 1 },
  active: { commit: id('a'), at: 4, tree },
}
const look = (text: string, over: object = {}) =>
  judgeRemote({
    mirror,
    facts: synced,
    seen: seen('main=a v1=b'),
    remote: { refs: refs(text) },
    at,
    ...over,
  })

describe('the remote', () => {
  test('that did not change moves nothing, and keeps when it was first seen', () => {
    const { change, wanted } = look('main=a v1=b')
    expect(wanted).toBeUndefined()
    expect(change).toMatchObject({
      facts: { remote: { commit: id('a'), at: 1 } },
      refs: [],
      incidents: [],
    })
  })

  test('that moved is fetched, and the old place of the branch is remembered', () => {
    const { change, wanted } = look('main=c v1=b')
    expect(wanted).toBe(id('c'))
    expect(change.facts).toEqual({ remote: { commit: id('c'), at } })
    expect(change.refs).toEqual([
      { ...seen('main=a')[0], goneAt: at },
      { ...refs('main=c')[0], firstSeen: at },
    ])
  })

  test('that is as before but could not be mirrored is fetched again', () => {
    const problem = { code: 'MIRROR_FETCH_FAILED', message: 'no', at: 1 }
    const facts = { ...synced, mirrored: { ...synced.mirrored, problem } }
    expect(look('main=a', { facts }).wanted).toBe(id('a'))
  })

  test('binds a mirror without a branch to what HEAD is', () => {
    const { branch: _, ...unbound } = mirror
    const remote = { head: 'main', refs: refs('main=a') }
    const first = look('', { mirror: unbound, facts: noFacts, seen: [], remote })
    expect(first).toMatchObject({ wanted: id('a'), change: { branch: 'main', incidents: [] } })
  })

  test('without a commit waits for one', () => {
    const { branch: _, ...unbound } = mirror
    const { change, wanted } = look('', { mirror: unbound, facts: noFacts, seen: [] })
    expect(wanted).toBeUndefined()
    expect(change.facts?.remote?.problem?.code).toBe('MIRROR_HISTORY_EMPTY')
    expect(change.incidents).toEqual([])
  })

  test.each([
    [undefined, ['dev', 'main'], /HEAD .*There are "dev", "main"; .*--branch/],
    ['mian', ['dev', 'main'], /"mian" is not there\. Did you mean "main"\?/],
    ['gone', ['x'], /There is "x"; /],
    ['gone', Array.from({ length: 5_000 }, (_, i) => `b${i}`), /"b7" and 4992 more/],
  ])('whose branch (%s) never was there is told which there are', (branch, branches, words) => {
    const { branch: _, ...unbound } = mirror
    const bound = branch === undefined ? unbound : { ...mirror, branch }
    const { change } = look('', { mirror: bound, facts: noFacts, seen: [], branches })
    const { code, message } = change.facts?.remote?.problem ?? {}
    expect(code).toBe('MIRROR_REF_UNKNOWN')
    expect(message).toMatch(words)
  })

  test('that lost the branch is an incident, and nothing is taken away', () => {
    const { change, wanted } = look('v1=b')
    expect(wanted).toBeUndefined()
    expect(change.incidents).toMatchObject([{ kind: 'branch-deleted', before: id('a') }])
    expect(change.facts?.remote).toMatchObject({
      commit: id('a'),
      problem: { code: 'MIRROR_REF_UNKNOWN' },
    })
    expect(Object.keys(change.facts ?? {})).toEqual(['remote'])
    expect(change.hold).toBeUndefined()
  })
})

describe('a tag', () => {
  test('that is new is seen for the first time', () => {
    const { change } = look('main=a v1=b v2=c')
    expect(change).toMatchObject({ refs: [{ ...refs('v2=c')[0], firstSeen: at }], incidents: [] })
  })

  test('that moved is an incident with both places', () => {
    const { change } = look('main=a v1=c')
    expect(change.incidents).toMatchObject([
      { kind: 'tag-moved', ref: 'refs/tags/v1', before: id('b'), after: id('c') },
    ])
    expect(change.refs).toHaveLength(2)
  })

  test('that was deleted and made again elsewhere has moved', () => {
    const gone = [...seen('main=a'), { ...seen('v1=b')[0], goneAt: 50 }]
    expect(look('main=a v1=c', { seen: gone }).change.incidents).toMatchObject([
      { kind: 'tag-moved', before: id('b'), after: id('c') },
    ])
  })

  test('that came back where it was first has not', () => {
    const gone = [...seen('main=a'), { ...seen('v1=b')[0], goneAt: 50 }]
    const { change } = look('main=a v1=b', { seen: gone })
    expect(change).toMatchObject({ refs: [refs('v1=b')[0]], incidents: [] })
  })

  test('that is gone is an incident once', () => {
    const { change } = look('main=a')
    expect(change.incidents).toMatchObject([{ kind: 'tag-deleted', before: id('b') }])
    const after = [...seen('main=a'), ...(change.refs ?? [])]
    expect(look('main=a', { seen: after }).change.incidents).toEqual([])
  })

  test('of thousands that move at once is told shortly', () => {
    const many = (letter: string): string =>
      Array.from({ length: 2_000 }, (_, i) => `v${i}=${letter}`).join(' ')
    const { change } = look(`main=a ${many('c')}`, { seen: seen(`main=a ${many('b')}`) })
    expect(change.incidents).toHaveLength(limits.mirrorIncidentsPerLookMax + 1)
    expect(change.incidents?.at(-1)?.message).toMatch(/^1950 more/)
    expect(change.refs).toHaveLength(4_000)
  })
})

describe('a mirrored commit', () => {
  const commit = { commit: id('c'), tree, committedAt: 7 }
  const place = { mirror, facts: synced, at }

  test.each(['first', 'forward'] as const)('that is %s moves the fact and no more', (ancestry) => {
    expect(judgeMirrored(place, { ...commit, ancestry })).toEqual({
      facts: { mirrored: { commit: id('c'), at, tree, committedAt: 7 } },
    })
  })

  test.each(['rewritten', 'unknown'] as const)('of %s history holds', (ancestry) => {
    const change = judgeMirrored(place, { ...commit, ancestry })
    expect(change.hold).toMatchObject({ by: 'sync', at })
    expect(change.hold?.reason).toContain('ionflux mirror release acme/flows')
    expect(change.incidents).toMatchObject([
      { kind: 'history-rewritten', before: id('a'), after: id('c') },
    ])
    expect(change.facts?.active).toBeUndefined()
  })
})

describe('a compiled commit', () => {
  test('moves the fact when nothing is wrong', () => {
    const change = judgeCompiled(synced, { commit: id('c'), tree, flows: 3 }, at)
    expect(change).toEqual({ facts: { compiled: { commit: id('c'), at, tree, flows: 3 } } })
  })

  test('that is broken leaves the last good one where it is', () => {
    const problem = { code: 'MIRROR_COMPILE_FAILED', message: 'one flow is wrong' }
    const change = judgeCompiled(synced, { commit: id('c'), tree, flows: 3, problem }, at)
    expect(change.facts?.compiled).toEqual({
      ...synced.compiled,
      problem: { ...problem, at, commit: id('c') },
    })
    const facts = { ...synced, ...change.facts }
    expect(statusOf(mirror, facts)).toBe('broken')
    expect(facts.active.commit).toBe(id('a'))
  })
})

describe('a failure', () => {
  test('stands beside the stage that cannot go on, since it began', () => {
    const failure = { stage: 'remote', code: 'CONN_UNREACHABLE', message: 'no answer' } as const
    const first = judgeFailure(synced, failure, 10)
    const facts = { ...synced, ...first.facts }
    const second = judgeFailure(facts, failure, 20)
    expect(second.facts?.remote).toEqual({
      ...synced.remote,
      problem: { code: 'CONN_UNREACHABLE', message: 'no answer', at: 10 },
    })
    expect(second.incidents).toBeUndefined()
  })

  test('of a repository that was there is an incident', () => {
    const failure = { stage: 'remote', code: 'MIRROR_REPOSITORY_GONE', message: 'gone' } as const
    const change = judgeFailure(synced, failure, at)
    expect(change.incidents).toMatchObject([{ kind: 'repository-gone' }])
    expect(statusOf(mirror, { ...synced, ...change.facts })).toBe('gone')
    expect(judgeFailure(noFacts, failure, at).incidents).toBeUndefined()
  })
})

test.each([
  ['new', mirror, noFacts],
  ['current', mirror, synced],
  ['behind', mirror, { ...synced, remote: { commit: id('c'), at: 9 } }],
  ['held', { ...mirror, hold: { reason: 'x', at: 1, by: 'person' } }, synced],
] as const)('a mirror is %s', (status, who, facts) => {
  expect(statusOf(who, facts)).toBe(status)
})
