/**
 * What has the name of a flow and is none is told by `check`, and never read: a link may lead
 * anywhere, and a pipe has no end.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { call, folder, git } from '#test/e2e/cli.ts'

const flow = 'dsl: flux/1\nid: hello\nsteps:\n  - { id: one, let: 1 }\n'
const none = (file: string): object => ({
  code: 'CLI_FILE_UNREADABLE',
  severity: 'warning',
  file,
  message: expect.stringContaining(`"${file}"`),
})

test('links, pipes and folders with the name of a flow are told', { timeout: 60_000 }, async () => {
  using place = folder({
    'ionflux.yaml': '',
    'hello.flow.yaml': flow,
    'elsewhere/hello.txt': flow.replace('hello', 'linked'),
    'notes/README.md': 'no flow',
  })
  const path = (name: string): string => join(place.path, name)
  symlinkSync(path('elsewhere/hello.txt'), path('linked.flow.yaml'))
  symlinkSync(path('elsewhere/hello.txt'), path('linked.txt'))
  mkdirSync(path('folder.flow.yaml'))
  execFileSync('mkfifo', [path('pipe.flow.yaml')])
  const { code, stdout } = await call(['check', '--json'], { cwd: place.path })
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    flows: 1,
    problems: [none('folder.flow.yaml'), none('linked.flow.yaml'), none('pipe.flow.yaml')],
  })
  const one = await call(['check', 'hello.flow.yaml', '--json'], { cwd: place.path })
  expect(JSON.parse(one.stdout).problems).toEqual([])
  git(place.path, 'init', '--quiet')
  git(place.path, 'add', '.')
  git(place.path, '-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'one')
  const commit = await call(['check', '--at', 'HEAD', '--json'], { cwd: place.path })
  const { problems } = JSON.parse(commit.stdout)
  expect(problems).toMatchObject([none('linked.flow.yaml')])
})
