/** Trees and files mean the same to every adapter, whatever they are called and however broken. */
import { appendFileSync, chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import type { GitPort } from '#engine/mirror/port.ts'

import { adapters, built, code, odd, packed, plain, text, using as usingWith } from './histories.ts'

describe.each(adapters)('%s', (_, open) => {
  const using = <T>(dir: string, use: (git: GitPort) => Promise<T>): Promise<T> =>
    usingWith(open, dir, use)

  test('lists every entry with type, mode and size', async () => {
    const tree = await using(odd.dir, (git) => git.tree({ at: 'HEAD' }))
    expect(tree.map(({ path, type, size }) => [path, type, size])).toEqual([
      ['-rf', 'file', 4],
      [':(top)*', 'file', 5],
      ['b\u{fffd}\u{fffd}', 'file', 5],
      ['link', 'symlink', 11],
      ['module', 'submodule', undefined],
      ['new\nline', 'file', 1],
      ['quote"\'\\ tab\t', 'file', 1],
      ['žluť/日本語/💡.md', 'file', 7],
    ])
    expect(tree.find(({ path }) => path === 'link')?.mode).toBe('120000')
    const [script] = await using(plain.dir, (git) => git.tree({ at: 'v2', path: 'dir/' }))
    expect(script).toMatchObject({ path: 'dir/b.sh', mode: '100755' })
  })

  test('reads files of any name and nothing but files', async () => {
    await using(odd.dir, async (git) => {
      const paths = [
        'new\nline',
        'quote"\'\\ tab\t',
        'b\u{fffd}\u{fffd}',
        '-rf',
        ':(top)*',
        'žluť/日本語/💡.md',
      ]
      const blobs = await git.readMany(paths.map((path) => ({ at: 'HEAD', path })))
      const texts = blobs.map((blob) => (blob instanceof IonError ? blob : text(blob.bytes)))
      expect(texts).toEqual(['n', 'q', 'bytes', 'dash', 'magic', 'unicode'])
      for (const path of ['link', 'module']) {
        await expect(git.read({ at: 'HEAD', path })).rejects.toEqual(code('MIRROR_OBJECT_REFUSED'))
      }
      for (const path of ['gone', 'žluť', '../-rf', './-rf', '/etc/passwd', '', '*']) {
        await expect(git.read({ at: 'HEAD', path })).rejects.toEqual(code('MIRROR_PATH_UNKNOWN'))
      }
    })
  })

  test('keeps line ends and reads by id', async () => {
    await using(plain.dir, async (git) => {
      const [entry] = await git.tree({ at: 'v1', path: 'a.txt' })
      const { bytes } = await git.read({ oid: entry!.oid })
      expect(text(bytes)).toBe('one\r\n')
      await expect(git.read({ oid: plain.ids[0]! })).rejects.toEqual(code('MIRROR_OBJECT_REFUSED'))
      await expect(git.read({ oid: 'main' })).rejects.toEqual(code('MIRROR_OBJECT_REFUSED'))
      await expect(git.read({ oid: '--help' })).rejects.toEqual(code('MIRROR_OBJECT_REFUSED'))
      await expect(git.read({ oid: 'f'.repeat(40) })).rejects.toEqual(code('MIRROR_READ_FAILED'))
    })
  })

  test('says what changed between two trees', async () => {
    await using(plain.dir, async (git) => {
      const changes = await git.diff({ from: 'v1', to: 'main' })
      expect(changes.map(({ path, kind }) => [path, kind])).toEqual([
        ['a.txt', 'deleted'],
        ['dir/b.sh', 'added'],
        ['side.txt', 'added'],
      ])
      expect(await git.diff({ from: 'main', to: 'main' })).toEqual([])
    })
    const [change] = await using(packed.dir, (git) => git.diff({ from: 'light', to: 'main' }))
    expect(change).toMatchObject({
      kind: 'modified',
      before: expect.stringMatching(/^[0-9a-f]{40}$/),
    })
  })

  test('refuses a file above the limit and reads the ones beside it', async () => {
    const large = limits.gitBlobBytesMax + 1
    const fixture = built([
      {
        message: 'large',
        files: [
          { path: 'bomb', content: Buffer.alloc(large) },
          { path: 'small', content: 's' },
        ],
      },
    ])
    for (const isPacked of [false, true]) {
      if (isPacked) fixture.git('gc', '--quiet')
      await using(fixture.dir, async (git) => {
        expect((await git.tree({ at: 'HEAD' })).map(({ size }) => size)).toEqual([large, 1])
        const [bomb, small] = await git.readMany(
          ['bomb', 'small'].map((path) => ({ at: 'HEAD', path })),
        )
        expect(bomb).toEqual(code('MIRROR_OBJECT_REFUSED'))
        expect(small).toMatchObject({ bytes: expect.objectContaining({ length: 1 }) })
      })
    }
  })

  test('answers a broken object with an error and the ones beside it', async () => {
    const fixture = built([])
    for (const file of ['a', 'b', 'c']) writeFileSync(join(fixture.dir, file), file.repeat(100))
    fixture.git('add', '.')
    fixture.git('commit', '--quiet', '-m', 'three')
    const oid = fixture.git('rev-parse', 'HEAD:b')
    const object = join(fixture.dir, '.git/objects', oid.slice(0, 2), oid.slice(2))
    chmodSync(object, 0o644)
    writeFileSync(object, readFileSync(object).fill(0x41, 10))
    await using(fixture.dir, async (git) => {
      const blobs = await git.readMany(['a', 'b', 'c'].map((path) => ({ at: 'HEAD', path })))
      expect(blobs[1]).toEqual(code('MIRROR_READ_FAILED'))
      expect(
        [blobs[0], blobs[2]].map((blob) => (blob instanceof IonError ? blob : text(blob!.bytes))),
      ).toEqual(['a'.repeat(100), 'c'.repeat(100)])
    })
    rmSync(
      join(
        fixture.dir,
        '.git/objects',
        fixture.git('rev-parse', 'HEAD^{tree}').replace(/^../, '$&/'),
      ),
      {
        force: true,
      },
    )
    await expect(using(fixture.dir, (git) => git.tree({ at: 'HEAD' }))).rejects.toEqual(
      code('MIRROR_READ_FAILED'),
    )
  })

  test('runs nothing that a repository asks to be run', async () => {
    const fixture = built([
      { message: 'one', files: [{ path: '.gitattributes', content: '* diff=x filter=x' }] },
    ])
    const mark = join(fixture.dir, 'was-run')
    const script = `touch '${mark}'; true`
    appendFileSync(
      join(fixture.dir, '.git/config'),
      [
        `[core]\n\tfsmonitor = "${script}"\n\tpager = "${script}"\n\tsshCommand = "${script}"`,
        `[log]\n\tshowSignature = true\n[gpg]\n\tprogram = "${script}"`,
        `[diff "x"]\n\ttextconv = "${script}"\n\tcommand = "${script}"\n[filter "x"]\n\tsmudge = "${script}"\n`,
      ].join('\n'),
    )
    await using(fixture.dir, async (git) => {
      await git.log({ to: 'HEAD', limit: 10 })
      await git.diff({ from: 'HEAD', to: 'HEAD' })
      await git.read({ at: 'HEAD', path: '.gitattributes' })
      await git.tags()
      await git.head()
    })
    expect(() => readFileSync(mark)).toThrow('ENOENT')
  })
})
