/**
 * Goal: people see what they are asked, all of it, and answer from any terminal.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'

import { call, type Ended, repository } from '#test/e2e/cli.ts'

let repo: ReturnType<typeof repository>
const ionflux = async (...args: readonly string[]): Promise<Ended> =>
  await call(args, { cwd: repo.path })

beforeAll(() => {
  repo = repository({
    'flows/pay.flow.yaml': `dsl: flux/1
id: pay
inputs: { type: object, required: [total], properties: { total: { type: number } } }
steps:
  - id: ok
    approve:
      ask: Post \${{ inputs.total }} EUR?
      show: { total: "\${{ inputs.total }}" }
      by: [team:finance]
      form: { type: object, required: [account], properties: { account: { type: string, enum: [a1, b2] } } }
      timeout: 3d
  - { id: post, let: "\${{ steps.ok.output.show.total }} to \${{ steps.ok.output.form.account }}" }
`,
  })
})
afterAll(() => repo[Symbol.dispose]())

test('an approval is listed, shown, answered by those who may, and then gone', async () => {
  const parked = await ionflux('run', 'pay', '-i', 'total=7', '--no-wait')
  expect(parked.code).toBe(6)
  expect(parked.stderr).toMatch(/Next: ionflux approvals show \w{26} ok/)
  const { approvals } = JSON.parse((await ionflux('approvals', 'ls', '--json')).stdout)
  expect(approvals).toMatchObject([{ flow: 'pay', path: 'ok', ask: 'Post 7 EUR?', quorum: 1 }])
  expect((await ionflux('approvals', 'ls')).stdout).toContain('Post 7 EUR?')
  const shown = await ionflux('approvals', 'show', 'last')
  expect(shown.stdout).toContain('"total": 7')
  expect(shown.stderr).toContain('asked: team:finance')
  const me = ['--as', 'user:ann', '--as', 'team:finance']
  const approve = async (...more: readonly string[]): Promise<Ended> =>
    await ionflux('approvals', 'approve', 'last', 'ok', ...more)
  expect((await approve('-i', 'account=a1')).code).toBe(4)
  expect((await approve(...me, '-i', 'account=zz')).code).toBe(2)
  expect((await approve(...me, '-i', 'acount=a1')).stderr).toContain('Did you mean "account"?')
  const stale = `sha256:${'0'.repeat(64)}`
  expect((await approve(...me, '-i', 'account=a1', '--digest', stale)).stderr).toContain(
    'RUN_APPROVAL_STALE',
  )
  const granted = await approve(...me, '-i', 'account=a1', '--reason', 'fine', '--json')
  expect(JSON.parse(granted.stdout)).toMatchObject({
    run: { status: 'done', output: '7 to a1' },
    answer: { by: 'user:ann', of: ['team:finance'], decision: 'approve', reason: 'fine' },
  })
  expect((await ionflux('approvals', 'ls')).stderr).toContain('Nobody is asked anything.')
  expect((await approve(...me)).stderr).toContain('RUN_APPROVAL_CLOSED')
})

test('a denial fails the run with its reason', async () => {
  await ionflux('run', 'pay', '-i', 'total=8', '--no-wait')
  const me = ['last', '--as', 'user:ann', '--as', 'team:finance']
  const silent = await ionflux('approvals', 'reject', ...me, '--reason', ' ')
  expect(silent.code).toBe(2)
  expect(silent.stderr).toContain('--reason')
  const args = [...me, '--reason', 'not now']
  expect((await ionflux('approvals', 'reject', ...args)).code).toBe(0)
  expect((await ionflux('runs', 'show', 'last')).stdout).toContain('user:ann denied "ok": not now')
})
