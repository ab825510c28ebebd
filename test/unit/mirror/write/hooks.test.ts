/**
 * Goal: writing starts no program that a repository names. Method: hooks and a file monitor
 * that leave a trace, set up as a hostile repository would.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { openNativeWriter } from '#engine/mirror/write/native.ts'
import { openPortableWriter } from '#engine/mirror/write/portable.ts'
import { repository } from '#test/fake/repository.ts'

const author = { name: 'Flow', email: 'flow@example.com' }
const at = 1_760_000_000_000

test.each([
  ['native', openNativeWriter],
  ['portable', openPortableWriter],
] as const)('the %s writer starts no hook', async (_, open) => {
  const fixture = repository([{ message: 'first', files: [{ path: 'a', content: '1' }] }])
  const { dir, git } = fixture
  const hooks = join(dir, 'own-hooks')
  mkdirSync(hooks)
  for (const name of ['reference-transaction', 'post-commit', 'pre-commit', 'update']) {
    writeFileSync(join(hooks, name), `#!/bin/sh\ntouch "${dir}/started"\n`, { mode: 0o755 })
  }
  git('config', 'core.hooksPath', hooks)
  git('config', 'core.fsmonitor', join(hooks, 'update'))
  const writer = await open(dir)
  const changes = [{ path: 'a', bytes: Buffer.from('2') }]
  await writer.commit({ branch: 'ionflux/one', changes, message: 'two', author, at })
  await writer.tag({ name: 'v1', target: 'ionflux/one', message: 'x', author, at })
  expect(existsSync(join(dir, 'started'))).toBe(false)
  git('update-ref', 'refs/heads/other', 'HEAD')
  expect(existsSync(join(dir, 'started'))).toBe(true) // the trap itself works
  fixture.remove()
})
