/**
 * Goal: a push, a tag and a time reach the flows that want them, with the inputs they ask for.
 */
import { expect, test } from 'vitest'

import { gitEvent, wants } from '#engine/trigger/git.ts'
import { inputOf, triggersOf } from '#engine/trigger/trigger.ts'

const push = (branch: string) => ({
  ref: `refs/heads/${branch}`,
  commit: 'b'.repeat(40),
  before: 'a'.repeat(40),
  repository: 'acme/flows',
})
const tag = (name: string) => ({
  ref: `refs/tags/${name}`,
  commit: 'c'.repeat(40),
  repository: 'r',
})

test.each([
  [{ push: ['main'] }, push('main'), true],
  [{ push: ['main'] }, push('mainly'), false],
  [{ push: ['release/*'] }, push('release/1'), true],
  [{ push: ['release/*'] }, push('release/1/2'), false],
  [{ push: ['**'] }, push('a/b/c'), true],
  [{ push: ['v*'] }, tag('v1'), false],
  [{ tag: ['v*'] }, tag('v1'), true],
  [{ tag: ['v*'] }, push('v1'), false],
  [{}, push('main'), false],
  [{ push: ['**'], tag: ['**'] }, { ...tag('x'), ref: 'refs/pull/1/head' }, false],
])('%j and %o: %s', (trigger, event, expected) => {
  expect(wants(trigger, event)).toBe(expected)
})

test('every trigger of a flow has a name, given or by its place', () => {
  const on = {
    manual: {},
    schedule: [{ id: 'early', cron: '0 6 * * *' }, { cron: '0 7 * * *' }],
    git: { push: ['main'] },
    webhook: { scheme: 'github', secret: 'S' },
  }
  const names = triggersOf({ on }).map(({ kind, id }) => `${kind}/${id}`)
  expect(names).toEqual(['schedule/early', 'schedule/1', 'git/0', 'webhook/0'])
  expect([triggersOf({}), triggersOf({ on: null }), triggersOf({ on: { git: 1 } })]).toEqual([
    [],
    [],
    [],
  ])
})

test('the inputs of a run are made from the event', () => {
  const inputs = { where: '${{ event.branch }} of ${{ event.repository }}', n: 1 }
  const [trigger] = triggersOf({ on: { git: { push: ['main'], inputs } } })
  if (trigger === undefined) throw new Error('no trigger')
  expect(inputOf(trigger, gitEvent(push('main')))).toEqual({ where: 'main of acme/flows', n: 1 })
})

test('inputs that the event cannot give are an error, not a run without them', () => {
  const [trigger] = triggersOf({ on: { git: { inputs: { x: '${{ event.none.y }}' } } } })
  if (trigger === undefined) throw new Error('no trigger')
  expect(() => inputOf(trigger, gitEvent(tag('v1')))).toThrow(
    expect.objectContaining({ code: 'RUN_EXPRESSION_FAILED' }),
  )
})
