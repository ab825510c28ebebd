import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { JsonObject } from '#engine/core/json.ts'
import { compareVersions } from '#engine/dsl/reference.ts'
import { judgeRelease } from '#engine/plan/release/bump.ts'
import { type Contract, contractOfFlow, contractOfPlugin } from '#engine/plan/release/contract.ts'

const input: JsonObject = {
  type: 'object',
  required: ['to'],
  additionalProperties: false,
  properties: {
    to: { type: 'string', maxLength: 10 },
    mode: { enum: ['fast', 'safe'] },
    deep: { type: 'object', properties: { list: { type: 'array', items: { type: 'string' } } } },
  },
}
const output: JsonObject = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'string' }, state: { enum: ['sent', 'queued'] } },
}

type Changed = Partial<{
  readonly input: JsonObject
  readonly output: JsonObject
  readonly effects: 'pure' | 'read' | 'idempotent' | 'unsafe'
  readonly needs: readonly string[]
  readonly capabilities: JsonObject
  readonly also: string
}>

function plugin({ also, capabilities, ...changed }: Changed = {}): Contract {
  const action = { effects: 'idempotent' as const, input, output, needs: ['net'], ...changed }
  return contractOfPlugin({
    plugin: 'acme/post',
    version: '1.0.0',
    entry: 'main.ts',
    capabilities: capabilities ?? { net: ['api.example.com'], secrets: ['TOKEN'] },
    actions: { send: action, ...(also === undefined ? {} : { [also]: action }) },
  })
}

function with_(schema: JsonObject, properties: JsonObject, more: JsonObject = {}): JsonObject {
  return {
    ...schema,
    properties: { ...(schema['properties'] as JsonObject), ...properties },
    ...more,
  }
}

function without(schema: JsonObject, name: string): JsonObject {
  const rest = Object.entries(schema['properties'] as JsonObject).filter(([key]) => key !== name)
  return { ...schema, properties: Object.fromEntries(rest) }
}

function bumpOf(after: Contract, before = plugin()): string {
  return judgeRelease({ version: '1.2.3', contract: before }, { version: '9.9.9', contract: after })
    .bump
}

const items = (type: string): JsonObject => ({
  deep: { type: 'object', properties: { list: { type: 'array', items: { type } } } },
})

describe('the step that a change asks for', () => {
  test.each<[string, string, Changed]>([
    ['nothing at all', 'patch', {}],
    ['a new optional input', 'minor', { input: with_(input, { cc: { type: 'string' } }) }],
    [
      'a new input that must be given',
      'major',
      { input: with_(input, { cc: {} }, { required: ['to', 'cc'] }) },
    ],
    ['an input that is gone', 'major', { input: without(input, 'mode') }],
    ['an input that can be left out', 'minor', { input: { ...input, required: [] } }],
    [
      'an input of another type',
      'major',
      { input: with_(input, { to: { type: 'number', maxLength: 10 } }) },
    ],
    [
      'an input of more types',
      'minor',
      { input: with_(input, { to: { type: ['string', 'null'], maxLength: 10 } }) },
    ],
    ['a shorter input', 'major', { input: with_(input, { to: { type: 'string', maxLength: 9 } }) }],
    ['a longer input', 'minor', { input: with_(input, { to: { type: 'string', maxLength: 11 } }) }],
    ['an input without a bound', 'minor', { input: with_(input, { to: { type: 'string' } }) }],
    [
      'an input with a pattern',
      'major',
      { input: with_(input, { to: { type: 'string', maxLength: 10, pattern: 'a' } }) },
    ],
    ['fewer choices', 'major', { input: with_(input, { mode: { enum: ['fast'] } }) }],
    [
      'more choices',
      'minor',
      { input: with_(input, { mode: { enum: ['fast', 'safe', 'slow'] } }) },
    ],
    ['other items deep inside', 'major', { input: with_(input, items('number')) }],
    [
      'another default',
      'major',
      { input: with_(input, { mode: { enum: ['fast', 'safe'], default: 'fast' } }) },
    ],
    [
      'an input that takes other members',
      'minor',
      { input: { ...input, additionalProperties: true } },
    ],
    ['another description', 'patch', { input: { ...input, description: 'What to send.' } }],
    ['an output more', 'minor', { output: with_(output, { at: { type: 'string' } }) }],
    ['an output that is gone', 'major', { output: without(output, 'state') }],
    ['an output that may be missing', 'major', { output: { ...output, required: [] } }],
    [
      'an output that is always there',
      'minor',
      { output: { ...output, required: ['id', 'state'] } },
    ],
    [
      'a choice more in the output',
      'major',
      { output: with_(output, { state: { enum: ['sent', 'queued', 'lost'] } }) },
    ],
    [
      'a choice less in the output',
      'minor',
      { output: with_(output, { state: { enum: ['sent'] } }) },
    ],
    [
      'a word that cannot be compared',
      'major',
      { output: with_(output, { id: { type: 'string', 'x-odd': 1 } }) },
    ],
    ['a larger effect', 'major', { effects: 'unsafe' }],
    ['a smaller effect', 'minor', { effects: 'read' }],
    [
      'a new host',
      'major',
      { capabilities: { net: ['api.example.com', 'b.example.com'], secrets: ['TOKEN'] } },
    ],
    [
      'a wildcard over the host',
      'major',
      { capabilities: { net: ['*.example.com'], secrets: ['TOKEN'] } },
    ],
    [
      'a power that is no longer asked for',
      'minor',
      { capabilities: { net: ['api.example.com'] } },
    ],
    ['an action that needs more of what it has', 'major', { needs: ['net', 'secrets'] }],
    ['a new action', 'minor', { also: 'draft' }],
  ])('%s is a %s one', (what, bump, changed) => {
    const [before, after] =
      what === 'another default'
        ? [
            plugin({ input: with_(input, { mode: { enum: ['fast', 'safe'], default: 'safe' } }) }),
            plugin(changed),
          ]
        : [plugin(), plugin(changed)]
    expect(bumpOf(after, before)).toBe(bump)
  })

  test('an action that is gone is a major one', () => {
    expect(bumpOf(plugin(), plugin({ also: 'draft' }))).toBe('major')
  })

  test('a flow is judged by its inputs, outputs and permissions', () => {
    const flow = {
      inputs: input,
      outputs: { id: '${{ 1 }}' },
      permissions: { net: ['a.example.com'] },
    }
    const before = contractOfFlow(flow)
    expect(bumpOf(contractOfFlow({ ...flow, outputs: { id: '1', at: '2' } }), before)).toBe('minor')
    expect(bumpOf(contractOfFlow({ ...flow, outputs: {} }), before)).toBe('major')
    const typed = { ...flow, returns: output }
    const less = { ...flow, returns: without(output, 'state') }
    expect(bumpOf(contractOfFlow(less), contractOfFlow(typed))).toBe('major')
    expect(bumpOf(contractOfFlow({ ...flow, permissions: { git: ['read'] } }), before)).toBe(
      'major',
    )
  })
})

describe('the least version', () => {
  const grown = plugin({ effects: 'unsafe' })
  const more = plugin({ also: 'draft' })
  test.each<[string, string, Contract, boolean]>([
    ['1.2.3', '1.2.4', plugin(), true],
    ['1.2.3', '1.2.4', more, false],
    ['1.2.3', '1.3.0', more, true],
    ['1.2.3', '1.9.0', grown, false],
    ['1.2.3', '2.0.0', grown, true],
    ['1.2.3', '2.0.0-beta.1', grown, true],
    ['2.0.0-beta.1', '2.0.0', grown, true],
    ['0.2.1', '0.2.2', more, true],
    ['0.2.1', '0.2.9', grown, false],
    ['0.2.1', '0.3.0', grown, true],
  ])('%s to %s', (was, is, contract, isEnough) => {
    const judged = judgeRelease({ version: was, contract: plugin() }, { version: is, contract })
    expect(judged.isEnough).toBe(isEnough)
  })

  test('names the powers among its reasons, the most severe first', () => {
    const after = plugin({ capabilities: { net: ['*'], secrets: ['TOKEN'] }, also: 'draft' })
    const { changes } = judgeRelease(
      { version: '1.0.0', contract: plugin() },
      { version: '1.1.0', contract: after },
    )
    expect(changes[0]).toMatchObject({ bump: 'major', isPower: true })
    expect(changes.map(({ bump }) => bump).toSorted()).toEqual(['major', 'minor'])
  })

  test('is always above the version before, and enough for itself', () => {
    const number = fc.nat({ max: 50 })
    fc.assert(
      fc.property(
        number,
        number,
        number,
        fc.constantFrom(plugin(), more, grown),
        (a, b, c, contract) => {
          const version = `${a}.${b}.${c}`
          const { least } = judgeRelease({ version, contract: plugin() }, { version, contract })
          expect(compareVersions(least, version)).toBeGreaterThan(0)
          expect(
            judgeRelease({ version, contract: plugin() }, { version: least, contract }).isEnough,
          ).toBe(true)
        },
      ),
    )
  })
})

describe('schemas of any shape', () => {
  const schema = fc.letrec<{ schema: JsonObject }>((tie) => ({
    schema: fc.record(
      {
        type: fc.constantFrom('string', 'number', 'object', 'array'),
        minLength: fc.nat({ max: 3 }),
        maximum: fc.nat({ max: 3 }),
        required: fc.subarray(['a', 'b']),
        enum: fc.subarray([1, 2, 3]),
        properties: fc.record({ a: tie('schema'), b: tie('schema') }, { requiredKeys: [] }),
        items: tie('schema'),
        additionalProperties: fc.boolean(),
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<JsonObject>,
  })).schema

  test('what narrows an input one way widens it the other way', () => {
    fc.assert(
      fc.property(schema, schema, (a, b) => {
        const there = bumpOf(plugin({ input: b }), plugin({ input: a }))
        const back = bumpOf(plugin({ input: a }), plugin({ input: b }))
        // Only two schemas that say the same are a patch from each other, in both ways.
        expect(there === 'patch').toBe(back === 'patch')
        expect(bumpOf(plugin({ input: a }), plugin({ input: a }))).toBe('patch')
      }),
    )
  })
})
