/** Goal: a score is the sum of reasons that anybody can read, and only the log and a date make it. */
import { expect, test } from 'vitest'

import type { PublishEvent } from '#registry/event.ts'
import { printPublicKey } from '#registry/events/leaf.ts'
import type { EntryView } from '#registry/view/view.ts'
import { deriveView } from '#registry/view/derive.ts'
import { trustOf } from '#registry/view/score.ts'
import { at, keyFor, RegistryLab, releaseOf } from '#test/fake/registry.ts'

async function viewAfter(
  tell: (lab: RegistryLab) => Promise<unknown> = () => Promise.resolve(),
  more: Partial<PublishEvent> = {},
): Promise<EntryView> {
  const lab = await RegistryLab.begin()
  await lab.claim('acme')
  await lab.publish('acme/ledger', '1.0.0', more)
  await tell(lab)
  return deriveView(await lab.state(), 'acme/ledger')!
}

const pointsOf = ({ head }: EntryView, of: string): number | undefined =>
  head.trust.reasons.find((reason) => reason.of === of)?.points

test.each<[string, number, Partial<PublishEvent>]>([
  ['tests', -10, {}],
  ['tests', 10, { tests: { passed: 3 } }],
  ['tests', 15, { tests: { passed: 3, coverage: 85 } }],
  ['audit', -20, { audit: { high: 1, medium: 0, low: 0 } }],
  ['audit', 10, { audit: { high: 0, medium: 0, low: 4 } }],
  ['powers', 15, {}],
  ['powers', 8, { caps: { net: ['a.example'] } }],
  ['powers', 0, { caps: { git: ['write:*'] } }],
])('%s gives %d for %j', async (of, points, more) => {
  expect(pointsOf(await viewAfter(undefined, more), of)).toBe(points)
})

test.each<[string, (lab: RegistryLab) => Promise<unknown>]>([
  [
    'advisories',
    (lab) =>
      lab.say(
        {
          event: 'advisory',
          name: 'acme/ledger',
          id: 'A',
          range: '*',
          severity: 'high',
          summary: '',
        },
        keyFor('acme'),
      ),
  ],
  [
    'yanked',
    (lab) =>
      lab.say({ event: 'yank', name: 'acme/ledger', version: '1.0.0', reason: '' }, keyFor('acme')),
  ],
  [
    'deprecated',
    (lab) => lab.say({ event: 'deprecate', name: 'acme/ledger', message: 'No.' }, keyFor('acme')),
  ],
  [
    'tags',
    (lab) =>
      lab.say(
        {
          event: 'tag-moved',
          name: 'acme/ledger',
          version: '1.0.0',
          was: releaseOf('acme/ledger', '1.0.0').source.commit,
          now: '',
        },
        keyFor('acme'),
      ),
  ],
  [
    'keys',
    async (lab) => {
      const [old, fresh] = [printPublicKey(keyFor('acme').key), keyFor('fresh')]
      await lab.say(
        { event: 'key-add', namespace: 'acme', key: printPublicKey(fresh.key) },
        keyFor('acme'),
        fresh,
      )
      await lab.say(
        { event: 'key-revoke', namespace: 'acme', key: old, reason: 'stolen', since: at(1) },
        fresh,
      )
    },
  ],
  [
    'owner',
    (lab) => {
      const [bob, key] = [keyFor('bob'), printPublicKey(keyFor('bob').key)]
      return lab.say(
        { event: 'transfer', namespace: 'acme', owner: `key:${key}`, keys: [key] },
        keyFor('acme'),
        bob,
      )
    },
  ],
])('%s take points away', async (of, tell) => {
  const [before, after] = [await viewAfter(), await viewAfter(tell)]
  expect(pointsOf(before, of)).toBeUndefined()
  expect(pointsOf(after, of)).toBeLessThan(0)
  expect(after.head.trust.score).toBeLessThan(before.head.trust.score)
})

test('a withdrawn advisory counts no more', async () => {
  const view = await viewAfter(async (lab) => {
    const advisory = {
      event: 'advisory',
      name: 'acme/ledger',
      id: 'A',
      range: '*',
      severity: 'high',
      summary: '',
    } as const
    await lab.say(advisory, keyFor('acme'))
    await lab.say({ ...advisory, isWithdrawn: true }, keyFor('acme'))
  })
  expect(pointsOf(view, 'advisories')).toBeUndefined()
  expect(view.releases[0]?.advisories).toBeUndefined()
})

test('time and witnesses count when somebody reads, not in the file', async () => {
  const view = await viewAfter()
  const scoreAt = (days: number, witnesses = 0) => trustOf(view, at(days), witnesses).score
  expect(scoreAt(1_000)).toBeLessThan(scoreAt(100))
  expect(scoreAt(100, 2)).toBe(scoreAt(100) + 10)
  expect(view.head.trust.score).toBe(scoreAt(2))
})

test('what others build on an entry counts for it', async () => {
  const view = await viewAfter(async (lab) => {
    await lab.claim('globex')
    await lab.publish('globex/books', '1.0.0', { requires: ['acme/ledger@1.0.0'] })
  })
  expect(view.head.usage).toEqual({ dependents: 1, forks: 0 })
  expect(pointsOf(view, 'usage')).toBe(4)
})
