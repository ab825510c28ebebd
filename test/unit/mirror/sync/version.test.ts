/**
 * Goal: a person names a version of a mirror as they would name it to Git, and gets the files
 * that the mirror saw there, or is told what is not here. Nothing is ever fetched for it.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import type { Digest } from '#engine/core/digest.ts'
import { readManifest } from '#engine/mirror/sync/manifest.ts'
import type { CommitId } from '#engine/mirror/port.ts'
import type { RefSeen } from '#engine/mirror/sync/mirror.ts'
import { getVersion, type Known, namedCommit } from '#engine/mirror/sync/version.ts'
import { openRemotes, openWatcher, type RemotesLab } from '#test/fake/git/remotes.ts'

// Each test is several processes of git.
vi.setConfig({ testTimeout: 30_000 })

const a = 'aaaaaaa1'.padEnd(40, '0')
const b = 'aaaaaaa2'.padEnd(40, '0')
const c = 'c'.repeat(40)
const seen = (ref: string, commit: string, goneAt?: number): RefSeen => ({
  ref,
  oid: commit,
  commit,
  firstSeen: 1,
  ...(goneAt === undefined ? {} : { goneAt }),
})
const known: Known = {
  mirror: { name: 'acme/flows', branch: 'main' },
  refs: [
    seen('refs/heads/main', a, 2),
    seen('refs/heads/main', b),
    seen('refs/tags/v1', a),
    seen('refs/tags/moved', a, 2),
    seen('refs/tags/moved', b),
    seen('refs/tags/gone', a, 2),
    seen('refs/tags/aaaaaaa', b),
    seen(`refs/tags/${a}`, b),
  ],
  versions: [{ commit: c as CommitId, tree: `sha256:${'0'.repeat(64)}` as Digest }],
}

test.each([
  ['main', b],
  ['refs/heads/main', b],
  ['v1', a],
  ['refs/tags/v1', a],
  [a, a],
  [a.toUpperCase(), a],
  ['aaaaaaa1', a],
  ['ccccccc', c],
])('"%s" is a commit that was seen', (text, commit) => {
  expect(namedCommit(text, known)).toBe(commit)
})

test.each([
  ['v2', 'Did you mean "v1"?'],
  ['gone', 'has mirrored is called'],
  ['cccccc', 'at least 7 digits'],
  ['d'.repeat(40), 'at least 7 digits'],
  ['', 'at least 7 digits'],
  ['main~1', 'has mirrored'],
  ['--upload-pack=evil', 'has mirrored'],
  ['moved', 'more than one commit'],
  ['aaaaaaa', 'more than one commit'],
])('"%s" is none, and it is said why', (text, words) => {
  expect(() => namedCommit(text, known)).toThrow(
    expect.objectContaining({
      code: 'MIRROR_REF_UNKNOWN',
      message: expect.stringContaining(words),
    }),
  )
})

describe('a version of a repository', () => {
  let lab: RemotesLab
  beforeAll(async () => {
    lab = await openRemotes()
  })
  afterAll(async () => await lab[Symbol.asyncDispose]())
  const code = (wanted: string): unknown => expect.objectContaining({ code: wanted })

  test.each(['portable', 'native'] as const)('has the files of then, %s', async (adapter) => {
    const origin = lab.remote(`v-${adapter}`)
    await using watcher = openWatcher(lab, { adapter })
    const added = watcher.add(origin.url)
    const { id } = added
    const sync = async (text: string): Promise<string> => {
      const commit = origin.push({ 'a.md': text })
      await watcher.sync(id)
      return commit
    }
    const [first, second, third] = [await sync('one'), await sync('two'), await sync('three')]
    origin.git('tag', '-a', '-m', 'two', 'v2', second)
    origin.git('push', '-q', origin.bare, 'v2')
    const aside = origin.push({ 'a.md': 'aside' }, { branch: 'aside', from: first })
    origin.git('tag', 'elsewhere', aside)
    origin.git('push', '-q', origin.bare, 'elsewhere')
    await watcher.sync(id)
    const requests = lab.server.requests.length
    const find = async (text: string): Promise<string> => {
      const mirror = watcher.store.find(id) ?? added
      const { commit, tree } = await getVersion(watcher.ports, mirror, { text, versions: [] })
      const { files } = readManifest(watcher.store.content.get(tree))
      const texts = files.map(({ digest }) =>
        Buffer.from(watcher.store.content.get(digest)).toString(),
      )
      return `${commit} ${texts.join()}`
    }
    expect(await find(first.slice(0, 7))).toBe(`${first} one`)
    expect(await find('v2')).toBe(`${second} two`)
    expect(await find('main')).toBe(`${third} three`)
    await expect(find('elsewhere')).rejects.toThrow(code('MIRROR_REF_UNKNOWN'))
    await expect(find('aside')).rejects.toThrow(code('MIRROR_REF_UNKNOWN'))
    rmSync(join(watcher.folder, id), { recursive: true })
    await expect(find(first)).rejects.toThrow(/does not have/)
    expect(lab.server.requests.length).toBe(requests)
  })
})
