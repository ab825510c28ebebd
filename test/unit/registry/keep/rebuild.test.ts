/** Goal: what is derived from a log is a function of the log, byte by byte. */
import { expect, test } from 'vitest'

import { nodeCrypto as crypto } from '#engine/host/registry/crypto.ts'
import { utf8 } from '#registry/bytes.ts'
import { checkLog } from '#registry/check.ts'
import { appendEvents } from '#registry/keep/append.ts'
import { beginRegistry } from '#registry/keep/begin.ts'
import { rebuildViews } from '#registry/keep/views.ts'
import { viewPath } from '#registry/view/files.ts'
import { keyFor, RegistryLab, releaseOf } from '#test/fake/registry.ts'

async function begin(): Promise<RegistryLab> {
  const lab = await RegistryLab.begin()
  const acme = await lab.claim('acme')
  await lab.claim('globex')
  await lab.publish('acme/ledger', '1.0.0', { description: 'Posts entries.' })
  await lab.publish('globex/books', '1.0.0', { requires: ['acme/ledger@1.0.0'] })
  await lab.publish('acme/ledger', '1.1.0')
  await lab.say({ event: 'yank', name: 'acme/ledger', version: '1.1.0', reason: 'slow' }, acme)
  await lab.say(
    { event: 'deprecate', name: 'acme/ledger', message: 'Use books.', instead: 'globex/books' },
    acme,
  )
  await lab.say(
    {
      event: 'advisory',
      name: 'acme/ledger',
      id: 'A-1',
      range: '<1.1.0',
      severity: 'high',
      summary: 'Posts twice.',
    },
    lab.keys.advisor,
  )
  return lab
}

test('appending step by step leaves the files that a rebuild makes', async () => {
  const lab = await begin()
  const before = new Map(lab.files.files)
  const rebuilt = await rebuildViews(
    { files: lab.files, crypto },
    { state: await lab.state(), isWritten: true },
  )
  expect(rebuilt).toMatchObject({ changed: [], entries: 2 })
  expect((await lab.open()).checkpoint.views).toEqual(Uint8Array.from(rebuilt.top))
  for (const path of lab.files.files.keys())
    if (!path.startsWith('log/') && !path.startsWith('trust/')) lab.files.files.delete(path)
  await rebuildViews({ files: lab.files, crypto }, { state: await lab.state(), isWritten: true })
  expect(lab.files.files).toEqual(before)
})

test('a rebuild mends what was changed, and takes away what nobody published', async () => {
  const lab = await begin()
  const path = viewPath(crypto, 'acme/ledger')
  const right = lab.files.files.get(path)
  lab.files.files.set(path, utf8('{}\n')).set('view/00/acme--made-up.jsonl', utf8('{}\n'))
  const state = await lab.state()
  const seen = await rebuildViews({ files: lab.files, crypto }, { state, isWritten: false })
  expect(seen.changed).toEqual(['view/00/acme--made-up.jsonl', path])
  await rebuildViews({ files: lab.files, crypto }, { state, isWritten: true })
  expect(lab.files.files.get(path)).toEqual(right)
  expect(lab.files.files.has('view/00/acme--made-up.jsonl')).toBe(false)
})

test('nothing of a batch is written when one of its events is refused', async () => {
  const lab = await begin()
  const before = new Map(lab.files.files)
  const good = await lab.event(
    { ...releaseOf('globex/more', '1.0.0'), at: new Date(lab.keeper.now).toISOString() },
    [keyFor('globex')],
  )
  await expect(appendEvents(lab.keeper, [good, good])).rejects.toMatchObject({
    code: 'REG_EVENT_REFUSED',
  })
  expect(lab.files.files).toEqual(before)
})

test('an event from another day is not taken in', async () => {
  const lab = await begin()
  const body = releaseOf('globex/more', '1.0.0', {
    at: new Date(lab.keeper.now + 7_200_000).toISOString(),
  })
  const event = await lab.event(body, [keyFor('globex')])
  await expect(appendEvents(lab.keeper, [event])).rejects.toMatchObject({
    code: 'REG_EVENT_REFUSED',
  })
})

test('a log that crashed before its checkpoint is what it was, and goes on', async () => {
  const lab = await begin()
  const checkpoint = lab.files.files.get('log/checkpoint')!
  await lab.publish('globex/more', '1.0.0')
  lab.files.files.set('log/checkpoint', checkpoint)
  lab.day -= 1
  await lab.publish('globex/other', '1.0.0')
  expect([...(await lab.state()).entries.keys()]).toEqual([
    'acme/ledger',
    'globex/books',
    'globex/other',
  ])
})

test('a registry is begun once', async () => {
  const lab = await begin()
  await expect(
    beginRegistry(lab.keeper, { root: lab.root, signers: [lab.keys.root] }),
  ).rejects.toMatchObject({ code: 'REG_EVENT_REFUSED' })
})

test('a check tells how far it is', async () => {
  const lab = await begin()
  const told: number[] = []
  const state = await checkLog(await lab.open(), {
    signatures: 'chains',
    progress: (done) => told.push(done),
  })
  expect(told).toEqual([state.size])
})

test('two who append at the same time do not overwrite each other', async () => {
  const lab = await begin()
  const [registry, state, keeper] = [await lab.open(), await lab.state(), lab.keeper]
  const now = new Date(lab.keeper.now).toISOString()
  const late = await lab.event({ ...releaseOf('globex/late', '1.0.0'), at: now }, [
    keyFor('globex'),
  ])
  await lab.publish('globex/early', '1.0.0')
  await expect(appendEvents(keeper, [late], { registry, state })).rejects.toMatchObject({
    code: 'REG_LOG_MOVED',
  })
  expect([...(await lab.state()).entries.keys()]).toContain('globex/early')
})
