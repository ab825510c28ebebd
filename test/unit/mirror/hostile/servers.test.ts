/**
 * Servers that are slow, lie, break off or lead elsewhere: each ends in an error with its
 * code, in bounded time, moves no fact and leaves nothing outside of the mirror's folder.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'

import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'

import { packet, flush } from '#engine/mirror/wire/packet.ts'
import { noFacts } from '#engine/mirror/sync/mirror.ts'
import {
  commitOf,
  headAt,
  isList,
  object,
  openRogue,
  packAnswer,
  packOf,
  result,
  type Rogue,
  shallowInfo,
  treeOf,
} from '#test/fake/git/rogue.ts'
import {
  filesOf,
  openRemotes,
  openWatcher,
  type RemotesLab,
  type Watcher,
} from '#test/fake/git/remotes.ts'

// Each test is several processes of git.
vi.setConfig({ testTimeout: 30_000 })

let lab: RemotesLab
let rogue: Rogue
let watcher: Watcher
let id: string
beforeAll(async () => {
  lab = await openRemotes()
  rogue = await openRogue()
})
afterAll(async () => {
  await rogue[Symbol.asyncDispose]()
  await lab[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await watcher?.[Symbol.asyncDispose]()
  watcher = openWatcher(lab, {
    adapter: 'portable',
    http: { idleMs: 300 },
    timeMs: 1_000,
    secrets: { TOKEN: 'a-secret-token' },
  })
  ;({ id } = watcher.add(`${rogue.origin}/r`, { tokenSecret: 'TOKEN' }))
})

const end =
  (status: number, headers = {}, body: Buffer | string = '') =>
  (response: ServerResponse) =>
    void response.writeHead(status, headers).end(body)
const gone = 'MIRROR_REPOSITORY_GONE'
const failed = 'MIRROR_FETCH_FAILED'
const malformed = 'MIRROR_REMOTE_MALFORMED'

describe('a server that', () => {
  const trickle = (response: ServerResponse): void => {
    response.writeHead(200, result)
    const timer = setInterval(() => response.write('0'), 50)
    response.on('close', () => clearInterval(timer))
  }
  test.each([
    ['has no such repository', end(404), gone],
    ['wants to know who asks', end(401, { 'www-authenticate': 'Basic' }), gone],
    ['does not let in', end(403), gone],
    ['had it once', end(410), gone],
    ['is broken', end(500, {}, 'stack trace'), failed],
    ['is in trouble', end(503), failed],
    ['leads to another host', end(302, { location: 'https://evil.example/r' }), failed],
    ['leads to itself', end(301, { location: '/other' }), failed],
    ['answers with a page', end(200, { 'content-type': 'text/html' }, '<html>'), malformed],
    ['answers with nothing', end(200, result), malformed],
    [
      'sends more than is read',
      end(200, result, Buffer.alloc(17 * 1024 * 1024, '0')),
      'CONN_RESPONSE_TOO_LARGE',
    ],
    [
      'sends 100 MiB in 100 KiB',
      end(
        200,
        { ...result, 'content-encoding': 'gzip' },
        gzipSync(Buffer.alloc(100 * 1024 * 1024)),
      ),
      'CONN_RESPONSE_TOO_LARGE',
    ],
    ['says nothing', () => {}, 'CONN_TIMEOUT'],
    ['says a byte now and then', trickle, 'CONN_TIMEOUT'],
    ['hangs up', (response: ServerResponse) => void response.destroy(), 'CONN_UNREACHABLE'],
  ])('%s', async (_, answer, code) => {
    rogue.answer = answer
    const report = await watcher.sync(id)
    expect(report).toMatchObject({ failure: { stage: 'remote', code } })
    const { remote, ...others } = report.facts
    expect(remote).toMatchObject({ problem: { code } })
    expect({ remote: {}, ...others }).toEqual(noFacts)
    expect(watcher.store.polling(id)).toMatchObject({ failures: 1 })
    expect(readdirSync(watcher.folder)).toEqual([])
  })

  test('asks for rest gets it', async () => {
    rogue.answer = end(429, { 'retry-after': '7200' })
    const { host } = await watcher.sync(id)
    expect(host).toEqual({ kind: 'failed', retryAfterMs: 7_200_000 })
    expect(watcher.store.polling(id)?.nextAt).toBe(watcher.now + 7_200_000)
  })

  test('leads elsewhere does not bring the secret there', async () => {
    await using other = await openRogue()
    rogue.answer = end(307, { location: `${other.origin}/r` })
    rogue.requests.length = 0
    await watcher.sync(id)
    expect(rogue.requests[0]?.headers.authorization).toMatch(/^Basic /)
    expect(other.requests).toEqual([])
  })
})

const file = object('blob', 'dsl: flux/1\nid: a\nsteps: []\n')
const tree = treeOf(['100644', 'a.flow.yaml', file.oid])
const commit = commitOf(tree.oid)
const whole = packOf(commit, tree, file)

/** A server with `head` whose fetches are answered by `body`. */
function fetching(body: Buffer | ((response: ServerResponse) => void), head = commit.oid): void {
  rogue.answer = (response, asked) => {
    if (isList(asked)) return void response.writeHead(200, result).end(headAt(head))
    if (typeof body === 'function') return body(response)
    response.writeHead(200, result).end(body)
  }
}

// Edges 3 and 8: what broke off is not here, and every failure has a code of ours.
describe('a fetch that', () => {
  const half = packAnswer(whole).subarray(0, 120)
  const evil = treeOf(['100644', '..', file.oid])
  test.each([
    ['is refused', Buffer.concat([packet('ERR upload-pack: not our ref'), flush]), failed],
    ['fails within the pack', packAnswer(Buffer.from('out of memory'), 3), failed],
    ['ends within the pack', half, malformed],
    ['has no pack', Buffer.concat([shallowInfo(`shallow ${commit.oid}`), flush]), malformed],
    ['has a band that there is not', packAnswer(whole, 9), malformed],
    [
      'has a section that was not asked for',
      Buffer.concat([packet('acknowledgments'), flush]),
      malformed,
    ],
    [
      'has an edge that is none',
      Buffer.concat([shallowInfo('shallow ../../x'), packAnswer(whole)]),
      malformed,
    ],
    ['goes on after the end', Buffer.concat([packAnswer(whole), packet('x')]), malformed],
    ['brings another commit', packAnswer(packOf(object('blob', 'x'))), 'MIRROR_READ_FAILED'],
    ['brings a commit without its tree', packAnswer(packOf(commit, file)), 'MIRROR_READ_FAILED'],
    ['brings a commit without a file', packAnswer(packOf(commit, tree)), 'MIRROR_READ_FAILED'],
    ['brings nothing', packAnswer(packOf()), 'MIRROR_READ_FAILED'],
    [
      'brings a path that climbs',
      packAnswer(packOf(commitOf(evil.oid), evil, file)),
      'MIRROR_PACK_REFUSED',
    ],
    ['brings what is no pack', packAnswer(Buffer.from('hello')), 'MIRROR_PACK_REFUSED'],
    [
      'says a byte now and then',
      (response: ServerResponse) => void response.writeHead(200, result).write('000'),
      'CONN_TIMEOUT',
    ],
  ])('%s moves no fact, and the next one starts anew', async (_, body, code) => {
    fetching(body)
    const report = await watcher.sync(id)
    expect(report).toMatchObject({ failure: { stage: 'mirrored', code } })
    expect(report.facts.mirrored).toMatchObject({ problem: { code, commit: commit.oid } })
    expect(report.facts.mirrored.commit).toBeUndefined()
    expect(
      readdirSync(join(watcher.folder, id)).filter((name) => name.startsWith('incoming')),
    ).toEqual([])
    fetching(packAnswer(whole))
    const again = await watcher.sync(id, { isForced: true })
    expect(again.facts.compiled).toMatchObject({ commit: commit.oid, flows: 1 })
    expect(Object.keys(filesOf(watcher, id))).toEqual(['a.flow.yaml'])
  })

  test('brought what is refused for ever is not tried again until the branch moves', async () => {
    fetching(packAnswer(Buffer.from('hello')))
    await watcher.sync(id)
    rogue.requests.length = 0
    await watcher.sync(id)
    expect(rogue.requests).toHaveLength(1)
    const next = object('commit', `${commit.bytes.toString()}more\n`)
    fetching(packAnswer(packOf(next, tree, file)), next.oid)
    expect((await watcher.sync(id)).facts.compiled.commit).toBe(next.oid)
  })

  test('is of something else than a commit is refused', async () => {
    fetching(packAnswer(whole), tree.oid)
    expect((await watcher.sync(id)).failure?.code).toBe('MIRROR_READ_FAILED')
  })

  // Edge 4: 2 of 60 passed a library of others, and failed when they were read.
  test('has one bit wrong is never taken, wherever it is', async () => {
    for (let bit = 0; bit < whole.length * 8; bit += 37) {
      const bad = Buffer.from(whole)
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      fetching(packAnswer(bad))
      const { facts, failure } = await watcher.sync(id, { isForced: true })
      expect({ bit, commit: facts.mirrored.commit }).toEqual({ bit, commit: undefined })
      expect(failure?.code).toMatch(/^MIRROR_(?:PACK_REFUSED|LIMIT_EXCEEDED)$/)
    }
  })
})

describe('an address that', () => {
  test.each([
    ['is that of a cloud', 'http://169.254.169.254/latest', {}],
    ['is link-local', 'http://[fe80::1]/r', {}],
    ['is no address', 'http://0.0.0.0/r', {}],
    ['hides another', 'http://[::ffff:10.0.0.1]/r', {}],
    ['is multicast', 'https://224.0.0.1/r', {}],
    ['is a name for this machine', 'https://git.example/r', { answer: ['127.0.0.1'] }],
    ['is a name for a private network', 'https://git.example/r', { answer: ['10.1.2.3'] }],
    ['is a name for both', 'https://git.example/r', { answer: ['93.184.216.34', '192.168.0.1'] }],
    ['is a name for the cloud', 'https://git.example/r', { answer: ['169.254.169.254'] }],
  ])('%s is not asked', async (_, url, { answer = [] }: { answer?: readonly string[] }) => {
    await using careful = openWatcher(lab, {
      http: { resolve: async () => answer, connectMs: 500 },
    })
    const mirror = careful.add(url)
    expect((await careful.sync(mirror.id)).failure).toMatchObject({
      stage: 'remote',
      code: 'CONN_ADDRESS_DENIED',
    })
  })
})
