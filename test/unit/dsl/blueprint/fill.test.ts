import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { JsonObject } from '#engine/core/json.ts'
import { fillBlueprint } from '#engine/dsl/blueprint/fill.ts'
import { checkBlueprint } from '#engine/dsl/check.ts'
import { parseDocument } from '#engine/dsl/text.ts'

const head = 'blueprint: acme/a\nversion: 1.0.0\nkind: flow\nfiles: [a.flow.yaml]\n'
const flow = 'dsl: flux/1\nid: a\nsteps:\n  - { id: say, let: hello } # kept\n'
const place = 'set: [{ file: a.flow.yaml, at: steps.say.let, value: "${{ inputs.text }}" }]\n'
const inputs = 'inputs: { type: object, properties: { text: { type: string } } }\n'

function check(text: string): ReturnType<typeof checkBlueprint> {
  return checkBlueprint(parseDocument({ file: 'blueprint.yaml', text }))
}

function filled(text: string, given: JsonObject): string | undefined {
  const { blueprint } = check(text)
  if (blueprint === undefined) throw new Error('it has mistakes')
  return fillBlueprint({ blueprint, inputs: given, readText: () => flow }).get('a.flow.yaml')
}

describe('a blueprint', () => {
  test.each([
    ['a version that is none', head.replace('1.0.0', 'one'), 'DSL_VALUE_FORMAT'],
    [
      'a file that it does not have',
      head + inputs + place.replace('a.flow', 'b.flow'),
      'DSL_REFERENCE_UNKNOWN',
    ],
    ['an input that it does not ask for', head + place, 'DSL_FIELD_UNKNOWN'],
    [
      'code as a place',
      head + inputs + place.replace('say.let', 'say.transform'),
      'DSL_VALUE_UNKNOWN',
    ],
    [
      'the action of a step as a place',
      head + inputs + place.replace('say.let', 'say.use'),
      'DSL_VALUE_UNKNOWN',
    ],
    ['a file outside of it', head.replace('a.flow.yaml', '../a.flow.yaml'), 'DSL_VALUE_FORMAT'],
    ['an unknown key', `${head}more: 1\n`, 'DSL_KEY_UNKNOWN'],
  ])('with %s is refused', (_, text, code) => {
    expect(check(text).problems.map((one) => one.code)).toContain(code)
  })

  test('is filled in and keeps its comments', () => {
    expect(filled(head + inputs + place, { text: 'bye' })).toContain('let: bye } # kept')
  })

  test('stays as it is where an input was not given', () => {
    expect(filled(head + inputs + place, {})).toBeUndefined()
  })

  test('names a place that is not there', () => {
    const text = head + inputs + place.replace('steps.say', 'steps.tell')
    expect(() => filled(text, { text: 'bye' })).toThrow(
      expect.objectContaining({ code: 'DSL_EDIT_REFUSED' }),
    )
  })

  test('takes no value with an expression', () => {
    expect(() => filled(head + inputs + place, { text: '${{ inputs.a }}' })).toThrow(
      expect.objectContaining({ code: 'CLI_USAGE' }),
    )
  })

  test('writes any text as that text, and changes nothing else', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        fc.pre(!text.includes('${{'))
        const after = filled(head + inputs + place, { text })
        const { value, problems } = parseDocument({ file: 'a', text: after ?? flow })
        if (problems.length > 0) return // what a file cannot hold is not written
        expect(value).toEqual({ dsl: 'flux/1', id: 'a', steps: [{ id: 'say', let: text }] })
      }),
    )
  })
})
