/** Goal: a session outlives the owners that go away, and says so when none of them answers. */
import { expect, test } from 'vitest'

import { IonError } from '#engine/core/error.ts'
import type { RunId } from '#engine/core/id.ts'
import { limits } from '#engine/core/limits.ts'
import { prepareDataDirectory } from '#engine/host/data/directory.ts'
import { type Lease, takeLease } from '#engine/host/lease.ts'
import { linkPath } from '#engine/host/link-path.ts'
import { serveLink } from '#engine/host/link.ts'
import { openSession } from '#engine/host/session.ts'
import { folder } from '#test/fake/disk.ts'

const run = '01JD0000000000000000000000' as RunId

/** A directory whose owner is made up: it goes away at every `follow` but those that `answers` takes. */
async function owned(answers: (turn: number) => boolean) {
  const stack = new AsyncDisposableStack()
  const { path } = stack.use(folder())
  prepareDataDirectory(path)
  stack.use(takeLease(path) as Lease)
  const asked: unknown[] = []
  const server = await serveLink(linkPath(path), async ({ method, params, emit }) => {
    if (method !== 'follow') return null
    asked.push(params)
    await emit({ records: [{ kind: 'run.done' }] })
    if (answers(asked.length)) return 'done'
    throw new IonError('CLI_ENGINE_UNREACHABLE', 'It leaves.')
  })
  stack.defer(() => server.close())
  return { path, asked, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

test('what was heard is not asked for again after a change of owner', async () => {
  await using here = await owned((turn) => turn === 3)
  const session = await openSession(here.path, { carriesOn: false })
  let heard = 0
  const hear = (records: readonly unknown[]): void => void (heard += records.length)
  expect(await session.follow({ run, until: 'ended', hear })).toBe('done')
  expect([heard, here.asked]).toEqual([3, [0, 1, 2].map((seen) => ({ run, seen, until: 'ended' }))])
  await session.close()
})

test('owners that go away again and again are given up with the reason', async () => {
  await using here = await owned(() => false)
  const session = await openSession(here.path, { carriesOn: false })
  const following = session.follow({ run, until: 'ended', hear: () => {} })
  await expect(following).rejects.toMatchObject({
    code: 'CLI_ENGINE_UNREACHABLE',
    message: expect.stringMatching(/8 times in a row.*It leaves\..*ionflux resume/) as string,
    data: { directory: here.path, times: limits.linkTakeOversMax },
  })
  expect(here.asked).toHaveLength(limits.linkTakeOversMax)
  await session.close()
})

test('what waits when its session is closed hears of it, and nothing is opened again', async () => {
  using here = folder()
  const session = await openSession(here.path, { carriesOn: false })
  await expect(session.cancel(run, '')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
  await session.close()
  const late = session.follow({ run, until: 'ended', hear: () => {} })
  await expect(late).rejects.toMatchObject({ code: 'CLI_ENGINE_UNREACHABLE' })
  prepareDataDirectory(here.path)
  using lease = takeLease(here.path)
  expect(lease).toBeDefined()
})
