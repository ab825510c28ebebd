/**
 * Goal: who is asked to approve a plan is told what it does, and not more than there is room for.
 */
import { expect, test } from 'vitest'

import { digestOfText } from '#engine/core/digest.ts'
import { limits } from '#engine/core/limits.ts'
import { countWords, heldPlan } from '#engine/plan/approval/held.ts'
import type { Verdict } from '#engine/plan/approval/may-activate.ts'
import type { ChangeSeverity, Finding } from '#engine/plan/change/change.ts'

const planDigest = digestOfText('plan')
const verdict: Verdict = { may: false, planDigest, reasons: [], byOperator: true }

function finding(severity: ChangeSeverity, more: Partial<Finding> = {}): Finding {
  return { code: 'PLAN_HOST_ADDED', severity, message: 'It calls "b".', flow: 'a', ...more }
}

test('keeps what a person has to look at, with its place and without its range', () => {
  const place = { step: 'get', file: 'a.flow.yaml', line: 4, span: { start: 1, end: 2 } }
  const findings = [finding('review', place), finding('info')]
  expect(heldPlan({ planDigest, findings }, verdict)).toEqual({
    planDigest,
    findings: [
      {
        code: 'PLAN_HOST_ADDED',
        severity: 'review',
        message: 'It calls "b".',
        flow: 'a',
        step: 'get',
        file: 'a.flow.yaml',
        line: 4,
      },
    ],
    more: 0,
    byOperator: true,
  })
})

test('what is only to be known is told where there is nothing else', () => {
  const held = heldPlan({ planDigest, findings: [finding('info', { flow: '' })] }, verdict)
  expect(held.findings).toEqual([
    { code: 'PLAN_HOST_ADDED', severity: 'info', message: 'It calls "b".' },
  ])
})

test('many and long findings are cut, and the rest is counted', () => {
  const message = 'x'.repeat(100_000)
  const findings = Array.from({ length: 5_000 }, () => finding('escalation', { message }))
  const held = heldPlan({ planDigest, findings }, verdict)
  expect(held.findings).toHaveLength(limits.heldFindingsMax)
  expect(held.more).toBe(5_000 - limits.heldFindingsMax)
  expect(JSON.stringify(held).length).toBeLessThan(20_000)
})

test('counts by severity', () => {
  const findings = [finding('escalation'), finding('review'), finding('review')]
  expect(countWords(findings)).toBe('1 escalation, 2 review')
  expect(countWords([])).toBe('')
})
