/**
 * Where files cannot be written, a call says so with the path and leaves nothing half made:
 * no home, a folder where a file should be, a file system that takes nothing.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { call, folder, repository } from '#test/e2e/cli.ts'

const flow = 'dsl: flux/1\nid: plain\nsteps:\n  - { id: one, let: 1 }\n'

describe('without a home', () => {
  test('without a home that can be written nothing is begun that the next call would refuse', async () => {
    using place = folder({ 'plain.flow.yaml': flow, file: '' })
    const at = { cwd: place.path, env: { XDG_STATE_HOME: join(place.path, 'file') } }
    const refused = await call(['run', 'plain.flow.yaml'], at)
    expect(refused).toMatchObject({ code: 69, stdout: '' })
    expect(refused.stderr).toContain('XDG_STATE_HOME')
    expect(existsSync(join(place.path, '.ionflux'))).toBe(false)
    expect((await call(['doctor'], at)).stdout).toContain('IONFLUX_DATA_DIR')
    const named = { ...at, env: { ...at.env, IONFLUX_DATA_DIR: '.ionflux' } }
    expect(await call(['run', 'plain.flow.yaml'], named)).toMatchObject({ code: 0 })
    expect((await call(['runs', 'ls'], named)).stdout).toContain('plain')
  })
})

test.runIf(existsSync('/proc/self'))(
  'a key of secrets that no folder takes ends with 69',
  async () => {
    using place = repository()
    const env = { XDG_CONFIG_HOME: '/proc/ionflux/config' }
    const sealed = await call(['secret', 'set', 'TOKEN'], { cwd: place.path, env })
    expect(sealed).toMatchObject({ code: 69, stdout: '' })
    expect(sealed.stderr).toContain('/proc/ionflux')
  },
)

describe('a path that cannot be written ends with 69 and is named', () => {
  test('by a command that leaves it to the file system', async () => {
    using place = repository()
    const bundle = await call(['bundle', 'export', 'flows'], { cwd: place.path })
    expect(bundle).toMatchObject({ code: 69, stdout: '' })
    expect(bundle.stderr).toContain('error[CLI_FILE_UNREADABLE]: "flows" cannot be opened')
    expect(bundle.stderr).not.toContain('bug')
  })

  test.runIf(existsSync('/proc/self')).each([
    ['init', '/proc/ionflux/a'],
    ['plugin', 'new', 'my/one', '/proc/ionflux/a'],
    ['run', 'sum', '-i', 'a=1', '-i', 'b=2', '--data-dir', '/proc/ionflux/a'],
    ['registry', 'init', '/proc/ionflux/a', '--origin', 'r.example/main', '--keys', 'keys'],
    ['registry', 'init', 'reg', '--origin', 'r.example/main', '--keys', '/proc/ionflux/keys'],
  ])('and %s %s … ends where no folder can be made', async (...args) => {
    using place = repository()
    const ended = await call(args, { cwd: place.path })
    expect(ended).toMatchObject({ code: 69, stdout: '' })
    expect(ended.stderr).toContain('/proc')
  })
})
