import { describe, expect, test } from 'vitest'

import type { Json } from '#engine/core/json.ts'
import { cpuMs } from '#test/unit/cpu.ts'

import { a, check, gate, loop, says, use } from './typing/flows.ts'

describe('a flow whose names all exist', () => {
  test.each<[string, readonly Json[]]>([
    ['a step before', [a, says('steps.a.output + 1')]],
    [
      'a step before the block around',
      [a, { ...(gate as object), then: [says('steps.a.output')] }],
    ],
    ['a step before it in its block', [{ ...(gate as object), then: [a, says('steps.a.output')] }]],
    ['a step of the run, the event and the run', [says('event.x + run.flow + run.startedAt')]],
    ['the output of a block', [gate, says('steps.gate.output.k + 1')]],
    ['the output of an action', [use, says('steps.log.output[0].by.name + "!"')]],
    ['an item and its turn', [use, loop, says('steps.loop.output[0] + "!"')]],
    ['an item without a name', [{ id: 'e', each: { in: [1, 2] }, steps: [says('item + 1')] }]],
    [
      'the last turn',
      [
        {
          id: 'w',
          while: '${{ turn.index < 3 }}',
          max: 3,
          steps: [says('default(turn.previous, 0) + 1')],
        },
      ],
    ],
    [
      'a branch that is needed',
      [
        {
          id: 'p',
          parallel: {
            two: { needs: ['one'], steps: [says('branches.one.output.k + 1', 'y')] },
            one: [{ id: 'z', let: { k: 1 } }],
          },
          output: '${{ branches.one.output.k }}',
        },
        says('steps.p.output + 1'),
      ],
    ],
    [
      'an error in a catch, in both shapes',
      [
        { id: 't', try: [a], catch: [says('error.code + error.message')] },
        {
          id: 'u',
          try: [says('1', 'b')],
          catch: [{ on: ['X'], steps: [says('error.data.x', 'y')] }],
        },
      ],
    ],
    [
      'the steps of every part in an output',
      [{ ...(gate as object), output: '${{ steps.yes.output.k }}' }],
    ],
    [
      'what is not known',
      [{ id: 'f', flow: 'child', with: { a: 'x' } }, says('steps.f.output.a.b')],
    ],
    [
      'a sleep and an instant',
      [
        { id: 's', sleep: '${{ duration("1m") }}' },
        { id: 'u', until: '${{ timestamp(run.startedAt) + duration("1h") }}' },
      ],
    ],
  ])('may name %s', (_, steps) => expect(check(steps)).toEqual([]))

  test('may name every step in its outputs, and the event in its triggers', () => {
    const outputs = { n: '${{ steps.a.output }}' }
    const on = { manual: { inputs: { n: '${{ event.body.n }}' } } }
    expect(check([a], { outputs, on })).toEqual([])
  })
})

describe('a name that cannot be seen', () => {
  test.each<[string, readonly Json[], string, RegExp]>([
    ['no step', [a, says('steps.b1.output')], '/steps/1/let', /no step "b1"/],
    ['a step that comes later', [says('steps.a.output'), a], '/steps/0/let', /comes later/],
    ['itself', [says('steps.x.output')], '/steps/0/let', /no output yet/],
    [
      'the block around',
      [{ ...(gate as object), then: [says('steps.gate.output')] }],
      '/steps/0/then/0/let',
      /no output yet/,
    ],
    ['a step inside a block', [gate, says('steps.yes.output')], '/steps/1/let', /inside "gate"/],
    [
      'a step inside a later block',
      [says('steps.yes.output'), gate],
      '/steps/0/let',
      /inside "gate", which comes later/,
    ],
    [
      'a step of another part',
      [{ ...(gate as object), else: [says('steps.yes.output')] }],
      '/steps/0/else/0/let',
      /"then" of "gate"/,
    ],
    [
      'a step of another branch',
      [{ id: 'p', parallel: { one: [a], two: [says('steps.a.output')] } }],
      '/steps/0/parallel/two/0/let',
      /branch "one"/,
    ],
    [
      'a branch without needs',
      [{ id: 'p', parallel: { one: [a], two: [says('branches.one.output')] } }],
      '/steps/0/parallel/two/0/let',
      /"branches" is known only/,
    ],
    [
      'a branch that is not needed',
      [
        {
          id: 'p',
          parallel: {
            one: [a],
            three: [],
            two: { needs: ['three'], steps: [says('branches.one.output')] },
          },
        },
      ],
      '/steps/0/parallel/two/steps/0/let',
      /branch "one"/,
    ],
    ['an error outside of a catch', [says('error.code')], '/steps/0/let', /only inside "catch"/],
    ['a turn outside of a loop', [says('turn.index')], '/steps/0/let', /only inside "each"/],
    [
      'an item outside of its loop',
      [use, loop, says('commit.hash')],
      '/steps/2/let',
      /item of "loop"/,
    ],
    ['a step without its prefix', [a, says('a + 1')], '/steps/1/let', /steps\.a\.output/],
    ['the environment', [says('env.HOME')], '/steps/0/let', /see no "env"/],
  ])('is told: %s', (_, steps, at, message) => {
    const problems = check(steps)
    expect(problems).toMatchObject([{ code: 'DSL_NAME_UNKNOWN', severity: 'error', at }])
    expect(problems[0]?.message).toMatch(message)
  })

  test('points at the step that is meant', () => {
    expect(check([says('steps.a.output'), a])[0]?.related).toMatchObject([{ at: '/steps/1/id' }])
  })

  test('is told in the triggers and the outputs', () => {
    const on = { schedule: [{ id: 's', cron: '* * * * *', inputs: { n: '${{ inputs.n }}' } }] }
    const outputs = { n: '${{ steps.yes.output }}' }
    expect(check([gate], { on, outputs })).toMatchObject([
      { code: 'DSL_NAME_UNKNOWN', at: '/on/schedule/0/inputs/n' },
      { code: 'DSL_NAME_UNKNOWN', at: '/outputs/n' },
    ])
  })

  test.each([
    ['steps.logg.output', 'steps.log.output'],
    ['steps.log.output[0].hsh', 'steps.log.output[0].hash'],
    ['inputs.nam', 'inputs.name'],
    ['log', 'steps.log.output'],
  ])('is mended where it is sure: %s to %s', (wrong, right) => {
    const text = `\${{ ${wrong} }}`
    const [problem] = check([use, { id: 'x', let: text }])
    const edit = problem?.fix?.edits[0]
    expect(problem?.fix?.applicability).toBe('safe')
    const mended = text.slice(0, edit?.span.start) + edit?.text + text.slice(edit?.span.end)
    expect(mended).toBe(`\${{ ${right} }}`)
  })
})

describe('a long flow', () => {
  /** Milliseconds of the fastest of three checks. */
  function time(steps: readonly Json[]): number {
    const times = [0, 1, 2].map(() => {
      const start = cpuMs()
      check(steps)
      return cpuMs() - start
    })
    return Math.min(...times)
  }

  test('is checked in a moment, right or wrong', () => {
    const chain = (source: (i: number) => string): Json[] =>
      Array.from({ length: 2_000 }, (_, i) => says(i === 0 ? '1' : source(i), `s${i}`))
    const many = Array.from({ length: 100 }, (_, k) => `steps.q${k}zz.output`).join(' + ')
    expect(time(chain((i) => `steps.s${i - 1}.output + 1`))).toBeLessThan(400)
    expect(time(chain(() => many))).toBeLessThan(400)
  })
})
