/**
 * Goal: a run is paused and goes on from the command line.
 */
import { expect, test } from 'vitest'

import { call, type Ended, repository } from '#test/e2e/cli.ts'

test('a paused run says so, and goes on when it is told to', async () => {
  using repo = repository({
    'flows/slow.flow.yaml':
      'dsl: flux/1\nid: slow\nsteps:\n  - { id: a, await: { signal: go } }\n  - { id: b, let: "went on" }\n',
  })
  const ionflux = async (...args: readonly string[]): Promise<Ended> =>
    await call(args, { cwd: repo.path })
  expect((await ionflux('run', 'slow', '--no-wait')).code).toBe(6)
  const paused = await ionflux('runs', 'pause', 'last', '--json')
  expect(JSON.parse(paused.stdout)).toMatchObject({ run: { status: 'parked', isPaused: true } })
  expect((await ionflux('runs', 'signal', 'last', 'go')).stderr).toContain('it is parked')
  const resumed = await ionflux('runs', 'resume', 'last')
  expect(resumed).toMatchObject({ code: 0 })
  expect(resumed.stderr).toContain('goes on; it is done')
})
