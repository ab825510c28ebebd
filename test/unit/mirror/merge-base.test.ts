/**
 * Goal: the commit that two lines of history have in common is one that Git itself would name.
 * Method: random histories with merges, compared with `git merge-base --all`.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { mergeBase } from '#engine/mirror/merge-base.ts'
import { openNative } from '#engine/mirror/native.ts'
import type { CommitId } from '#engine/mirror/port.ts'
import { repository, type FixtureCommit } from '#test/fake/repository.ts'

/** Each commit has one or two of the earlier ones as parents; the first has none. */
const history = fc
  .array(fc.tuple(fc.nat(), fc.option(fc.nat(), { freq: 2 })), { minLength: 2, maxLength: 14 })
  .map((picks): readonly FixtureCommit[] =>
    picks.map(([first, second], i) => ({
      message: `c${i}`,
      branch: `b${i}`,
      parents: i === 0 ? [] : [...new Set([first % i, ...(second === null ? [] : [second % i])])],
    })),
  )

test('is what git says, for any two commits of any history', async () => {
  await fc.assert(
    fc.asyncProperty(history, fc.nat(), fc.nat(), async (commits, a, b) => {
      const fixture = repository(commits)
      const git = await openNative(fixture.dir)
      const [ours, theirs] = [a, b].map((n) => fixture.ids[n % fixture.ids.length] as CommitId)
      try {
        if (ours === undefined || theirs === undefined) return
        const found = await mergeBase(git, { ours, theirs })
        const known = fixture.git('merge-base', '--all', ours, theirs).trim().split('\n')
        expect(known).toContain(found)
      } finally {
        await git.close()
        fixture.remove()
      }
    }),
    { numRuns: 12 },
  )
})

test('two histories that never met have none', async () => {
  const fixture = repository([
    { message: 'a', branch: 'a', parents: [] },
    { message: 'b', branch: 'b', parents: [] },
  ])
  const git = await openNative(fixture.dir)
  const [ours = '', theirs = ''] = fixture.ids
  const found = await mergeBase(git, { ours: ours as CommitId, theirs: theirs as CommitId })
  expect(found).toBeUndefined()
  fixture.remove()
})
