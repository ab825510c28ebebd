/**
 * The guide to the watcher says what happens: each of its commands is called, in order, and
 * its policy is one.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { checkRepository } from '#engine/dsl/check.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { call, folder } from '#test/e2e/cli.ts'
import { openRemotes } from '#test/fake/git/remotes.ts'

const guide = readFileSync(join(import.meta.dirname, '../../../docs/guides/watch.md'), 'utf8')
const blocks = (kind: string): readonly string[] =>
  [...guide.matchAll(new RegExp(`^\`\`\`${kind}\\n([\\s\\S]*?)\`\`\`$`, 'gm'))].map(
    ([, block = '']) => block,
  )

test('every command of the guide works as it is written', { timeout: 60_000 }, async () => {
  await using lab = await openRemotes()
  using place = folder()
  const flow =
    'dsl: flux/1\nid: a\non: { git: { push: [main] } }\nsteps:\n  - { id: one, let: 1 }\n'
  lab.remote('acme/flows').push({ 'flows/a.flow.yaml': flow })
  let said = ''
  const lines = blocks('sh').flatMap((block) => block.trim().split('\n'))
  expect(lines.length).toBeGreaterThan(4)
  for (const line of lines) {
    const [digest = ''] = /sha256:[0-9a-f]{64}/.exec(said) ?? []
    // A watcher that works for ever is looked at elsewhere.
    const once = line === 'ionflux watch' ? `${line} --once` : line
    const words = once
      .replace('https://git.example', lab.server.origin)
      .replace('DIGEST', digest)
      .split(' ')
    const ended = await call(words.slice(1), { cwd: place.path })
    expect({ line, ...ended }).toMatchObject({ line, code: 0 })
    said = ended.stdout
  }
  expect(said).toContain('active')
})

test('the policy that it shows is one', () => {
  const [text = ''] = blocks('yaml')
  const key = `ssh-ed25519 ${'A'.repeat(68)}`
  const document = parseDocument({
    file: 'ionflux.yaml',
    text: text.replace('ssh-ed25519 AAAA…', key),
  })
  expect(checkRepository(document).problems).toEqual([])
})
