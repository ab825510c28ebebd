/**
 * Two plugins of one name: neither is taken, whichever folder comes first, in files and in a
 * commit. Method: a copied folder, and every way to reach the name.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { call, folder, git } from '#test/e2e/cli.ts'

const manifest = `plugin: me/shout
version: 1.0.0
entry: main.ts
actions:
  default: { effects: pure, output: { type: string } }
`
const code = (mark: string): string => `export default (): string => 'hi${mark}'\n`
const flow = (id: string, step: string): string =>
  `dsl: flux/1\nid: ${id}\nsteps:\n  - { id: s, ${step} }\n`

function place(second: string): ReturnType<typeof folder> {
  return folder({
    'ionflux.yaml': 'namespace: me\n',
    'plugins/me/shout/plugin.yaml': manifest,
    'plugins/me/shout/main.ts': code('!'),
    [`${second}/plugin.yaml`]: manifest,
    [`${second}/main.ts`]: code('?'),
    'a.flow.yaml': flow('a', 'use: me/shout'),
    'b.flow.yaml': flow('b', 'flow: a'),
    'c.flow.yaml': flow('c', 'let: 1'),
    'a.test.yaml': 'dsl: test/1\nflow: ./a.flow.yaml\ncases:\n  - { name: it ends }\n',
  })
}

test.each(['plugins/mine/shout', 'plugins/zzz', 'plugins/a'])(
  'neither the plugin at its usual place nor that in %s is run',
  { timeout: 120_000 },
  async (second) => {
    using made = place(second)
    const at = { cwd: made.path }
    git(made.path, 'init', '--quiet')
    git(made.path, 'add', '.')
    git(made.path, '-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'one')
    const calls = [
      ['check'],
      ['check', 'plugins/me'],
      ['run', 'a'],
      ['run', 'b'],
      ['run', 'a', '--at', 'HEAD'],
      ['graph', 'a'],
      ['test'],
      ['lock'],
      ['plugin', 'inspect', 'me/shout'],
    ]
    for (const args of calls) {
      const { code: exit, stdout, stderr } = await call(args, at)
      expect([args, exit]).toEqual([args, 3])
      expect(stdout + stderr).toContain('DSL_PLUGIN_DUPLICATE')
      expect(stdout + stderr).toContain('plugins/me/shout')
      expect(stdout + stderr).toContain(second)
    }
    expect(existsSync(join(made.path, 'ionflux.lock'))).toBe(false)
    expect(await call(['run', 'c'], at)).toMatchObject({ code: 0, stdout: '1\n' })
    expect(await call(['plugin', 'inspect', second], at)).toMatchObject({ code: 0 })
  },
)

test('a plan tells the flow that a second plugin of the name breaks', async () => {
  using made = place('plugins/zzz')
  git(made.path, 'init', '--quiet', '-b', 'main')
  git(made.path, 'add', '*.flow.yaml', 'ionflux.yaml', 'plugins/me')
  git(made.path, '-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'one')
  const { code: exit, stdout } = await call(['plan'], { cwd: made.path })
  expect(exit).toBe(3)
  expect(stdout).toContain('DSL_PLUGIN_DUPLICATE')
})
