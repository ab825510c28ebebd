/**
 * Goal: what the guide on forking shows works as it is shown. Method: its blueprint and its calls.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test, vi } from 'vitest'

import { call, git, repository, write } from '#test/e2e/cli.ts'

// Each test is many processes.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const guide = readFileSync(join(import.meta.dirname, '../../../docs/guides/forking.md'), 'utf8')
const blocks = (language: string): readonly string[] =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map(
    ([, text = '']) => text,
  )

test('the blueprint of the guide is used, synchronised and given back', async () => {
  const [blueprint = ''] = blocks('yaml')
  const calls = blocks('sh').map((text) => text.trim().split(' > ')[0]?.split(' ') ?? [])
  const flow =
    'dsl: flux/1\nid: reminder\nsteps:\n  - { id: days, let: [1] }\n  - { id: text, let: "On ${{ steps.days.output }}" }\n'
  using own = repository({
    'vendor/reminder/blueprint.yaml': blueprint,
    'vendor/reminder/reminder.flow.yaml': flow,
  })
  const cache = join(own.path, '.git', 'cache')
  const run = async (args: readonly string[]): Promise<string> => {
    const ended = await call(args.slice(1), { cwd: own.path, env: { XDG_CACHE_HOME: cache } })
    expect(ended).toMatchObject({ code: 0 })
    return ended.stdout
  }
  const [use = [], sync = [], contribute = []] = calls
  await run(use)
  expect(await run(['ionflux', 'run', 'standup'])).toBe('On [1,5]\n')
  write(own.path, { 'vendor/reminder/reminder.flow.yaml': flow.replace('On ', 'Next on ') })
  await run(sync)
  expect(await run(['ionflux', 'run', 'standup'])).toBe('Next on [1,5]\n')
  git(own.path, 'add', '.')
  const file = readFileSync(join(own.path, 'flows/reminder/reminder.flow.yaml'), 'utf8')
  write(own.path, { 'flows/reminder/reminder.flow.yaml': file.replace('Next on', 'Again on') })
  const patch = await run([...contribute.slice(0, 2), 'flows/reminder'])
  expect(patch).toContain('+  - { id: text, let: "Again on')
  expect(patch).not.toContain('standup')
})
