/**
 * Goal: only who may does what may be done, in the order in which it was signed. Method: small
 * stories in a registry in memory; each refusal stands beside what is permitted.
 */
import { describe, expect, test } from 'vitest'

import { appendEvents } from '#registry/keep/append.ts'
import { printPublicKey } from '#registry/events/leaf.ts'
import type { Signer } from '#registry/ports.ts'
import { ownershipAt } from '#registry/rules/state.ts'
import { at, keyFor, origin, RegistryLab, releaseOf, type Wish } from '#test/fake/registry.ts'

const keyOf = (signer: Signer): string => printPublicKey(signer.key)
const refused = { code: 'REG_EVENT_REFUSED' }

/** A registry where `acme` has one release. */
async function begin(): Promise<{ lab: RegistryLab; acme: Signer }> {
  const lab = await RegistryLab.begin()
  const acme = await lab.claim('acme')
  await lab.publish('acme/ledger', '1.0.0')
  return { lab, acme }
}

test('a claim, a release, a yank and its end are what the log says', async () => {
  const { lab, acme } = await begin()
  await lab.say({ event: 'yank', name: 'acme/ledger', version: '1.0.0', reason: 'slow' }, acme)
  const release = async () => (await lab.state()).entries.get('acme/ledger')?.releases.get('1.0.0')
  expect(await release()).toMatchObject({ leaf: 1, yanked: { reason: 'slow', isGone: false } })
  await lab.say({ event: 'unyank', name: 'acme/ledger', version: '1.0.0' }, acme)
  expect((await release())?.yanked).toBeUndefined()
})

test.each<[string, Wish, 'acme' | 'other']>([
  ['a version that was used', { ...releaseOf('acme/ledger', '1.0.0'), at: at(3) }, 'acme'],
  [
    'the same version with another build',
    { ...releaseOf('acme/ledger', '1.0.0+b'), at: at(3) },
    'acme',
  ],
  [
    'another kind under the name',
    { ...releaseOf('acme/ledger', '2.0.0'), kind: 'flow', at: at(3) },
    'acme',
  ],
  ['a name that differs by hyphens', { ...releaseOf('acme/led-ger', '1.0.0'), at: at(3) }, 'acme'],
  [
    'powers in another order',
    { ...releaseOf('acme/x2', '1.0.0'), caps: { net: ['b', 'a'] }, at: at(3) },
    'acme',
  ],
  [
    'needs in another order',
    { ...releaseOf('acme/x2', '1.0.0'), requires: ['b/b@1', 'a/a@1'], at: at(3) },
    'acme',
  ],
  ['a release by a stranger', { ...releaseOf('acme/ledger', '2.0.0'), at: at(3) }, 'other'],
  ['a release of nobody', { ...releaseOf('nobody/ledger', '2.0.0'), at: at(3) }, 'acme'],
  [
    'a yank of what is not there',
    { event: 'yank', name: 'acme/ledger', version: '3.0.0', reason: '' },
    'acme',
  ],
  [
    'an unyank of what is not yanked',
    { event: 'unyank', name: 'acme/ledger', version: '1.0.0' },
    'acme',
  ],
  [
    'an advisory by a stranger',
    { event: 'advisory', name: 'acme/ledger', id: 'A', range: '*', severity: 'low', summary: '' },
    'other',
  ],
  [
    'a second claim',
    {
      event: 'claim',
      namespace: 'acme',
      owner: `key:${keyOf(keyFor('other'))}`,
      keys: [keyOf(keyFor('other'))],
    },
    'other',
  ],
  ['a moment long ago', { ...releaseOf('acme/ledger', '2.0.0'), at: at(0) }, 'acme'],
  ['another log', { ...releaseOf('acme/ledger', '2.0.0'), log: 'elsewhere', at: at(3) }, 'acme'],
  [
    'an event that follows nothing',
    { ...releaseOf('acme/ledger', '2.0.0'), after: `sha256:${'0'.repeat(64)}`, at: at(3) },
    'acme',
  ],
  [
    'the last key going',
    { event: 'key-revoke', namespace: 'acme', key: keyOf(keyFor('acme')), reason: '' },
    'acme',
  ],
])('refuses %s', async (_, wish, who) => {
  const { lab } = await begin()
  await expect(lab.say(wish, keyFor(who))).rejects.toMatchObject(refused)
})

test('a claim for an account needs a reviewer, and one by a key only where claims are open', async () => {
  const { lab } = await begin()
  const ada = keyFor('ada')
  const claim: Wish = {
    event: 'claim',
    namespace: 'ada-books',
    owner: 'github:42',
    keys: [keyOf(ada)],
  }
  await expect(lab.say(claim, ada)).rejects.toMatchObject(refused)
  await lab.say(claim, ada, lab.keys.reviewer)
  const closed = await RegistryLab.begin({ claims: 'reviewed' })
  await expect(closed.claim('acme')).rejects.toMatchObject(refused)
})

test('an event that was signed by nobody it names is refused', async () => {
  const { lab, acme } = await begin()
  const event = await lab.event({ ...releaseOf('acme/ledger', '2.0.0'), at: at(3) }, [acme])
  const forged = { ...event, body: { ...event.body, at: at(4) } }
  await expect(appendEvents(lab.keeper, [forged])).rejects.toMatchObject(refused)
  await expect(
    appendEvents(lab.keeper, [
      { ...event, signatures: [...event.signatures, ...event.signatures] },
    ]),
  ).rejects.toMatchObject(refused)
  await appendEvents(lab.keeper, [event])
  await expect(appendEvents(lab.keeper, [event])).rejects.toMatchObject(refused)
})

describe('keys', () => {
  test('one more may sign, and no more once it is revoked; what it signed stays', async () => {
    const { lab, acme } = await begin()
    const laptop = keyFor('laptop')
    const add: Wish = { event: 'key-add', namespace: 'acme', key: keyOf(laptop) }
    await expect(lab.say(add, acme)).rejects.toMatchObject(refused)
    await lab.say(add, acme, laptop)
    await lab.say({ ...releaseOf('acme/ledger', '1.1.0'), at: at(lab.day) }, laptop)
    const stolen = at(lab.day - 1)
    await lab.say(
      {
        event: 'key-revoke',
        namespace: 'acme',
        key: keyOf(laptop),
        reason: 'stolen',
        since: stolen,
      },
      acme,
    )
    await expect(
      lab.say({ ...releaseOf('acme/ledger', '1.2.0'), at: at(lab.day) }, laptop),
    ).rejects.toMatchObject(refused)
    await expect(lab.say(add, acme, laptop)).rejects.toMatchObject(refused)
    const { releases } = (await lab.state()).entries.get('acme/ledger')!
    expect([...releases.keys()]).toEqual(['1.0.0', '1.1.0'])
  })

  test('a namespace of an account gets a new key from a reviewer when its last is gone', async () => {
    const { lab } = await begin()
    const [ada, spare] = [keyFor('ada'), keyFor('spare')]
    await lab.say(
      { event: 'claim', namespace: 'books', owner: 'github:42', keys: [keyOf(ada)] },
      ada,
      lab.keys.reviewer,
    )
    await lab.say({ event: 'key-revoke', namespace: 'books', key: keyOf(ada), reason: 'lost' }, ada)
    const add: Wish = { event: 'key-add', namespace: 'books', key: keyOf(spare) }
    await expect(lab.say(add, spare)).rejects.toMatchObject(refused)
    await lab.say(add, spare, lab.keys.reviewer)
    await lab.say({ ...releaseOf('books/one', '1.0.0'), at: at(lab.day) }, spare)
  })
})

describe('a transfer', () => {
  const bob = keyFor('bob')
  const transfer: Wish = {
    event: 'transfer',
    namespace: 'acme',
    owner: `key:${keyOf(bob)}`,
    keys: [keyOf(bob)],
  }

  test('needs both sides and takes its days', async () => {
    const { lab, acme } = await begin()
    await expect(lab.say(transfer, acme)).rejects.toMatchObject(refused)
    await expect(lab.say(transfer, bob)).rejects.toMatchObject(refused)
    await lab.say(transfer, acme, bob)
    const early = { ...releaseOf('acme/ledger', '2.0.0'), at: at(lab.day) }
    await expect(lab.say(early, bob)).rejects.toMatchObject(refused)
    lab.day += 7
    const late = { ...releaseOf('acme/ledger', '2.0.0'), at: at(lab.day) }
    await expect(lab.say(late, acme)).rejects.toMatchObject(refused)
    await lab.say(late, bob)
    const namespace = (await lab.state()).namespaces.get('acme')!
    expect(ownershipAt(namespace, Date.parse(at(lab.day)))).toEqual({
      owner: `key:${keyOf(bob)}`,
      keys: [keyOf(bob)],
    })
  })

  test('can be called off while it waits', async () => {
    const { lab, acme } = await begin()
    await lab.say(transfer, acme, bob)
    await lab.say(
      { event: 'transfer', namespace: 'acme', owner: `key:${keyOf(acme)}`, keys: [keyOf(acme)] },
      acme,
    )
    lab.day += 10
    await expect(
      lab.say({ ...releaseOf('acme/ledger', '2.0.0'), at: at(lab.day) }, bob),
    ).rejects.toMatchObject(refused)
    await lab.publish('acme/ledger', '2.0.0')
  })
})

test('what is gone does not come back', async () => {
  const { lab, acme } = await begin()
  await lab.say(
    { event: 'yank', name: 'acme/ledger', version: '1.0.0', reason: 'malware', isGone: true },
    lab.keys.advisor,
  )
  await expect(
    lab.say({ event: 'unyank', name: 'acme/ledger', version: '1.0.0' }, acme),
  ).rejects.toMatchObject(refused)
  await expect(lab.publish('acme/ledger', '1.0.0')).rejects.toMatchObject(refused)
})

test('a watcher says that a tag moved, once for each move', async () => {
  const { lab } = await begin()
  const was = releaseOf('acme/ledger', '1.0.0').source.commit
  const moved: Wish = {
    event: 'tag-moved',
    name: 'acme/ledger',
    version: '1.0.0',
    was,
    now: 'b'.repeat(40),
  }
  await lab.say(moved, lab.keys.watcher)
  await expect(lab.say(moved, lab.keys.watcher)).rejects.toMatchObject(refused)
  await lab.say({ ...moved, now: '' }, lab.keys.watcher)
  expect((await lab.state()).entries.get('acme/ledger')?.releases.get('1.0.0')?.moved).toBe('')
})

test('events of a log cannot be shown to another one', async () => {
  const { lab, acme } = await begin()
  const event = await lab.event({ ...releaseOf('acme/ledger', '2.0.0'), at: at(3) }, [acme])
  const other = await RegistryLab.begin({ origin: 'registry.example/other' })
  await expect(
    appendEvents({ ...other.keeper, now: Date.parse(at(3)) }, [event]),
  ).rejects.toMatchObject(refused)
  expect(event.body.log).toBe(origin)
})

test('a forked release names what it comes from', async () => {
  const { lab } = await begin()
  await lab.claim('books')
  const lineage = {
    name: 'acme/ledger',
    version: '1.0.0',
    digest: releaseOf('acme/ledger', '1.0.0').digest,
  }
  const wrong = { ...lineage, digest: `sha256:${'0'.repeat(64)}` }
  await expect(lab.publish('books/ledger', '1.0.0', { lineage: wrong })).rejects.toMatchObject(
    refused,
  )
  await lab.publish('books/ledger', '1.0.0', { lineage, requires: ['acme/ledger@1.0.0'] })
  const entry = (await lab.state()).entries.get('acme/ledger')!
  expect([entry.forks, entry.dependents].map((names) => [...names])).toEqual([
    ['books/ledger'],
    ['books/ledger'],
  ])
})
