/** Goal: after a failure the command that is offered can change something. */
import { expect, test } from 'vitest'

import { adviceOf, notRetriedText, sourceText } from '#engine/cli/run/advice.ts'
import type { RunView, StepView } from '#engine/host/views.ts'

const step = (more: object): StepView =>
  ({ path: 'a', kind: 'call', status: 'failed', attempts: 1, startedAt: '', ...more }) as StepView
const advised = (code: string, ...steps: readonly StepView[]): string =>
  adviceOf({ id: 'RUN', error: { code, message: '' }, steps } as unknown as RunView).command

test.each([
  ['CONN_TIMEOUT', 'ionflux runs retry RUN'],
  ['SANDBOX_CRASHED', 'ionflux runs retry RUN'],
  ['SANDBOX_GUEST_THREW', 'ionflux runs show RUN'],
  ['RUN_LOOP_EXCEEDED', 'ionflux runs show RUN'],
  ['RUN_ASSERTION_FAILED', 'ionflux runs show RUN'],
  ['CAP_NOT_GRANTED', 'ionflux explain CAP_NOT_GRANTED'],
])('after %s it is %s', (code, command) => {
  expect(advised(code)).toBe(command)
})

test('a code of the flow itself is not tried again, the same code of a plugin is', () => {
  const error = { code: 'out_of_stock', message: '' }
  expect(advised('out_of_stock', step({ kind: 'fail', error }))).toBe('ionflux runs show RUN')
  expect(advised('out_of_stock', step({ error }))).toBe('ionflux runs retry RUN')
})

test('a failed child is shown instead of its parent', () => {
  const error = { code: 'RUN_CHILD_FAILED', message: '' }
  expect(advised(error.code, step({ kind: 'flow', error, child: 'CHILD' }))).toBe(
    'ionflux runs show CHILD',
  )
})

test('why there was no other attempt is told by its reason, and only where there is one', () => {
  const error = { code: 'SANDBOX_GUEST_THREW', message: '' }
  expect(notRetriedText(step({ error, notRetried: 'not_transient' }))).toContain('not transient')
  expect(notRetriedText(step({ error, notRetried: 'not_in_on' }))).toContain('does not name')
  expect(notRetriedText(step({ error }))).toBeUndefined()
})

test('files are not called a commit', () => {
  const commit = '0123456789abcdef'
  expect(sourceText({ commit })).toBe('commit 0123456789ab')
  expect(sourceText({ commit, isWorkingTree: true })).toBe('working tree on commit 0123456789ab')
  expect(sourceText({ isWorkingTree: true })).toBe('working tree')
  expect(sourceText({ commit: null })).toBe('')
})
