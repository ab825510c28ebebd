/**
 * Goal: the standard library is released like anybody's plugins, and a fresh repository takes it
 * by name. Method: the release script over two of its plugins, served by git's http-backend.
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, expect, test } from 'vitest'

import { signerOf } from '#engine/host/registry/crypto.ts'
import { call, git, write } from '#test/e2e/cli.ts'
import { openGitServer } from '#test/fake/git/server.ts'

import { beginIndex, newKey } from './index-folder.ts'

const project = join(import.meta.dirname, '../../..')
const top = mkdtempSync(join(tmpdir(), 'ionflux-library-'))
const at = (name: string): string => join(top, name)
afterAll(() => rmSync(top, { recursive: true, force: true }))

test('a fresh repository adds std/csv and std/http from the registry of the project', async () => {
  for (const name of ['log', 'std']) newKey(at(`${name}.pem`))
  await beginIndex(at('index'), signerOf(readFileSync(at('log.pem'), 'utf8')))
  for (const name of ['csv', 'http'])
    cpSync(join(project, 'plugins/std', name), at(`library/plugins/std/${name}`), {
      recursive: true,
    })
  write(at('library'), { 'ionflux.yaml': 'namespace: std\n' })
  git(at('library'), 'init', '--quiet', '--initial-branch=main')
  git(at('library'), 'add', '.')
  git(at('library'), 'commit', '--quiet', '-m', 'the library')
  git(top, 'clone', '--quiet', '--bare', at('library'), at('library.git'))
  await using server = await openGitServer(top, { isOpen: true })
  const env = { ...process.env, XDG_CACHE_HOME: at('cache'), XDG_STATE_HOME: at('state') }
  const keys = ['--key', at('std.pem'), '--log-key', at('log.pem')]
  const vouched = ['--reviewer', at('log.pem')]
  const claimed = await call(
    ['release', 'claim', 'std', '--registry', at('index'), ...keys, ...vouched],
    { cwd: at('library') },
  )
  expect(claimed).toMatchObject({ code: 0 })
  const script = join(project, 'scripts/release.ts')
  const url = `${server.origin}/library.git`
  const args = [script, at('index'), ...keys, '--repo', at('library'), '--url', url]
  const first = await promisify(execFile)(process.execPath, args, { env, cwd: project })
  expect(first.stderr).toMatch(/std\/csv@\S+ is leaf 1\nstd\/http@\S+ is leaf 2\n/)
  const second = await promisify(execFile)(process.execPath, args, { env, cwd: project })
  expect(second.stderr).toMatch(/std\/csv@\S+ is there\n/)
  expect(git(at('library.git'), 'tag')).toMatch(/^std\/csv@\S+\nstd\/http@\S+$/)

  write(at('fresh'), {
    'ionflux.yaml': 'namespace: me\nregistries: { std: { index: ../index } }\n',
    'flows/read.flow.yaml':
      'dsl: flux/1\nid: read\nsteps:\n  - { id: rows, use: std/csv/parse@^1, with: { text: "a,b\\n1,2\\n" } }\noutputs: { rows: "${{ steps.rows.output.rows }}" }\n',
  })
  git(at('fresh'), 'init', '--quiet', '--initial-branch=main')
  const fresh = async (...words: readonly string[]): ReturnType<typeof call> =>
    await call(words, {
      cwd: at('fresh'),
      env: { XDG_CACHE_HOME: at('cache-fresh'), XDG_STATE_HOME: at('state-fresh') },
    })
  expect(await fresh('add', 'std/http@^1')).toMatchObject({ code: 4 })
  expect(await fresh('add', 'std/http@^1', '--accept-caps')).toMatchObject({ code: 0 })
  expect(await fresh('add', 'std/csv@^1', '--accept-caps')).toMatchObject({ code: 0 })
  expect(readFileSync(at('fresh/ionflux.lock'), 'utf8')).toContain('"leaf": 2')
  expect(await fresh('verify', '--rebuild')).toMatchObject({ code: 0 })
  expect(await fresh('run', 'read')).toMatchObject({ code: 0 })
}, 180_000)
