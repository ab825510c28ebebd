/**
 * Goal: a client that reads one name, and replays nothing, sees what the log says of it now or
 * sees nothing. Method: registries whose derived files somebody changed, under the newest
 * checkpoint.
 */
import { beforeEach, expect, test } from 'vitest'

import { nodeCrypto as crypto } from '#engine/host/registry/crypto.ts'
import { utf8 } from '#registry/bytes.ts'
import { vouchForViews } from '#registry/keep/append.ts'
import { rebuildViews } from '#registry/keep/views.ts'
import { findEntry, resolveRelease } from '#registry/lookup.ts'
import { openRegistry, readDerived, type Registry } from '#registry/open.ts'
import { searchPath } from '#registry/search/build.ts'
import { digestsPath } from '#registry/view/digests.ts'
import { viewPath } from '#registry/view/files.ts'
import { keyFor, MemoryFiles, RegistryLab } from '#test/fake/registry.ts'

const name = 'acme/ledger'
const view = viewPath(crypto, name)
const stale = { code: 'REG_VIEW_STALE' }

let lab: RegistryLab
/** As it was before a release was yanked and warned of. */
let before: MemoryFiles

beforeEach(async () => {
  lab = await RegistryLab.begin()
  const acme = await lab.claim('acme')
  await lab.publish(name, '1.0.0')
  await lab.publish('acme/mailer', '1.0.0')
  before = new MemoryFiles(lab.files.files)
  await lab.say({ event: 'yank', name, version: '1.0.0', reason: 'It leaks.' }, acme)
})

const open = async (files: MemoryFiles = lab.files): Promise<Registry> =>
  await openRegistry({ source: files, crypto })

/** The registry with some files as they were before. */
function mixed(...paths: readonly string[]): MemoryFiles {
  const old = paths.map((path) => [path, before.files.get(path)!] as const)
  return new MemoryFiles([...lab.files.files, ...old])
}

test('what nobody touched is read, and so is what is not there', async () => {
  const registry = await open()
  const entry = await findEntry(registry, name)
  expect(entry?.releases[0]?.yanked).toMatchObject({ reason: 'It leaks.' })
  expect(await findEntry(registry, 'acme/other')).toBeUndefined()
  expect(await findEntry(registry, 'zulu/other')).toBeUndefined()
})

test('a yank cannot be kept back by the view that was there before it', async () => {
  await expect(resolveRelease(await open(mixed(view)), { name })).rejects.toMatchObject(stale)
})

test('not even with every digest of yesterday', async () => {
  const shard = view.split('/')[1]!
  const all = [view, `view/${shard}/digests`, `view/${shard[0]}.digests`, digestsPath, searchPath]
  const files = mixed(...all)
  await expect(resolveRelease(await open(files), { name })).rejects.toMatchObject(stale)
  await expect(readDerived(await open(files), searchPath)).rejects.toMatchObject(stale)
})

test.each([
  ['a name that is there cannot be denied', view, undefined],
  ['a view of another name is none', view, viewPath(crypto, 'acme/mailer')],
  ['digests that are gone say nothing', digestsPath, undefined],
  ['a search index that was edited is none', searchPath, view],
  ['a search index that is gone is missed', searchPath, undefined],
])('%s', async (_, path, from) => {
  const files = new MemoryFiles(lab.files.files)
  if (from === undefined) files.files.delete(path)
  else files.files.set(path, files.files.get(from)!)
  const registry = await open(files)
  await expect(
    path === searchPath ? readDerived(registry, path) : findEntry(registry, name),
  ).rejects.toMatchObject(stale)
})

test('a view of a name that is not in the log is none', async () => {
  const files = new MemoryFiles(lab.files.files)
  files.files.set(viewPath(crypto, 'acme/made-up'), files.files.get(view)!)
  await expect(findEntry(await open(files), 'acme/made-up')).rejects.toMatchObject(stale)
})

test('appending over derived files that somebody changed mends them', async () => {
  lab.files.files.set(view, before.files.get(view)!)
  lab.files.files.set(digestsPath, utf8('search AAAA\n'))
  await lab.publish('acme/mailer', '1.1.0')
  const { changed } = await rebuildViews(
    { files: lab.files, crypto },
    { state: await lab.state(), isWritten: false },
  )
  expect(changed).toEqual([])
  expect((await findEntry(await open(), name))?.releases[0]?.yanked).toBeDefined()
})

test('a log that does not name its views is read as before, and can be made to', async () => {
  const { keeper } = lab
  await lab.unname()
  lab.files.files.set(view, before.files.get(view)!)
  const bare = await open()
  expect(bare.digests).toBeUndefined()
  expect((await findEntry(bare, name))?.releases[0]?.yanked).toBeUndefined()
  const { top } = await rebuildViews(
    { files: lab.files, crypto },
    { state: await lab.state(), isWritten: true },
  )
  const wrong = { ...keeper, signer: keyFor('mallory') }
  await expect(vouchForViews(wrong, { registry: bare, top })).rejects.toMatchObject({
    code: 'REG_UNTRUSTED',
  })
  await vouchForViews(keeper, { registry: bare, top })
  const named = await openRegistry({ source: lab.files, crypto, known: bare.known })
  expect((await findEntry(named, name))?.releases[0]?.yanked).toBeDefined()
})

test('one name takes three small files more', async () => {
  const registry = await open()
  lab.files.asked.length = 0
  await findEntry(registry, name)
  const digests = lab.files.asked.filter((path) => path.endsWith('digests'))
  expect(digests).toHaveLength(3)
})
