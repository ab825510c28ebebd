/**
 * Judges one scalar: what a person wrote against what YAML 1.2 makes of it.
 *
 * A value that silently becomes another (a rounded number, a lost zero, a "no" that is
 * text) is said aloud, with the way to write what was meant.
 */
import type { Fix, Problem, Span } from '#engine/core/problem.ts'

interface ScalarFacts extends Span {
  readonly value: unknown
  /** As it stands in the text, without quotes. */
  readonly source: string
  readonly isPlain: boolean
}

/** The problem with a scalar, if there is one. */
export function scalarProblem(scalar: ScalarFacts, at: string): Problem | undefined {
  const { value, source, isPlain } = scalar
  const facts = { source, isPlain, at, span: { start: scalar.start, end: scalar.end } }
  if (typeof value === 'number') {
    const wrong = numberProblem(value, source)
    if (wrong === undefined) return undefined
    return problem(facts, { code: 'DSL_VALUE_FORMAT', message: wrong })
  }
  if (typeof value === 'string') {
    if (!value.isWellFormed()) {
      const message = 'The text holds half of a surrogate pair, which JSON cannot say.'
      return problem(facts, { code: 'DSL_TEXT_SUSPICIOUS', message })
    }
    if (isPlain && /^(?:yes|no|on|off)$/i.test(source)) {
      const message = `"${source}" is text here, not true or false.`
      return { ...problem(facts, { code: 'DSL_YAML_FEATURE', message }), severity: 'warning' }
    }
  }
  return undefined
}

interface Place {
  readonly source: string
  readonly isPlain: boolean
  readonly at: string
  readonly span: Span
}

function problem(facts: Place, what: Pick<Problem, 'code' | 'message'>): Problem {
  const { at, span, source, isPlain } = facts
  const fix: Fix = {
    title: 'Write it as text',
    applicability: 'review',
    edits: [{ span, text: JSON.stringify(source) }],
  }
  const bare: Problem = { ...what, severity: 'error', at, span }
  return isPlain ? { ...bare, help: `Quote it if it is text: "${source}".`, fix } : bare
}

/** Why a number is not what was written; undefined when it is. */
export function numberProblem(value: number, source: string): string | undefined {
  if (!Number.isFinite(value)) return `${source} is not a number that JSON can say.`
  if (/^[-+]?0\d/.test(source)) return `${source} loses its leading zeros: it reads as ${value}.`
  if (/^0[xo]/.test(source)) {
    return Number.isSafeInteger(value) ? undefined : `${source} is too large to be exact.`
  }
  if (digits(source) !== digits(String(value))) {
    return `${source} is not exact: it reads as ${value}.`
  }
  return undefined
}

/** The significant digits and the power of ten, so that `1.50e3` equals `1500`. */
function digits(source: string): string {
  const match = /^[-+]?(\d*)\.?(\d*)(?:e([-+]?\d+))?$/i.exec(source)
  if (match === null) return source
  const [, whole = '', fraction = '', exponent = '0'] = match
  const all = (whole + fraction).replace(/^0+/, '')
  const significant = all.replace(/0+$/, '')
  if (significant === '') return '0'
  const power = Number(exponent) - fraction.length + (all.length - significant.length)
  return `${significant}e${power}`
}
