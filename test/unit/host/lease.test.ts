import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { leaseOwner, takeLease } from '#engine/host/lease.ts'
import { folder } from '#test/fake/disk.ts'

test('gives the lease to one at a time, also within a process', () => {
  using dir = folder()
  const first = takeLease(dir.path, { socket: '/a/link.sock' })
  expect(first?.owner).toMatchObject({ pid: process.pid, socket: '/a/link.sock' })
  expect(leaseOwner(dir.path)).toEqual(first?.owner)
  expect(takeLease(dir.path)).toBeUndefined()
  expect(leaseOwner(dir.path)).toEqual(first?.owner)
  first?.[Symbol.dispose]()
  expect(leaseOwner(dir.path)).toBeUndefined()
  using second = takeLease(dir.path)
  expect(second?.owner.socket).toBeUndefined()
  first?.[Symbol.dispose]()
  expect(leaseOwner(dir.path)).toEqual(second?.owner)
  expect(takeLease(dir.path)).toBeUndefined()
})

test('makes the directory, and keeps it to its user', () => {
  using dir = folder()
  const data = join(dir.path, 'x', 'y')
  using lease = takeLease(data)
  expect(lease).toBeDefined()
  expect(statSync(data).mode & 0o777).toBe(0o700)
  expect(readdirSync(data).toSorted()).toEqual(['lease.db', 'owner.json'])
  for (const name of readdirSync(data)) {
    expect(statSync(join(data, name)).mode & 0o777).toBe(0o600)
  }
})

test('is free again the moment its process was killed', async () => {
  using dir = folder()
  for (let round = 0; round < 5; round++) {
    const child = holder(dir.path)
    expect(await said(child)).toBe('taken')
    expect(leaseOwner(dir.path)).toMatchObject({ pid: child.pid, socket: 'somewhere' })
    expect(takeLease(dir.path)).toBeUndefined()
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(leaseOwner(dir.path)?.pid).toBe(child.pid)
    using lease = takeLease(dir.path)
    expect(lease?.owner.pid).toBe(process.pid)
  }
})

test('goes to one of many that ask at once', async () => {
  using dir = folder()
  const children = Array.from({ length: 4 }, () => holder(dir.path))
  const answers = await Promise.all(children.map(said))
  for (const child of children) child.kill('SIGKILL')
  expect(answers.toSorted()).toEqual(['refused', 'refused', 'refused', 'taken'])
})

test('says what is wrong with a directory that cannot be used', () => {
  using dir = folder()
  const file = join(dir.path, 'file')
  writeFileSync(file, '')
  for (const path of [file, join(file, 'below')]) {
    expect(() => takeLease(path)).toThrow(
      expect.objectContaining({ code: 'CLI_ENGINE_UNREACHABLE' }),
    )
  }
  writeFileSync(join(dir.path, 'lease.db'), 'x'.repeat(5_000))
  expect(() => takeLease(dir.path)).toThrow(
    expect.objectContaining({
      code: 'CLI_ENGINE_UNREACHABLE',
      data: expect.objectContaining({ sqlite: 'SQLITE_NOTADB' }) as unknown,
    }),
  )
  expect(existsSync(join(dir.path, 'owner.json'))).toBe(false)
})

test.each(['', 'no json', '[]', '{"pid":"1","startedAt":2}', '{"pid":1}'])(
  'takes an owner.json of %j for none',
  (text) => {
    using dir = folder()
    writeFileSync(join(dir.path, 'owner.json'), text)
    expect(leaseOwner(dir.path)).toBeUndefined()
  },
)

function holder(dir: string): ChildProcess {
  const program = join(import.meta.dirname, '../../fake/holder.ts')
  return spawn(process.execPath, [program, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function said(child: ChildProcess): Promise<string> {
  const [chunk] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  return chunk.toString().trim()
}
