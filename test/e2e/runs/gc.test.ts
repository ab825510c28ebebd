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
