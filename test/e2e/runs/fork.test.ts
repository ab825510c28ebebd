/**
 * Goal: from the command line a run can be looked at as it was, gone through again from any
 * step, and compared. Method: the real command line.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'

import { call, repository } from '#test/e2e/cli.ts'

let repo: ReturnType<typeof repository>
const ionflux = async (...args: readonly string[]): ReturnType<typeof call> =>
  await call([...args], { cwd: repo.path })
const flow = `dsl: flux/1
id: sums
inputs: { type: object, required: [n], properties: { n: { type: integer }, by: { type: integer, default: 1 } } }
steps:
  - { id: a, transform: 'export default ({ n }) => n * 2', with: { n: '\${{ inputs.n }}' } }
  - { id: b, transform: 'export default ({ n, by }) => ({ n: n + by })', with: { n: '\${{ steps.a.output }}', by: '\${{ inputs.by }}' } }
  - { id: c, let: { sum: '\${{ steps.b.output.n }}' } }
`
beforeAll(() => void (repo = repository({ 'flows/sums.flow.yaml': flow })))
afterAll(() => repo[Symbol.dispose]())

test('shows a run as it was, forks it from a step on, and says where the two part', async () => {
  const first = await ionflux('run', 'sums', '-i', 'n=4', '--json')
  const { id } = (JSON.parse(first.stdout) as { run: { id: string } }).run
  const early = await ionflux('runs', 'show', id, '--at', '2', '--json')
  expect(JSON.parse(early.stdout)).toMatchObject({
    run: { status: 'running', output: null, steps: [{ path: 'a', status: 'done' }, { path: 'b' }] },
  })
  expect((await ionflux('runs', 'show', id, '--at', '99')).code).toBe(2)

  const dry = await ionflux('runs', 'fork', id, '--from', 'b', '--dry-run', '--json')
  expect(JSON.parse(dry.stdout)).toMatchObject({ fork: { run: id, from: 'b', repeated: [] } })
  const forked = await ionflux('runs', 'fork', id, '--from', 'b', '--with', 'by=5', '--json')
  expect(JSON.parse(forked.stdout)).toMatchObject({ run: { status: 'done', output: { sum: 13 } } })
  const given = await ionflux('runs', 'fork', id, '--from', 'b', '--set-output', 'a=100')
  expect(given).toMatchObject({ code: 0, stdout: '{\n  "sum": 101\n}\n' })
  expect((await ionflux('runs', 'fork', id, '--from', 'nowhere')).code).toBe(1)

  const other = (JSON.parse(forked.stdout) as { run: { id: string } }).run.id
  const told = await ionflux('runs', 'diff', id, other, '--json')
  expect(JSON.parse(told.stdout)).toMatchObject({
    isSame: false,
    partings: [
      { path: '', what: 'input', at: [{ at: '/by', expected: 1, actual: 5 }] },
      { path: 'b', what: 'output', at: [{ at: '/n', expected: 9, actual: 13 }] },
      { path: 'c', what: 'output' },
      { path: '', what: 'output' },
    ],
  })
  const text = await ionflux('runs', 'diff', id, other)
  expect(text.stdout).toContain('here they part')
  expect((await ionflux('runs', 'diff', id, id)).stdout).toContain('the same')
}, 60_000)
