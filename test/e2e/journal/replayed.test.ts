/**
 * Goal: what ran once can be executed again from the journal alone, to the same bytes, and
 * whoever changes what was recorded is told. Method: a flow that asks everything it may of
 * a real server and the host, run by the command line; then the server goes away.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import type { RunId } from '#engine/core/id.ts'
import { openReader } from '#engine/durable/sqlite/open.ts'
import { replayCalls, type ReplayedCall } from '#engine/host/verify/replay.ts'
import type { RunRecord } from '#engine/runtime/record.ts'

import { call, folder, type Ended } from '#test/e2e/cli.ts'

const plugin = `plugin: my/it
version: 1.0.0
entry: main.ts
capabilities: { net: ['*'], secrets: ['*'], state: [read, write], blob: [read, write] }
actions:
  ask: { effects: read, input: { type: object, properties: { url: { type: string }, token: { x-secret: true } } } }
  count: { effects: idempotent }
  flaky: { effects: read }
`
const main = `import type { Action } from 'ionflux/plugin'
export const ask: Action<{ url: string; token: { $secret: string } }> = async ({ url, token }, { http, blob, log }) => {
  const paths = ['/slow', '/quick', '/none']
  const order: string[] = []
  const answers = await Promise.all(paths.map(async (path) => {
    const response = await http.fetch(url + path, { headers: { authorization: { ...token, template: 'Bearer {}' } } })
    const text = await response.text()
    order.push(path + ':' + response.status)
    return text
  }))
  const handle = await blob.write('large')
  log.info('asked')
  return { order, answers, handle, text: await blob.text(handle), random: Math.random(), at: Date.now(), id: crypto.randomUUID() }
}
export const count: Action = async (_, { state }) => {
  const known = await state.get<number>('runs')
  const { version } = await state.set('runs', (known?.value ?? 0) + 1, { expected: known?.version ?? 0 })
  return { version, key: 'runs' }
}
export const flaky: Action = async (_, { run, http, fail }) => {
  if (run.attempt === 1) fail('not_yet', 'Not this time.')
  await http.fetch('http://127.0.0.1:1/').catch((e) => { throw e })
  return null
}
`
const flow = (origin: string): string => `dsl: flux/1
id: everything
permissions: { net: ['${origin}', 'http://127.0.0.1:1'], secrets: [TOKEN], state: [read, write], blob: [read, write] }
steps:
  - id: asked
    use: my/it/ask
    with: { url: '${origin}', token: { secret: TOKEN } }
  - id: counted
    use: my/it/count
  - id: each
    each:
      in: \${{ [1, 2, 3] }}
      as: n
    steps:
      - id: square
        transform: 'export default ({ n }) => ({ n: n * n, chance: Math.random() })'
        with: { n: '\${{ n }}' }
  - id: tried
    try:
      - id: flaky
        use: my/it/flaky
        retry: { max: 2, backoff: { first: 10ms }, on: [not_yet] }
    catch:
      - on: [CONN_UNREACHABLE]
        steps:
          - id: said
            let: \${{ error.code }}
outputs: { said: '\${{ steps.tried.output }}' }
`

let server: Server
let origin = ''
let seen: string[] = []
beforeAll(async () => {
  server = createServer(({ url, headers }, response) => {
    seen.push(headers.authorization ?? '')
    if (url === '/none') return void response.writeHead(404).end('none')
    if (url === '/quick') return void response.end(`you said ${headers.authorization ?? ''}`)
    return void setTimeout(() => response.end('slow'), 60)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

interface Shown {
  readonly id: RunId
  readonly steps: readonly { readonly path: string; readonly usage?: object }[]
}

const secret = 'a-token-that-nobody-sees'

test('a run is executed again from its journal, to the same bytes', async () => {
  using at = folder({
    'ionflux.yaml': 'namespace: my\n',
    'plugins/my/it/plugin.yaml': plugin,
    'plugins/my/it/main.ts': main,
    'all.flow.yaml': flow(origin),
  })
  const ionflux = async (...args: readonly string[]): Promise<Ended> =>
    await call(args, { cwd: at.path, env: { IONFLUX_SECRET_TOKEN: secret } })
  const ran = await ionflux('run', 'all.flow.yaml', '--json')
  expect(ran).toMatchObject({ code: 0 })
  const { id, steps } = (JSON.parse(ran.stdout) as { run: Shown }).run
  const asked = steps.find(({ path }) => path === 'asked')
  expect(asked?.usage).toMatchObject({ hostCalls: 7, wallMs: expect.any(Number) as number })
  expect(seen).toHaveLength(3)

  seen = []
  server.close()
  server.closeAllConnections()
  const verified = await ionflux('runs', 'verify', 'last', '--replay', '--json')
  const { replay } = JSON.parse(verified.stdout) as {
    replay: { ok: boolean; calls: readonly ReplayedCall[] }
  }
  const calls = replay.calls.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  expect({ ...replay, calls }).toEqual({
    ok: true,
    calls: [
      { path: 'asked', attempt: 1, verdict: 'same' },
      { path: 'counted', attempt: 1, verdict: 'same' },
      { path: 'each[0]/square', attempt: 1, verdict: 'same' },
      { path: 'each[1]/square', attempt: 1, verdict: 'same' },
      { path: 'each[2]/square', attempt: 1, verdict: 'same' },
      { path: 'tried/flaky', attempt: 1, verdict: 'same' },
      { path: 'tried/flaky', attempt: 2, verdict: 'same' },
    ],
  })
  expect((await ionflux('runs', 'verify', 'last', '--replay')).stdout).toContain('7 of 7 calls')
  expect((await ionflux('runs', 'show', 'last')).stdout).toContain('asked 7 times')

  const reader = openReader(join(at.path, '.ionflux'))
  if (reader === undefined) throw new Error('there is no journal')
  const { journal, store } = reader
  const records = journal.read(id)
  expect(JSON.stringify(records)).not.toContain(secret)
  const changed = async (change: (record: RunRecord) => RunRecord): Promise<readonly object[]> => {
    const read = (): readonly RunRecord[] => records.map(change)
    const calls = await replayCalls({ journal: { ...journal, read }, store }, id)
    return calls.filter(({ verdict }) => verdict !== 'same')
  }
  expect(
    await changed((one) =>
      one.kind === 'step.done' && one.path === 'counted'
        ? { ...one, output: { value: { version: 7, key: 'runs' } } }
        : one,
    ),
  ).toEqual([
    { path: 'counted', attempt: 1, verdict: 'different', why: 'its output is another one' },
  ])
  expect(
    await changed((one) => {
      if (one.kind !== 'step.done' || one.path !== 'counted') return one
      const { replies: _, ...rest } = one
      return rest
    }),
  ).toMatchObject([{ path: 'counted', verdict: 'skipped' }])
  expect(
    await changed((one) =>
      one.kind === 'step.done' && one.path === 'counted'
        ? { ...one, replies: { value: [{ id: 1, op: 'state.get', args: {}, reply: null }] } }
        : one,
    ),
  ).toMatchObject([{ path: 'counted', verdict: 'different' }])
  reader.close()
})
