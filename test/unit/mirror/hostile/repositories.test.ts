/**
 * Repositories with paths, links and sizes that mean harm, pushed to a real Git server and
 * mirrored by both adapters: nothing is written outside of the mirror's own folder.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { limits } from '#engine/core/limits.ts'
import { readManifest } from '#engine/mirror/sync/manifest.ts'
import { openRemotes, openWatcher, type Remote, type RemotesLab } from '#test/fake/git/remotes.ts'

// Each test is several processes of git.
vi.setConfig({ testTimeout: 30_000 })

let lab: RemotesLab
let count = 0
beforeAll(async () => {
  lab = await openRemotes()
})
afterAll(async () => await lab[Symbol.asyncDispose]())

interface Entry {
  readonly path: string
  readonly content?: string
  readonly mode?: string
}

/** Writes one commit past the checks of a work tree. */
function pushed(entries: readonly Entry[]): Remote {
  const remote = lab.remote(`h${++count}`)
  const lines = entries.map(({ path, content = 'x: 1\n', mode = '100644' }) => {
    const quoted = `"${path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')}"`
    const size = Buffer.byteLength(content)
    return mode === '160000'
      ? `M 160000 ${'a'.repeat(40)} ${quoted}`
      : `M ${mode} inline ${quoted}\ndata ${size}\n${content}`
  })
  const head = 'commit refs/heads/main\ncommitter A <a@b> 1700000000 +0000\ndata 1\nx'
  execFileSync('git', ['fast-import', '--quiet'], {
    cwd: remote.bare,
    input: `${[head, ...lines].join('\n')}\n`,
  })
  return remote
}

const flow = { path: 'a.flow.yaml' }
const refused = 'MIRROR_OBJECT_REFUSED'
const exceeded = 'MIRROR_LIMIT_EXCEEDED'

describe.each(['portable', 'native'] as const)('a repository, %s, with', (adapter) => {
  test.each<[string, readonly Entry[], string]>([
    ['two paths that differ in case', [{ path: 'A/x.yaml' }, { path: 'a/x.yaml' }], refused],
    ['two files that differ in case', [{ path: 'Flow.yaml' }, { path: 'flow.yaml' }], refused],
    ['a name that is not composed', [{ path: 'e\u0301.yaml' }], refused],
    ['a line end in a name', [{ path: 'a\nb.yaml' }], refused],
    ['a control character in a name', [{ path: 'a\u0007.yaml' }], refused],
    ['a colon in a name', [{ path: 'a:b.yaml' }], refused],
    ['a name of 300 characters', [{ path: `${'n'.repeat(300)}.yaml` }], refused],
    ['a path of 2,000 characters', [{ path: `${'deep/'.repeat(400)}a.yaml` }], refused],
    [
      'more files than a mirror keeps',
      Array.from({ length: limits.mirrorFilesMax + 1 }, (_, i) => ({
        path: `d${i % 50}/f${i}.yaml`,
        content: 'x',
      })),
      exceeded,
    ],
  ])('%s is refused whole, and says so', async (_, entries, code) => {
    const { url } = pushed([flow, ...entries])
    await using watcher = openWatcher(lab, { adapter })
    const { id } = watcher.add(url)
    const { failure, facts } = await watcher.sync(id)
    expect(failure).toMatchObject({ stage: 'mirrored', code })
    expect(failure?.message).not.toMatch(/\p{Cc}/u)
    expect(facts.mirrored.commit).toBeUndefined()
    expect(readdirSync(watcher.folder)).toEqual([id])
  })

  test('links, submodules and odd names elsewhere keeps the rest, and follows nothing', async () => {
    const { url } = pushed([
      flow,
      { path: 'passwd.flow.yaml', content: '/etc/passwd', mode: '120000' },
      { path: 'up', content: '../../../..', mode: '120000' },
      { path: 'lib.yaml', mode: '160000' },
      { path: 'pictures/a:b.png' },
      { path: 'node_modules/x/index.js' },
      { path: '.ionflux/journal.yaml' },
    ])
    await using watcher = openWatcher(lab, { adapter })
    const { id } = watcher.add(url)
    const { facts } = await watcher.sync(id)
    const { tree } = facts.mirrored
    const { files, links } = readManifest(watcher.store.content.get(tree ?? ('' as never)))
    expect(files.map(({ path }) => path)).toEqual(['a.flow.yaml'])
    expect(links).toEqual(['lib.yaml', 'passwd.flow.yaml'])
    expect(readdirSync(watcher.folder)).toEqual([id])
    expect(readdirSync(join(watcher.folder, id))).not.toContain('a.flow.yaml')
  })
})
