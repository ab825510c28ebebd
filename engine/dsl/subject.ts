/**
 * Names of what is waited for: subjects of events, with wildcards where somebody listens, names
 * of signals, and of people who are asked.
 *
 * A subject is words joined by dots, as in NATS: `*` stands for one word, `>` at the end for
 * one or more. Words keep to letters that no bus has to escape.
 */
import { limits } from '#engine/core/limits.ts'

const word = '[A-Za-z0-9_-]+'
const subject = new RegExp(`^${word}(?:\\.${word})*$`)
const pattern = new RegExp(`^(?:${word}|\\*)(?:\\.(?:${word}|\\*))*(?:\\.>)?$`)

/** Whether something can be said under this subject: no wildcards. */
export function isSubject(text: string): boolean {
  return text.length <= limits.subjectCharsMax && subject.test(text)
}

/** Whether somebody can listen to it. */
export function isPattern(text: string): boolean {
  return text.length <= limits.subjectCharsMax && pattern.test(text)
}

/** Whether a signal can have this name: the form of a subject. */
export const isSignalName = isSubject

/** Whether this can be asked to approve: a person, a team, or anyone. */
export function isApprover(text: string): boolean {
  return text === 'anyone' || /^(?:user|team):[^\s,]{1,200}$/.test(text)
}

/**
 * Whether `said` is one of those that `heard` stands for.
 *
 * @example
 * fits('orders.*.paid', 'orders.7.paid') // true
 * fits('orders.>', 'orders') // false
 */
export function fits(heard: string, said: string): boolean {
  if (!isWild(heard)) return heard === said
  const wanted = heard.split('.')
  const given = said.split('.')
  const isOpen = wanted.at(-1) === '>'
  if (isOpen ? given.length < wanted.length : given.length !== wanted.length) return false
  return wanted.every((one, i) => one === '>' || one === '*' || one === given[i])
}

function isWild(text: string): boolean {
  return text.includes('*') || text.endsWith('>')
}
