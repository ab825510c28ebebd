/**
 * Goal: what a pure step gave is used again by later runs, everybody can see that, nobody has to
 * have it, and the journal of such a run holds when it is executed again. Method: the command line.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'

import { call, repository } from '#test/e2e/cli.ts'

let repo: ReturnType<typeof repository>
const ionflux = async (...args: readonly string[]): ReturnType<typeof call> =>
  await call([...args], { cwd: repo.path })

/** Long enough to be kept. */
const heavy = `export default ({ n }) => { let sum = 0; for (let i = 0; i < 2e6; i++) sum = (sum + i * n) % 1009; return sum }`
const flow = (id: string, more = ''): string => `dsl: flux/1
id: ${id}
inputs: { type: object, required: [n], properties: { n: { type: integer } } }
steps:
  - { id: heavy, transform: '${heavy}', with: { n: '\${{ inputs.n }}' } }
  - { id: small, transform: 'export default ({ n }) => n + 1', with: { n: '\${{ inputs.n }}' } }
${more}`

const calls = `dsl: flux/1
id: calls
steps:
  - { id: sub, flow: sums, with: { n: 3 } }
`

/** Each call is a process of its own. */
const slow = { timeout: 60_000 }

interface Shown {
  readonly id: string
  readonly output: unknown
  readonly steps: readonly { path: string; cached?: { run: string; at: string } }[]
}

beforeAll(
  () =>
    void (repo = repository({
      'flows/sums.flow.yaml': flow('sums'),
      'flows/other.flow.yaml': flow('other', '  - { id: last, let: 1 }\n'),
      'flows/calls.flow.yaml': calls,
    })),
)
afterAll(() => repo[Symbol.dispose]())

async function run(...args: readonly string[]): Promise<Shown> {
  const { stdout } = await ionflux('run', ...args, '--json')
  return (JSON.parse(stdout) as { run: Shown }).run
}

/** The runs that the heavy step was taken from; a busy machine may make the small one worth it, too. */
const cachedOf = ({ steps }: Shown): readonly string[] =>
  steps.flatMap(({ path, cached }) => (path === 'heavy' ? (cached?.run ?? []) : []))

test('a later run takes the output of an earlier one, of another flow too', slow, async () => {
  const first = await run('sums', '-i', 'n=3')
  expect(cachedOf(first)).toEqual([])
  const second = await run('sums', '-i', 'n=3')
  expect(second.output).toEqual(first.output)
  expect(cachedOf(second)).toEqual([first.id])
  expect(cachedOf(await run('sums', '-i', 'n=4'))).toEqual([])
  expect(cachedOf(await run('other', '-i', 'n=3'))).toEqual([first.id])
  expect((await ionflux('runs', 'show', second.id)).stdout).toContain(`cached from ${first.id}`)
  expect((await ionflux('runs', 'verify', second.id, '--replay')).code).toBe(0)
})

test('--no-cache executes every step, those of runs that it starts too', slow, async () => {
  await run('sums', '-i', 'n=3')
  const fresh = await run('sums', '-i', 'n=3', '--no-cache')
  expect(cachedOf(fresh)).toEqual([])
  const childOf = async (...args: readonly string[]): Promise<Shown> => {
    const { steps } = await run('calls', ...args)
    const { stdout } = await ionflux(
      'runs',
      'show',
      (steps[0] as { child?: string }).child ?? '',
      '--json',
    )
    return (JSON.parse(stdout) as { run: Shown }).run
  }
  expect(cachedOf(await childOf())).toEqual([fresh.id])
  expect(cachedOf(await childOf('--no-cache'))).toEqual([])
})
