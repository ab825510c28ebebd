/** What a flow says of its runs as a whole, through the command line: gates, calls, results. */
import { expect, test } from 'vitest'

import { call, folder } from '#test/e2e/cli.ts'

const files = {
  'ionflux.yaml': 'namespace: fixture\n',
  'flows/limited.flow.yaml': `dsl: flux/1
id: limited
rate_limit: { limit: 1, per: 1h, on_exceed: reject }
steps: [{ id: s, let: 1 }]
`,
  'flows/slow.flow.yaml': `dsl: flux/1
id: slow
rate_limit: { limit: 1, per: 1h }
steps: [{ id: s, let: 1 }]
`,
  'flows/main.flow.yaml': `dsl: flux/1
id: main
returns: { type: object, required: [run], properties: { run: { type: string } } }
steps: [{ id: begin, flow: limited, detach: true }]
`,
  'flows/greedy.flow.yaml': `dsl: flux/1
id: greedy
permissions: { net: [api.example.com] }
steps: [{ id: s, let: 1 }]
`,
}

test('processes that share a data directory share the count of a rate limit', async () => {
  using at = folder(files)
  expect(await call(['run', 'limited'], { cwd: at.path })).toMatchObject({ code: 0 })
  const second = await call(['run', 'limited', '--json'], { cwd: at.path })
  expect(second).toMatchObject({ code: 1 })
  expect(second.stdout).toContain('RUN_REJECTED')
})

test('a run that waits at a gate is parked, and shown with what it waits for', async () => {
  using at = folder(files)
  expect(await call(['run', 'slow'], { cwd: at.path })).toMatchObject({ code: 0 })
  const second = await call(['run', 'slow', '--no-wait', '--json'], { cwd: at.path })
  expect(second.code).toBe(6)
  const { run } = JSON.parse(second.stdout) as { run: { id: string; status: string } }
  expect(run.status).toBe('parked')
  const shown = await call(['runs', 'show', run.id], { cwd: at.path })
  expect(shown.stdout).toContain('waits for its turn in the rate limit until')
})

test('a detached run is started, listed with all runs, and named by its starter', async () => {
  using at = folder(files)
  const { code, stdout } = await call(['run', 'main', '--json'], { cwd: at.path })
  expect(code).toBe(0)
  const { run } = JSON.parse(stdout) as { run: { output: { run: string } } }
  const all = await call(['runs', 'ls', '--all'], { cwd: at.path })
  expect(all.stdout).toContain(run.output.run)
})

test('a call of a flow that may do more than its caller is a problem of the caller', async () => {
  using at = folder({
    ...files,
    'flows/main.flow.yaml': 'dsl: flux/1\nid: main\nsteps: [{ id: c, flow: greedy }]\n',
  })
  const { code, stdout, stderr } = await call(['check'], { cwd: at.path })
  expect(code).toBe(4)
  expect(stdout + stderr).toContain('The flow "greedy" needs to reach "api.example.com"')
})

test('a failure is told with the line of its step, in the component that it is in', async () => {
  using at = folder({
    'ionflux.yaml': 'namespace: fixture\n',
    'flows/part.component.yaml':
      'dsl: flux/1\nid: part\nsteps:\n  - { id: first, let: 1 }\n  - { id: no, fail: { message: Not so. } }\n',
    'flows/main.flow.yaml':
      'dsl: flux/1\nid: main\nsteps:\n  - { id: p, parallel: { one: [{ id: c, component: ./part.component.yaml }] } }\n',
  })
  const { code, stderr } = await call(['run', 'main'], { cwd: at.path })
  expect(code).toBe(1)
  expect(stderr).toContain('--> flows/part.component.yaml:5')
})
