/** Goal: a data directory can be made small again from the command line. */
import { expect, test } from 'vitest'

import { call, folder } from '#test/e2e/cli.ts'

const flow = `dsl: flux/1
id: big
steps:
  - { id: text, let: "\${{ [1, 2, 3].map(n, 'much text '.replace('x', 'y')) }}" }
`

test('gc says what it would free, frees it, and refuses what is no age', async () => {
  using place = folder({ 'ionflux.yaml': 'namespace: me\n', 'flows/big.flow.yaml': flow })
  const gc = async (...args: readonly string[]) =>
    await call(['gc', ...args, '--json'], { cwd: place.path })
  const seen = async (...args: readonly string[]): Promise<unknown> =>
    JSON.parse((await gc(...args)).stdout)
  expect(await seen()).toMatchObject({ runs: 0 })
  expect((await call(['run', 'big'], { cwd: place.path })).code).toBe(0)
  expect(await seen()).toMatchObject({ isDry: false, runs: 0, values: { count: 0 } })
  expect(await seen('--older', '1h')).toMatchObject({ runs: 0 })
  const all = { runs: 1, values: { count: 1 } }
  expect(await seen('--older', '0s', '--dry-run')).toMatchObject({ isDry: true, ...all })
  expect(await seen('--older', '0s')).toMatchObject({ isDry: false, ...all })
  const { stdout } = await call(['runs', 'ls', '--json'], { cwd: place.path })
  expect(JSON.parse(stdout)).toMatchObject({ runs: [] })
  expect((await call(['run', 'big'], { cwd: place.path })).code).toBe(0)
  const { stderr } = await call(['gc', '--older', '0s'], { cwd: place.path })
  expect(stderr).toContain('freed 1 run, 1 value')
  expect(await gc('--older', 'soon')).toMatchObject({ code: 2 })
})

const nested = {
  'ionflux.yaml': 'namespace: me\n',
  'flows/top.flow.yaml': `dsl: flux/1\nid: top\nsteps:\n  - { id: a, flow: sub, detach: true }\n`,
  'flows/sub.flow.yaml': `dsl: flux/1\nid: sub\nsteps:\n  - { id: wait, await: { signal: go } }\n`,
}

test('a run is removed with what it started, once all of it has ended', async () => {
  using place = folder(nested)
  const ionflux = async (...args: readonly string[]) => await call(args, { cwd: place.path })
  const rm = async (...args: readonly string[]) => await ionflux('runs', 'rm', ...args, '--json')
  await ionflux('run', 'top')
  const { runs } = JSON.parse((await ionflux('runs', 'ls', '--all', '--json')).stdout) as {
    readonly runs: readonly { readonly id: string; readonly flow: string }[]
  }
  const [top = '', sub = ''] = ['top', 'sub'].map((id) => runs.find(({ flow }) => flow === id)?.id)
  const refused = async (run: string): Promise<unknown> => {
    const { stdout, code } = await rm(run)
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string } }
    return [code, error.code, error.message]
  }
  const living = expect.stringContaining(`"${sub}" has not ended`)
  expect(await refused(top)).toEqual([1, 'RUN_NOT_REMOVABLE', living])
  await ionflux('runs', 'cancel', sub)
  const part = expect.stringContaining(`part of run "${top}"`)
  expect(await refused(sub)).toEqual([1, 'RUN_NOT_REMOVABLE', part])
  expect((await ionflux('runs', 'rm', top, '--dry-run')).stderr).toContain('would free 2 runs')
  expect(JSON.parse((await rm(top)).stdout)).toMatchObject({ isDry: false, runs: 2 })
  expect(await refused(top)).toEqual([2, 'RUN_NOT_FOUND', expect.stringContaining(top)])
})
