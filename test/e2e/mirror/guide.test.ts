/**
 * The guide to mirrors says what happens: each of its commands is called, in order.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { openRemotes } from '#test/fake/git/remotes.ts'
import { call, folder } from '#test/e2e/cli.ts'

const guide = readFileSync(join(import.meta.dirname, '../../../docs/guides/mirrors.md'), 'utf8')
const commands = [...guide.matchAll(/^```sh\n([\s\S]*?)```$/gm)].flatMap(([, block = '']) =>
  block.trim().split('\n'),
)

/** Words as a shell takes them. */
const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')

test('every command of the guide works as it is written', async () => {
  await using lab = await openRemotes()
  using place = folder()
  const flow = 'dsl: flux/1\nid: hello\nsteps:\n  - id: say\n    let: { text: hello }\n'
  for (const name of ['flows', 'tools', 'private'])
    lab.remote(`acme/${name}`).push({ 'flows/hello.flow.yaml': flow })
  expect(commands.length).toBeGreaterThan(8)
  for (const line of commands) {
    const [program, ...args] = wordsOf(line)
    expect(program).toBe('ionflux')
    const ended = await call(
      args.map((word) => word.replace('https://git.example', lab.server.origin)),
      { cwd: place.path, env: { IONFLUX_SECRET_GIT_TOKEN: 'token-of-the-test' } },
    )
    expect({ line, code: ended.code, stderr: ended.stderr }).toMatchObject({ line, code: 0 })
  }
}, 120_000)
