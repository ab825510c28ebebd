/** Goal: a registry is believed when enough of the right keys say so, and never more than that. */
import { describe, expect, test } from 'vitest'

import { nodeCrypto as crypto } from '#engine/host/registry/crypto.ts'
import { textOf, utf8 } from '#registry/bytes.ts'
import { printPublicKey } from '#registry/events/leaf.ts'
import { checkLog } from '#registry/check.ts'
import { appendEvents } from '#registry/keep/append.ts'
import { renewTrust } from '#registry/keep/renew.ts'
import { cosign, type NoteKey, parseNote, printNote } from '#registry/log/note.ts'
import { findEntry, resolveRelease } from '#registry/lookup.ts'
import { openRegistry } from '#registry/open.ts'
import { printRoot, type Root, rootPath } from '#registry/trust/root.ts'
import { viewPath } from '#registry/view/files.ts'
import { at, keyFor, RegistryLab, releaseOf } from '#test/fake/registry.ts'

const untrusted = { code: 'REG_UNTRUSTED' }

async function begin(): Promise<RegistryLab> {
  const lab = await RegistryLab.begin()
  await lab.claim('acme')
  for (const version of ['1.0.0', '1.1.0', '2.0.0']) await lab.publish('acme/ledger', version)
  return lab
}

function cosigned(lab: RegistryLab, names: readonly string[]): readonly NoteKey[] {
  const path = 'log/checkpoint'
  const note = parseNote(lab.files.files.get(path)!)!
  const more = names.map((name) =>
    cosign(crypto, { text: note.text, name, signer: keyFor(name), time: 1_767_000_000 }),
  )
  lab.files.files.set(path, utf8(printNote({ ...note, signatures: [...note.signatures, ...more] })))
  return names.map((name) => ({ name, type: 'cosignature', key: keyFor(name).key }))
}

describe('witnesses', () => {
  test('as many as a consumer asks for have to cosign', async () => {
    const lab = await begin()
    const keys = cosigned(lab, ['w1', 'w2'])
    const open = (need: number) =>
      openRegistry({ source: lab.files, crypto, witnesses: { keys, need } })
    expect((await open(2)).witnesses.map(({ key }) => key.name)).toEqual(['w1', 'w2'])
    await expect(open(3)).rejects.toMatchObject(untrusted)
    const others = [{ ...keys[0]!, key: keyFor('mallory').key }]
    await expect(
      openRegistry({ source: lab.files, crypto, witnesses: { keys: others, need: 1 } }),
    ).rejects.toMatchObject(untrusted)
  })

  test('a cosignature of another checkpoint spoils this one', async () => {
    const lab = await begin()
    const keys = cosigned(lab, ['w1'])
    const stale = parseNote(lab.files.files.get('log/checkpoint')!)!.signatures[1]!
    await lab.publish('acme/ledger', '2.1.0')
    const note = parseNote(lab.files.files.get('log/checkpoint')!)!
    const mixed = printNote({ ...note, signatures: [...note.signatures, stale] })
    lab.files.files.set('log/checkpoint', utf8(mixed))
    await expect(
      openRegistry({ source: lab.files, crypto, witnesses: { keys, need: 1 } }),
    ).rejects.toMatchObject(untrusted)
  })
})

describe('the root of trust', () => {
  const [fresh, spare] = [keyFor('fresh'), keyFor('spare')]
  const role = (...signers: readonly { key: Uint8Array }[]) => ({
    keys: signers.map(({ key }) => printPublicKey(key)).toSorted(),
    threshold: signers.length,
  })
  const next = (lab: RegistryLab, more: Partial<Root> = {}): Root => ({
    ...lab.root,
    version: 2,
    size: 4,
    roles: { ...lab.root.roles, root: role(fresh, spare), log: role(fresh) },
    ...more,
  })

  test('a new version replaces keys, and each leaf is judged by those of its time', async () => {
    const lab = await begin()
    const root = next(lab, { roles: { ...next(lab).roles, advisors: role(spare) } })
    lab.files.files.set(rootPath(2), printRoot(root, [lab.keys.root, fresh, spare]))
    await expect(lab.open()).rejects.toMatchObject(untrusted) // the old log key signed it
    await expect(appendEvents(lab.keeper, [])).rejects.toMatchObject(untrusted)
  })

  test('keys are replaced, and what the old ones signed stays', async () => {
    const lab = await begin()
    const advisory = {
      event: 'advisory',
      name: 'acme/ledger',
      id: 'A',
      range: '*',
      severity: 'low',
      summary: '',
    } as const
    await lab.say(advisory, lab.keys.advisor)
    const { known } = await lab.open()
    const given = { files: lab.files, crypto, signers: [lab.keys.root, spare], log: fresh }
    const roles = { root: role(spare), log: role(fresh), advisors: role(spare) }
    await expect(renewTrust({ ...given, change: {} })).rejects.toMatchObject(untrusted)
    await expect(
      renewTrust({ ...given, signers: [spare], change: { roles } }),
    ).rejects.toMatchObject(untrusted)
    expect(await renewTrust({ ...given, change: { roles } })).toMatchObject({
      version: 2,
      size: known.size,
    })
    const registry = await lab.open(known)
    expect(registry.known.version).toBe(2)
    await checkLog(registry, { signatures: 'all' })
    await expect(lab.say({ ...advisory, id: 'B' }, spare)).rejects.toMatchObject(untrusted)
    const keeper = { ...lab.keeper, signer: fresh }
    const by = async (signer: typeof spare) => await lab.event({ ...advisory, id: 'B' }, [signer])
    await expect(appendEvents(keeper, [await by(lab.keys.advisor)])).rejects.toMatchObject({
      code: 'REG_EVENT_REFUSED',
    })
    await appendEvents(keeper, [await by(spare)])
    expect((await lab.state()).entries.get('acme/ledger')?.advisories.size).toBe(2)
  })

  test.each<[string, (lab: RegistryLab) => Uint8Array]>([
    ['is signed by its own keys only', (lab) => printRoot(next(lab), [fresh, spare])],
    ['is signed by the keys before only', (lab) => printRoot(next(lab), [lab.keys.root])],
    ['is signed by too few', (lab) => printRoot(next(lab), [lab.keys.root, fresh])],
    [
      'leaves a version out',
      (lab) => printRoot(next(lab, { version: 3 }), [lab.keys.root, fresh, spare]),
    ],
    [
      'is of another log',
      (lab) => printRoot(next(lab, { origin: 'b' }), [lab.keys.root, fresh, spare]),
    ],
    ['is an old one again', (lab) => printRoot(lab.root, [lab.keys.root])],
    ['is no file of ours', () => utf8('{}\n')],
    [
      'asks for more keys than it has',
      (lab) =>
        printRoot(next(lab, { roles: { ...next(lab).roles, log: { keys: [], threshold: 0 } } }), [
          lab.keys.root,
          fresh,
          spare,
        ]),
    ],
  ])('a version that %s is refused', async (_, print) => {
    const lab = await begin()
    lab.files.files.set(rootPath(2), print(lab))
    await expect(lab.open()).rejects.toMatchObject(untrusted)
  })

  test('what is pinned is version 1 and nothing else', async () => {
    const lab = await begin()
    const { trust } = await lab.open()
    const open = (pinned: string) => openRegistry({ source: lab.files, crypto, pinned })
    expect((await open(trust.digest)).trust.digest).toBe(trust.digest)
    await expect(open(`sha256:${'0'.repeat(64)}`)).rejects.toMatchObject(untrusted)
  })

  test('a version that was seen does not go away', async () => {
    const lab = await begin()
    const { known } = await lab.open()
    await expect(lab.open({ ...known, version: 2 })).rejects.toMatchObject({
      code: 'REG_ROLLED_BACK',
    })
    await expect(lab.open({ ...known, trust: 'sha256:other' })).rejects.toMatchObject({
      code: 'REG_ROLLED_BACK',
    })
    await expect(lab.open({ ...known, origin: 'other' })).rejects.toMatchObject({
      code: 'REG_ROLLED_BACK',
    })
  })
})

describe('an entry', () => {
  test('gives the highest release that a range allows and nobody yanked', async () => {
    const lab = await begin()
    const registry = await lab.open()
    const highest = async (range?: string) =>
      (await resolveRelease(registry, { name: 'acme/ledger', range })).release.version
    expect([await highest(), await highest('^1'), await highest('1.0.0')]).toEqual([
      '2.0.0',
      '1.1.0',
      '1.0.0',
    ])
    await lab.say(
      { event: 'yank', name: 'acme/ledger', version: '1.1.0', reason: '' },
      keyFor('acme'),
    )
    const after = await lab.open(registry.known)
    const found = await resolveRelease(after, { name: 'acme/ledger', range: '^1' })
    expect(found.release.version).toBe('1.0.0')
    const exact = await resolveRelease(after, { name: 'acme/ledger', range: '1.1.0' })
    expect(exact.release.yanked).toEqual({ reason: '', isGone: false })
  })

  test('shown as another version than the log has is not believed', async () => {
    const lab = await begin()
    const path = viewPath(crypto, 'acme/ledger')
    const text = new TextDecoder().decode(lab.files.files.get(path))
    const shown = text.replaceAll(/(?<="version":)"1\.0\.0"\}$/gm, '"1.9.0"}')
    expect(shown).not.toBe(text)
    lab.files.files.set(path, utf8(shown))
    await lab.unname()
    const wish = { name: 'acme/ledger', range: '^1.5' }
    await expect(resolveRelease(await lab.open(), wish)).rejects.toMatchObject({
      code: 'REG_LOG_BROKEN',
    })
  })

  test.each([
    ['acme/nothing', undefined],
    ['acme/ledger', '^7'],
  ])('%s for %s is REG_NOT_FOUND', async (name, range) => {
    const registry = await (await begin()).open()
    await expect(resolveRelease(registry, { name, range })).rejects.toMatchObject({
      code: 'REG_NOT_FOUND',
    })
  })

  test('of many versions is found in pages, and no file has more than 10 KB', async () => {
    const lab = await begin()
    const signer = keyFor('acme')
    const actions = Array.from({ length: 4 }, (_, i) => ({
      name: `act-${i}`,
      description: 'x'.repeat(60),
    }))
    for (let minor = 2; minor < 40; minor++)
      await lab.say(
        { ...releaseOf('acme/ledger', `1.${minor}.0`, { actions }), at: at(lab.day) },
        signer,
      )
    const registry = await lab.open()
    const entry = (await findEntry(registry, 'acme/ledger'))!
    expect(entry.releases[0]?.version).toBe('2.0.0')
    expect(entry.head.pages?.length).toBeGreaterThan(1)
    const low = await resolveRelease(registry, { name: 'acme/ledger', range: '~1.1' })
    expect(low.release.version).toBe('1.1.0')
    const sizes = [...lab.files.files]
      .filter(([path]) => path.startsWith('view/'))
      .map(([, { length }]) => length)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(10_000)
  })
})

test('many advisories of many versions leave a view small, the most severe first', async () => {
  const lab = await RegistryLab.begin()
  const signer = await lab.claim('acme')
  for (let minor = 0; minor < 12; minor++) await lab.publish('acme/ledger', `1.${minor}.0`)
  for (let at = 0; at < 9; at++) {
    const severity = at === 7 ? 'critical' : 'low'
    const advisory = { event: 'advisory', name: 'acme/ledger', id: `A-${at}`, range: '*' } as const
    await lab.say({ ...advisory, severity, summary: 'x'.repeat(500) }, signer)
  }
  const entry = (await findEntry(await lab.open(), 'acme/ledger'))!
  expect(entry.head.advisories?.map(({ id }) => id)).toEqual(['A-7', 'A-0', 'A-1', 'A-2'])
  expect(entry.head.advisoriesLeftOut).toBe(5)
  expect(entry.releases[0]?.advisories).toHaveLength(9)
  const views = [...lab.files.files].filter(([path]) => path.startsWith('view/'))
  expect(Math.max(...views.map(([, { length }]) => length))).toBeLessThanOrEqual(10_000)
})

describe('a view that a host made up, of a log that does not name its views', () => {
  const change = async (edit: (lines: string[]) => string[]) => {
    const lab = await begin()
    const path = viewPath(crypto, 'acme/ledger')
    const lines = textOf(lab.files.files.get(path)!)!.trimEnd().split('\n')
    const edited = edit(lines).map((line) => `${line}\n`)
    lab.files.files.set(path, utf8(edited.join('')))
    await lab.unname()
    return await resolveRelease(await lab.open(), { name: 'acme/ledger' })
  }

  test.each<[string, (lines: string[]) => string[]]>([
    ['is no JSON', () => ['{']],
    ['has no head', (lines) => lines.slice(1)],
    [
      'has words for numbers',
      ([head = '', ...rest]) => [head.replace(/"score":\d+/, '"score":"\\u001b[2J"'), ...rest],
    ],
    ['has a field more', ([head = '', ...rest]) => [head.replace('{', '{"a":1,'), ...rest]],
    [
      'names another leaf',
      ([head = '', first = '']) => [head, first.replace(/"leaf":\d+/, '"leaf":0')],
    ],
    [
      'names a leaf that is not there',
      ([head = '', first = '']) => [head, first.replace(/"leaf":\d+/, '"leaf":999')],
    ],
    [
      'yanks with a number',
      ([head = '', first = '']) => [head, first.replace('{', '{"yanked":7,')],
    ],
  ])('and that %s is REG_LOG_BROKEN', async (_, edit) => {
    await expect(change(edit)).rejects.toMatchObject({ code: 'REG_LOG_BROKEN' })
  })
})
