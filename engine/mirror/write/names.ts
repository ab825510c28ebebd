/**
 * Names that may be written: of branches and tags, of paths in a tree, of people.
 *
 * Stricter than Git, because what is written here is read by the tools of others, on disks
 * that fold case, and by shells.
 */
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

import type { Person } from './port.ts'

/** Whether `name` may stand behind `refs/heads/` or `refs/tags/`; narrower than `git check-ref-format`. */
export function isRefName(name: string): boolean {
  if (name.length > 200 || !/^[A-Za-z0-9._/@+-]+$/.test(name)) return false
  if (name === '@' || name === 'HEAD' || name.startsWith('-')) return false
  if (/\.\.|@\{|\/\/|^\/|\/$|\.$/.test(name)) return false
  return name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'))
}

/** Characters that HFS+ does not see, so that `.g\u200cit` is `.git` there. */
const unseen = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g

/** Whether `path` may be written into a tree. */
export function isTreePath(path: string): boolean {
  if (path.length > limits.gitPathCharsMax || !path.isWellFormed()) return false
  return path.split('/').every((name) => {
    const plain = name.replace(unseen, '').toLowerCase()
    const isGit = plain.replace(/[. ]+$/, '') === '.git' || /^git~\d/.test(plain)
    return name !== '' && name !== '.' && name !== '..' && !isGit && !/[\\\p{Cc}]/u.test(name)
  })
}

/** As it stands in a commit: without what Git itself would leave out. */
export function cleanPerson({ name, email }: Person): Person {
  const clean = (text: string): string =>
    text
      .toWellFormed()
      .replaceAll(/[<>\p{Cc}]/gu, '')
      .replaceAll(/^[\s.,:;"\\']+|[\s.,:;"\\']+$/g, '')
      .slice(0, 200)
  const person = { name: clean(name), email: clean(email) }
  if (person.name !== '' && person.email !== '') return person
  throw refRefused('The author of a commit has a name and an email address.', {})
}

export function refRefused(message: string, data: Readonly<Record<string, string>>): IonError {
  return new IonError('MIRROR_REF_REFUSED', message, { data })
}

export function demandRefName(kind: 'branch' | 'tag', name: string): void {
  if (isRefName(name)) return
  const shown = name.slice(0, 100).toWellFormed()
  const message = `"${shown}" is no name for a ${kind}. Use letters, digits and "-._/@+", such as "ionflux/update-1".`
  throw refRefused(message, { [kind]: shown })
}
