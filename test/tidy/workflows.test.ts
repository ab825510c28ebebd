/**
 * Goal: the workflows of this repository, and its action, hold the rules that keep somebody
 * else's pull request from becoming a command: pinned actions, least permissions, no text
 * of an event inside a script.
 */
import { expect, test } from 'vitest'

import { isObject, type Json, type JsonObject, wordOf } from '#engine/core/json.ts'
import { parseDocument } from '#engine/dsl/text.ts'

import { filesUnder, read } from './tree.ts'

const workflows = filesUnder('.github/workflows')
const load = (file: string): JsonObject => {
  const { value, problems } = parseDocument({ file, text: read(file) })
  expect(problems).toEqual([])
  return value as JsonObject
}

function stepsOf(value: Json): readonly JsonObject[] {
  if (Array.isArray(value)) return value.flatMap((one: Json) => stepsOf(one))
  if (!isObject(value)) return []
  const inner = Object.values(value).flatMap((one) => stepsOf(one as Json))
  return 'run' in value || 'uses' in value ? [value, ...inner] : inner
}

test.each([...workflows, 'action.yml'])('%s runs nothing that a stranger wrote', (file) => {
  const whole = load(file)
  const texts = (key: string): readonly string[] =>
    stepsOf(whole).flatMap((step) => (typeof step[key] === 'string' ? [step[key]] : []))
  expect(texts('run').filter((text) => text.includes('${{'))).toEqual([])
  const pinned = /^(?:\.\/.*|[\w-]+\/[\w./-]+@[0-9a-f]{40})$/
  expect(texts('uses').filter((text) => !pinned.test(text))).toEqual([])
})

test.each([...workflows, 'action.yml'])('%s leaves no way in', (file) => {
  const text = read(file)
  // A token that outlives its step, all secrets at once, a variable or a path that later steps
  // trust, an actor's name as proof of who acts, a machine that remembers other jobs.
  const ways = [
    /workflow_run|pull_request_target/,
    /secrets:\s*inherit|toJSON\(\s*secrets|fromJSON\(\s*secrets/,
    /GITHUB_(?:ENV|PATH)\b|::(?:set-env|add-path|set-output)/,
    /ACTIONS_ALLOW_UNSECURE_COMMANDS|ACTIONS_STEP_DEBUG/,
    /(?:github\.actor|triggering_actor)\b/,
    /self-hosted|runs-on: \[?\s*\$/,
    /continue-on-error|container:|services:/,
    /\bcurl\b[^\n]*\|\s*(?:ba)?sh/,
  ]
  expect(ways.filter((way) => way.test(text))).toEqual([])
  // What a commit is said to be stands beside it, so that a reader can compare.
  const remote = text.split('\n').filter((line) => /uses: [\w-]+\//.test(line))
  expect(remote.filter((line) => !/@[0-9a-f]{40} # v\d+(?:\.\d+){0,2}$/.test(line))).toEqual([])
})

test.each(workflows)('%s can be named, and does not run twice at once', (file) => {
  const whole = load(file)
  expect(whole['name']).toEqual(expect.any(String))
  expect(whole['concurrency']).toMatchObject({ group: expect.any(String) as string })
  for (const job of Object.values(whole['jobs'] as JsonObject)) {
    const { permissions } = job as { readonly permissions: JsonObject }
    const writes = Object.entries(permissions).filter(([, level]) => level === 'write')
    // A token that writes is for the workflows that say something on a pull request, or publish.
    expect(writes.every(([name]) => writable.has(name))).toBe(true)
  }
})

const writable = new Set(['pull-requests', 'contents', 'statuses', 'checks', 'id-token'])

test.each(workflows)('%s takes no more than it needs', (file) => {
  const whole = load(file)
  expect(Object.keys(whole['on'] as JsonObject)).not.toContain('pull_request_target')
  expect(whole['permissions']).toEqual({})
  for (const job of Object.values(whole['jobs'] as JsonObject)) {
    expect(job).toMatchObject({
      permissions: { contents: 'read' },
      'timeout-minutes': expect.any(Number) as number,
    })
  }
  const checkouts = stepsOf(whole).filter(({ uses }) => wordOf(uses).startsWith('actions/checkout'))
  expect(checkouts.map((step) => (step['with'] as JsonObject)['persist-credentials'])).toEqual(
    checkouts.map(() => false),
  )
})
