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
