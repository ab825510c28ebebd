/**
 * Goal: `--no-wait` leaves a run whose called flows wait, never one whose called flows work,
 * and whoever looks at the run is told what it waits for.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'

import { call, type Ended, repository, start } from '#test/e2e/cli.ts'

let repo: ReturnType<typeof repository>
const ionflux = async (...args: readonly string[]): Promise<Ended> =>
  await call(args, { cwd: repo.path })
const flow = (id: string, steps: string): Record<string, string> => ({
  [`flows/${id}.flow.yaml`]: `dsl: flux/1\nid: ${id}\nsteps:\n${steps}`,
})

beforeAll(() => {
  repo = repository({
    ...flow('sum', "  - { id: s, transform: 'export default () => 3' }\n"),
    ...flow('total', '  - { id: t, flow: sum }\n  - { id: u, let: "${{ steps.t.output + 1 }}" }\n'),
    ...flow('ask', '  - { id: ok, approve: { ask: Really?, by: [user:ann] } }\n'),
    ...flow('asks', '  - { id: a, flow: ask }\n  - { id: after, flow: sum }\n'),
    ...flow('top', '  - { id: m, flow: asks }\n'),
    ...flow(
      'both',
      `  - id: p
    parallel:
      a: [{ id: yes, approve: { ask: Yes?, by: [user:ann] } }]
      b: [{ id: no, approve: { ask: No?, by: [user:ann] } }]
`,
    ),
    ...flow('nap', '  - { id: n, sleep: 1h }\n'),
    ...flow('aside', '  - { id: d, flow: nap, detach: true }\n'),
  })
})
afterAll(() => repo[Symbol.dispose]())

test('a run whose called flow works is left when it is done', async () => {
  const ended = await ionflux('run', 'total', '--no-wait')
  expect(ended).toMatchObject({ code: 0, stdout: '4\n' })
  const json = await ionflux('run', 'total', '--no-wait', '--json')
  expect(JSON.parse(json.stdout)).toMatchObject({ run: { status: 'done', output: 4 } })
  const fork = await ionflux('runs', 'fork', 'last', '--from', 't', '--no-wait')
  expect(fork).toMatchObject({ code: 0, stdout: '4\n' })
})

test('a run whose called flow waits is left as one that waits, and goes on with its answer', async () => {
  const parked = await ionflux('run', 'top', '--no-wait', '--json')
  expect(parked.code).toBe(6)
  const { run } = JSON.parse(parked.stdout) as { run: { id: string; status: string } }
  expect(run.status).toBe('parked')
  expect((await ionflux('resume', run.id, '--no-wait')).code).toBe(6)
  const { approvals } = JSON.parse((await ionflux('approvals', 'ls', '--json')).stdout) as {
    approvals: readonly { run: string; path: string }[]
  }
  const [asked] = approvals
  const args = [asked?.run ?? '', asked?.path ?? '', '--as', 'user:ann']
  expect((await ionflux('approvals', 'approve', ...args)).stderr).toContain('the run is done')
  // All that followed from the answer happened in the call that gave it.
  const shown = await ionflux('runs', 'show', run.id, '--json')
  expect(JSON.parse(shown.stdout)).toMatchObject({ run: { status: 'done' } })
})

test('what a called flow asks is told with the run that asks', async () => {
  const parked = await ionflux('run', 'top', '--no-wait')
  expect(parked.code).toBe(6)
  const [line = '', child = ''] =
    /Next: ionflux approvals show (\w{26}) ok .*"ok" of "ask" waits for it/.exec(parked.stderr) ??
    []
  expect(line).not.toBe('')
  const elsewhere = await ionflux('approvals', 'approve', 'last', 'ok')
  expect(elsewhere.stderr).toContain('RUN_APPROVAL_CLOSED')
  expect(elsewhere.stderr).toContain(`ionflux approvals show ${child} ok`)
  const watched = start(['resume', 'last'], { cwd: repo.path })
  await watched.said(`ionflux approvals show ${child} ok`)
  expect((await ionflux('approvals', 'approve', child, '--as', 'user:ann')).code).toBe(0)
  const { code, stderr } = await watched.ended
  expect(code).toBe(0)
  expect(stderr).toContain(`ok of "ask"  waits for user:ann: Really?  run ${child}`)
})

test('a question in a block is named by its last name where that is enough', async () => {
  await ionflux('run', 'both', '--no-wait')
  const answer = async (step: string): Promise<Ended> =>
    await ionflux('approvals', 'approve', 'last', step, '--as', 'user:ann')
  expect(await answer('nope')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /asks "p\/a\/yes", "p\/b\/no"; .*approvals show \w{26} p\/a\/yes/,
    ),
  })
  expect((await answer('yes')).stderr).toContain('approved "p/a/yes"')
  expect((await answer('yes')).stderr).toContain('"p/a/yes" of run')
  expect((await answer('no')).stderr).toContain('the run is done')
})

test('a run that was let go of and is not done is named', async () => {
  const ended = await ionflux('run', 'aside', '--no-wait')
  expect(ended.code).toBe(0)
  expect(ended.stderr).toMatch(/Next: ionflux resume \w{26}.*"nap" is detached and not done/)
})
