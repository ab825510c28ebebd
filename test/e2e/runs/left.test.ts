/**
 * Goal: who leaves a data directory breaks nothing of those who stay. Method: the real
 * command line in several processes, and a server on loopback that answers when told.
 */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { rmSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

import { limits } from '#engine/core/limits.ts'
import { linkPath } from '#engine/host/link-path.ts'

import { call, type Call, folder, repository, start } from '#test/e2e/cli.ts'

let repo: ReturnType<typeof repository>
let asked: ServerResponse[] = []
const server = createServer((_, response) => void asked.push(response))
const begin = (...args: readonly string[]): Call => start(args, { cwd: repo.path })
const until = async (isTrue: () => boolean): Promise<void> => {
  while (!isTrue()) await new Promise((resolve) => void setTimeout(resolve, 10))
}
interface Listed {
  readonly id: string
  readonly status: string
  readonly isOwned: boolean
}
const runs = async (): Promise<readonly Listed[]> => {
  const { stdout } = await call(['runs', 'ls', '--json'], { cwd: repo.path })
  return (JSON.parse(stdout) as { runs: Listed[] }).runs
}

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  repo = repository({
    'flows/order.flow.yaml': `dsl: flux/1
id: order
permissions: { net: ['${origin}'] }
steps:
  - { id: send, use: std/http/request@^1, with: { url: '${origin}/', json: {} } }
  - { id: out, let: "\${{ steps.send.output.status }}" }
`,
  })
})
afterEach(() => {
  asked = []
  rmSync(join(repo.path, '.ionflux'), { recursive: true, force: true })
})
afterAll(() => {
  repo[Symbol.dispose]()
  server.closeAllConnections()
  server.close()
})

/** An owner whose run asks first, and a guest whose step it has under way when it is done. */
async function ownerAndGuest(): Promise<readonly [owner: Call, guest: Call]> {
  const owner = begin('run', 'order')
  await until(() => asked.length === 1)
  const guest = begin('run', 'order')
  await until(() => asked.length === 2)
  asked[0]?.end('ok')
  await owner.said('Finishing 1 step for other terminals')
  return [owner, guest]
}

test('an owner that is done ends the unsafe step of a guest before it leaves', async () => {
  const [owner, guest] = await ownerAndGuest()
  // Longer than nobody is waited for.
  await new Promise((resolve) => void setTimeout(resolve, limits.drainMsMax + 500))
  asked[1]?.end('ok')
  const [first, second] = await Promise.all([owner.ended, guest.ended])
  expect([first.code, first.stdout, second.code, second.stdout]).toEqual([0, '200\n', 0, '200\n'])
  expect(asked).toHaveLength(2)
}, 60_000)

test('an owner that leaves at once leaves a step uncertain, until somebody settles it', async () => {
  const [owner, guest] = await ownerAndGuest()
  owner.child.kill('SIGINT')
  expect((await owner.ended).code).toBe(130)
  await guest.said('runs settle')
  const found = (await runs()).find(({ status }) => status === 'uncertain')
  const id = found?.id ?? 'none'
  const { code: wrong } = await call(['runs', 'settle', id, 'send'], { cwd: repo.path })
  expect(wrong).toBe(2)
  const settled = await call(
    ['runs', 'settle', id, 'send', '--happened', '{"status":200}', '--json'],
    { cwd: repo.path },
  )
  expect(settled.code).toBe(0)
  expect((await guest.ended).code).toBe(0)
}, 60_000)

test('SIGTERM leaves a run that resume finishes', async () => {
  const run = begin('run', 'nap', '-i', 'for=5s')
  await run.said('waits until')
  run.child.kill('SIGTERM')
  const { code, stdout, stderr } = await run.ended
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
  expect(stderr).toContain('`ionflux resume` carries on')
  expect(stderr).not.toContain('ancel')
  expect(await runs()).toMatchObject([{ status: 'parked' }])
  const resumed = await call(['resume', '--json'], { cwd: repo.path })
  expect(JSON.parse(resumed.stdout)).toMatchObject({ runs: [{ status: 'done' }] })
}, 60_000)

test('a run that is followed with --json and left is told in one document', async () => {
  const nap = begin('run', 'nap', '-i', 'for=60s', '--no-wait')
  expect((await nap.ended).code).toBe(6)
  const id = (await runs())[0]?.id ?? ''
  const cut = begin('run', 'nap', '-i', 'for=61s')
  await cut.said('waits until')
  cut.child.kill('SIGINT')
  await cut.ended
  const retried = (await runs()).find(({ status }) => status === 'cancelled')?.id ?? ''
  for (const words of [['resume', id], ['resume'], ['runs', 'retry', retried]]) {
    const call = begin(...words, '--json')
    const isAt = (run: Listed): boolean => run.id === (words[2] ?? id) && run.isOwned
    for (let isUp = false; !isUp;) isUp = (await runs()).some(isAt)
    call.child.kill('SIGTERM')
    const { code, stdout } = await call.ended
    expect(code).toBe(130)
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'CLI_INTERRUPTED', message: expect.stringContaining('`ionflux resume`') },
    })
  }
}, 60_000)

test('SIGTERM lets a step under way end, so that nothing is uncertain', async () => {
  const run = begin('run', 'order')
  await until(() => asked.length === 1)
  run.child.kill('SIGTERM')
  setTimeout(() => asked[0]?.end('ok'), 500)
  expect((await run.ended).code).toBe(130)
  const resumed = await call(['resume', 'last'], { cwd: repo.path })
  expect([resumed.code, resumed.stdout, asked.length]).toEqual([0, '200\n', 1])
}, 60_000)

test('a message that makes no sense is answered with what is wrong', async () => {
  const owner = begin('run', 'nap', '-i', 'for=10s')
  await owner.said('waits until')
  const socket = connect(linkPath(join(repo.path, '.ionflux')))
  socket.write(`${JSON.stringify({ id: 1, method: 'start', params: { run: 7 } })}\n`)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  expect(JSON.parse(answer.toString())).toMatchObject({ id: 1, error: { code: 'CLI_USAGE' } })
  socket.destroy()
  owner.child.kill('SIGTERM')
  await owner.ended
}, 60_000)

test('doctor prints no control character of a path, as text or as JSON', async () => {
  using place = folder()
  const dir = join(place.path, 'a\u001b[31m\u009bb')
  const text = await call(['doctor', '--data-dir', dir], { cwd: place.path })
  const json = await call(['doctor', '--json', '--data-dir', dir], { cwd: place.path })
  // oxlint-disable-next-line no-control-regex
  expect(text.stdout + json.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  expect(text.stdout).toContain('\\u{1b}[31m\\u{9b}b')
  expect(JSON.stringify(JSON.parse(json.stdout))).toContain('\u009bb')
})
