/**
 * A flow that is called holds no more than its caller allows, said where it is called.
 */
import { checkFlow } from '#engine/dsl/check.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import type { Permissions } from '#engine/dsl/world.ts'
import { world } from '#test/unit/dsl/world.ts'
import { expect, test } from 'vitest'

function problems(may: string, permissions: Permissions): ReturnType<typeof checkFlow>['problems'] {
  const text = `dsl: flux/1\nid: f\npermissions: ${may}\nsteps:\n  - { id: c, flow: child }\n`
  const findFlow = (id: string) => ({ id, file: 'flows/child.flow.yaml', permissions })
  return checkFlow(parseDocument({ file: 'flows/f.flow.yaml', text }), { ...world, findFlow })
    .problems
}

test.each<[string, Permissions, readonly string[]]>([
  ['{}', {}, []],
  ['{ net: ["*.example.com"] }', { net: ['api.example.com'] }, []],
  ['{ net: [api.example.com] }', { net: ['*.example.com'] }, ['*.example.com']],
  ['{ git: ["write:ionflux/*"] }', { git: ['write'] }, ['write']],
  ['{ files: ["read:docs/*"] }', { files: ['read:docs/**'] }, ['read:docs/**']],
  ['{ secrets: [A] }', { secrets: ['A', 'TOKEN'] }, ['TOKEN']],
])('a caller with %s and a flow with %j: %j is missing', (may, permissions, named) => {
  const found = problems(may, permissions).map(({ code, at, message }) => {
    const power = /The flow "child" .*"(.*)", which the flow does not allow/.exec(message)?.[1]
    return `${code} ${at} ${power}`
  })
  expect(found).toEqual(named.map((power) => `PLAN_PERMISSION_MISSING /steps/0/flow ${power}`))
})

test('the fix grants what the called flow needs', () => {
  const [first] = problems('{ secrets: [A] }', { secrets: ['TOKEN'] })
  expect(first?.fix?.edits.map(({ text }) => text)).toEqual(['TOKEN, '])
})
