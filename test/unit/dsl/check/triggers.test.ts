/**
 * Goal: a trigger that can never start its flow is told before anybody waits for it.
 */
import { checkFlow } from '#engine/dsl/check.ts'
import { parseDocument, type Document } from '#engine/dsl/text.ts'
import { describe, expect, test } from 'vitest'

import { world } from '#test/unit/dsl/world.ts'

const read = (text: string): Document => parseDocument({ file: 'flows/a.flow.yaml', text })
const head = 'dsl: flux/1\nid: a\n'

/** The codes with the words they point at. */
function found(text: string): readonly (readonly [string, string])[] {
  return checkFlow(read(text), world).problems.map(
    ({ code, span }) => [code, text.slice(span?.start, span?.end)] as const,
  )
}

describe('triggers', () => {
  test.each(['0 9 * * 1-5', '*/5 0-23/2 1,15 jan-mar sun', '59 23 31 12 7'])(
    '"%s" is a cron',
    (cron) => {
      expect(
        found(`${head}on: { schedule: { cron: '${cron}' } }\nsteps: [{ id: s, let: 1 }]\n`),
      ).toEqual([])
    },
  )

  test.each(['60 * * * *', '* * * *', '5-1 * * * *', 'x * * * *', '*/0 * * * *', '1//2 * * * *'])(
    '"%s" is none',
    (cron) => {
      const text = `${head}on: { schedule: { cron: '${cron}' } }\nsteps: [{ id: s, let: 1 }]\n`
      expect(found(text)).toEqual([['DSL_VALUE_FORMAT', `'${cron}'`]])
    },
  )

  test.each(['0 3 30 2 *', '0 0 31 apr,jun *'])('"%s" never fires, and is told', (cron) => {
    const text = `${head}on: { schedule: { cron: '${cron}' } }\nsteps: [{ id: s, let: 1 }]\n`
    expect(found(text)).toEqual([['DSL_VALUE_FORMAT', `'${cron}'`]])
  })

  test.each([
    ['git: { push: [main] }', 1],
    ["schedule: { cron: '0 9 * * *' }", 1],
    ["schedule: { cron: '0 9 * * *', inputs: { who: { say: Ada } } }", 0],
    ['git: { push: [main], inputs: { other: Ada } }', 1],
    ['git: [{ id: a, push: [main], inputs: { who: Ada } }, { id: b, tag: [v1] }]', 1],
    ['webhook: { scheme: github, secret: HOOK }', 0],
  ])('%s gives the inputs that have no default', (on, many) => {
    const inputs = `inputs:
  type: object
  required: [who, size]
  properties: { who: {}, size: { default: 1 }, other: {} }
`
    const text = `${head}${inputs}on: { ${on} }\nsteps: [{ id: s, let: 1 }]\n`
    const { problems } = checkFlow(read(text), world)
    expect(problems.map(({ code }) => code)).toEqual(Array(many).fill('DSL_KEY_MISSING'))
    for (const { message } of problems) expect(message).toContain('the required "who".')
  })

  test.each([
    ['Europe/Lisbon', true],
    ['UTC', true],
    ['Europe/Lissabon', false],
  ])('"%s" is a time zone: %s', (zone, isOne) => {
    const text = `${head}on: { schedule: { cron: '0 9 * * *', timezone: '${zone}' } }\nsteps: [{ id: s, let: 1 }]\n`
    expect(found(text)).toEqual(isOne ? [] : [['DSL_VALUE_UNKNOWN', `'${zone}'`]])
  })

  test('several of one kind need ids, and different ones', () => {
    const list = (second: string): string =>
      `${head}on:\n  schedule:\n    - { id: a, cron: 0 9 * * * }\n    - { ${second} }\nsteps: [{ id: s, let: 1 }]\n`
    expect(found(list('cron: 0 9 * * *'))).toEqual(
      [['DSL_KEY_MISSING', 'cron: 0 9 * * *']].map(([code]) => [code, '{ cron: 0 9 * * * }']),
    )
    expect(found(list('id: a, cron: 0 9 * * *'))).toEqual([['DSL_STEP_DUPLICATE', 'a']])
  })
})
