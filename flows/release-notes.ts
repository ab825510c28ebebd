/**
 * Sorts commits into the sections of release notes (Conventional Commits 1.0).
 *
 * What does not follow the convention is listed under "Other changes" as it was written;
 * nothing is guessed. It builds blocks, not text: `std/text/markdown` does the escaping.
 */
import type { Json } from 'ionflux/plugin'

interface Person {
  readonly name: string
  readonly email: string
  readonly date: string | null
}

interface LogCommit {
  readonly id: string
  readonly parents: readonly string[]
  readonly author: Person
  readonly subject: string
  readonly footers: readonly { readonly token: string; readonly value: string }[]
}

interface Input {
  readonly title: string
  readonly from: string
  readonly to: string
  readonly commits: readonly LogCommit[]
  readonly is_truncated: boolean
}

/** One commit, read: `kind` is a key of `titles`, `other`, or `merge`. */
interface Change {
  readonly id: string
  readonly kind: string
  readonly scope: string | null
  readonly subject: string
  /** What breaks, in the words of the footer or the subject; null when nothing does. */
  readonly breaking: string | null
  readonly author: { readonly name: string; readonly email: string }
  readonly date: string | null
}

interface Section {
  readonly kind: string
  readonly title: string
  /** The rest of each is in `commits`, under the same id. */
  readonly commits: readonly Pick<Change, 'id' | 'scope' | 'subject'>[]
}

interface Author {
  readonly name: string
  readonly email: string
  readonly commits: number
}

interface Output {
  readonly commits: readonly Change[]
  readonly sections: readonly Section[]
  readonly authors: readonly Author[]
  readonly merges: number
  readonly blocks: readonly Json[]
}

/** Sections in their order. */
const titles: Readonly<Record<string, string>> = {
  feat: 'Features',
  fix: 'Fixes',
  perf: 'Performance',
  revert: 'Reverts',
  refactor: 'Refactoring',
  docs: 'Documentation',
  test: 'Tests',
  build: 'Build',
  ci: 'Continuous integration',
  style: 'Style',
  chore: 'Chores',
  other: 'Other changes',
}

const aliases: Readonly<Record<string, string>> = {
  feature: 'feat',
  bugfix: 'fix',
  hotfix: 'fix',
  performance: 'perf',
  doc: 'docs',
  tests: 'test',
}

const convention = /^([A-Za-z][\w-]*)(?:\(([^()]*)\))?(!)?:[ \t]+(\S.*)$/

export default function notes({ title, from, to, commits, is_truncated }: Input): Output {
  const changes = commits.map(read)
  const listed = changes.filter(({ kind }) => kind !== 'merge')
  const groups = Object.entries(titles)
    .map(([kind, title]) => ({
      kind,
      title,
      commits: listed.filter((change) => change.kind === kind),
    }))
    .filter((group) => group.commits.length > 0)
  const authors = authorsOf(listed)
  const merges = changes.length - listed.length
  const blocks: Json[] = [
    { heading: title === '' ? 'Release notes' : title, level: 1 },
    { text: summary({ from, to, count: listed.length, people: authors.length, merges }) },
  ]
  if (is_truncated)
    blocks.push({ text: { strong: `Only the newest ${changes.length} commits were read.` } })
  const breaking = listed.filter((change) => change.breaking !== null)
  if (breaking.length > 0) {
    blocks.push({ heading: 'Breaking changes' })
    blocks.push({ list: breaking.map((change) => line(change, change.breaking ?? change.subject)) })
  }
  for (const group of groups) {
    blocks.push({ heading: group.title })
    blocks.push({ list: group.commits.map((change) => line(change, change.subject)) })
  }
  if (authors.length > 0) {
    blocks.push({ heading: 'Authors' })
    blocks.push({ list: authors.map(({ name, commits }) => `${name} (${commits})`) })
  }
  const sections = groups.map(({ commits, ...group }) => ({
    ...group,
    commits: commits.map(({ id, scope, subject }) => ({ id, scope, subject })),
  }))
  return { commits: changes, sections, authors, merges, blocks }
}

function read({ id, parents, author, subject, footers }: LogCommit): Change {
  const facts = { id, author: { name: author.name, email: author.email }, date: author.date }
  if (parents.length > 1) return { ...facts, kind: 'merge', scope: null, subject, breaking: null }
  const match = convention.exec(subject)
  const word = (match?.[1] ?? '').toLowerCase()
  const kind = aliases[word] ?? word
  const isKnown = Object.hasOwn(titles, kind) && kind !== 'other'
  const footer = footers.find(({ token }) => /^BREAKING[ -]CHANGE$/.test(token))
  const bang = match?.[3] === '!' ? (match[4] ?? subject) : null
  const breaking = footer === undefined ? bang : oneLine(footer.value) || subject
  if (isKnown) {
    return {
      ...facts,
      kind,
      scope: match?.[2]?.trim() || null,
      subject: match?.[4] ?? subject,
      breaking,
    }
  }
  const isRevert = /^Revert ".+"$/.test(subject)
  return { ...facts, kind: isRevert ? 'revert' : 'other', scope: null, subject, breaking }
}

function oneLine(text: string): string {
  return text.split(/\s+/).join(' ').trim()
}

function line({ id, scope, subject }: Change, text: string): Json {
  const end = [' (', { code: id.slice(0, 9) }, ')']
  const shown = text === '' ? (subject === '' ? '(no message)' : subject) : text
  return scope === null ? [shown, ...end] : [{ strong: `${scope}:` }, ' ', shown, ...end]
}

/** One entry per address, whatever its case, by the name used last; most commits first. */
function authorsOf(changes: readonly Change[]): readonly Author[] {
  const found = new Map<string, { name: string; email: string; commits: number }>()
  for (const { author } of changes) {
    const key = author.email === '' ? `name ${author.name}` : author.email.toLowerCase()
    const known = found.get(key)
    if (known !== undefined) known.commits++
    else
      found.set(key, {
        name: author.name || author.email || 'unknown',
        email: author.email,
        commits: 1,
      })
  }
  return [...found.values()].sort((a, b) => b.commits - a.commits || (a.name < b.name ? -1 : 1))
}

interface Summary {
  readonly from: string
  readonly to: string
  readonly count: number
  readonly people: number
  readonly merges: number
}

function summary({ from, to, count, people, merges }: Summary): Json {
  const range: Json[] = from === '' ? ['All changes'] : ['Changes since ', { code: from }]
  if (to !== '') range.push(' up to ', { code: to })
  if (count === 0)
    return [...range, merges === 0 ? ': none.' : `: none, ${plural(merges, 'merge')} not listed.`]
  const by = `: ${plural(count, 'commit')} by ${plural(people, 'author')}`
  return [...range, by + (merges === 0 ? '.' : `, ${plural(merges, 'merge')} not listed.`)]
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
