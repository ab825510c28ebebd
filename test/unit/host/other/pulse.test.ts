/** Goal: silence of another process ends a wait; its answers, refusals too, do not. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { openPulse } from '#engine/host/other/pulse.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const refusal = (isUnanswered: boolean): IonError =>
  new IonError('CLI_ENGINE_UNREACHABLE', 'It said nothing.', { data: { isUnanswered } })

test('one that says nothing is given up, after a word about the wait', async () => {
  const onSlow = vi.fn()
  const request = async (): Promise<never> =>
    await new Promise((_, reject) => {
      setTimeout(() => reject(refusal(true)), limits.linkAnswerMsMax)
    })
  const waiting = openPulse({ request }, onSlow).during(new Promise(() => {}))
  const ended = waiting.catch((thrown: unknown) => thrown)
  await vi.advanceTimersByTimeAsync(limits.linkSlowMs + 1)
  expect(onSlow).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(limits.linkAnswerMsMax)
  expect(await ended).toMatchObject({ code: 'CLI_ENGINE_UNREACHABLE', data: { isSilent: true } })
})

test('one that refuses is there, and is asked again as long as the work goes on', async () => {
  const onSlow = vi.fn()
  const request = vi.fn(async () => await Promise.reject(refusal(false)))
  const { promise: work, resolve } = Promise.withResolvers<string>()
  const waiting = openPulse({ request }, onSlow).during(work)
  await vi.advanceTimersByTimeAsync(3 * limits.linkPulseMs)
  expect(request.mock.calls.length).toBeGreaterThan(2)
  resolve('done')
  expect(await waiting).toBe('done')
  const asked = request.mock.calls.length
  await vi.advanceTimersByTimeAsync(3 * limits.linkPulseMs)
  expect([request.mock.calls.length, onSlow.mock.calls.length]).toEqual([asked, 0])
})
