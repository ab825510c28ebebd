/**
 * Issues, their labels and their comments.
 *
 * GitHub knows no idempotency keys, so what is made carries a mark in a comment of HTML
 * that no reader sees. A second attempt finds the mark and makes nothing twice.
 */
import type { Action, Context } from 'ionflux/plugin'

import { ask, askJson, keyDigest, list, type Common, type Where } from './api.ts'
import { commentOf, given, issueOf, type Comment, type Issue } from './shape.ts'
import type { RawComment, RawIssue } from './shape.ts'

export interface ListIssues extends Common {
  readonly state?: string
  readonly labels?: readonly string[]
  readonly assignee?: string
  readonly since?: string
  readonly sort?: string
  readonly order?: string
  readonly pulls?: boolean
  readonly max_items?: number
}

type Issues = { readonly issues: readonly Issue[]; readonly is_truncated: boolean }

export const listIssues: Action<ListIssues, Issues> = async (input, context) => {
  const { state, labels, assignee, since, sort, order, pulls = false } = input
  const query = { state, labels: labels?.join(','), assignee, since, sort, direction: order }
  const { items, isTruncated } = await list<RawIssue>(
    { input, context },
    { path: ['issues'], query },
    { itemsMax: input.max_items ?? 1_000 },
  )
  const issues = items.map(issueOf).filter(({ is_pull: isPull }) => pulls || !isPull)
  return { issues, is_truncated: isTruncated }
}

interface IssueFields extends Common {
  readonly title?: string
  readonly body?: string
  readonly labels?: readonly string[]
  readonly assignees?: readonly string[]
  readonly milestone?: number
}

export const createIssue: Action<IssueFields & { readonly title: string }, Issue> = async (
  input,
  context,
) => {
  const where = { input, context }
  const mark = await stepMark(context)
  const query = { state: 'all', sort: 'created', direction: 'desc', since: startOfRun() }
  const isMine = ({ body }: RawIssue): boolean => body?.endsWith(mark) === true
  const wish = { path: ['issues'], query }
  const { items } = await list<RawIssue>(where, wish, { itemsMax: searchMax, isEnough: isMine })
  const made = items.find(isMine)
  if (made !== undefined) return issueOf(made)
  const { title, labels, assignees, milestone } = input
  const json = given({ title, body: marked(input.body ?? '', mark), labels, assignees, milestone })
  return issueOf(await askJson<RawIssue>(where, { method: 'POST', path: ['issues'], json }))
}

interface UpdateIssue extends IssueFields {
  readonly number: number
  readonly state?: string
  readonly reason?: string
}

export const updateIssue: Action<UpdateIssue, Issue> = async (input, context) => {
  const { number, title, body, labels, assignees, milestone, state, reason } = input
  const json = given({ title, body, labels, assignees, milestone, state, state_reason: reason })
  const wish = { method: 'PATCH', path: ['issues', number], json } as const
  return issueOf(await askJson<RawIssue>({ input, context }, wish))
}

interface OfIssue extends Common {
  readonly number: number
}

type Comments = { readonly comments: readonly Comment[]; readonly is_truncated: boolean }

export const listComments: Action<
  OfIssue & { readonly since?: string; readonly max_items?: number },
  Comments
> = async (input, context) => {
  const { number, since, max_items: itemsMax = 1_000 } = input
  const wish = { path: ['issues', number, 'comments'], query: { since } }
  const { items, isTruncated } = await list<RawComment>({ input, context }, wish, { itemsMax })
  return { comments: items.map(commentOf), is_truncated: isTruncated }
}

interface Say extends OfIssue {
  readonly body: string
  readonly marker?: string
  readonly author?: string
}

type Said = Comment & { readonly outcome: 'created' | 'updated' | 'unchanged' }

export const comment: Action<Say, Said> = async (input, context) => {
  const where = { input, context }
  const mark =
    input.marker === undefined
      ? await stepMark(context)
      : `<!-- ionflux:comment ${input.marker} -->`
  const body = marked(input.body, mark)
  const found = await findComment(where, input, mark)
  if (found?.body === body) return { ...commentOf(found), outcome: 'unchanged' }
  const wish =
    found === undefined
      ? ({ method: 'POST', path: ['issues', input.number, 'comments'], json: { body } } as const)
      : ({ method: 'PATCH', path: ['issues', 'comments', found.id], json: { body } } as const)
  const raw = await askJson<RawComment>(where, wish)
  return { ...commentOf(raw), outcome: found === undefined ? 'created' : 'updated' }
}

async function findComment(
  where: Where,
  { number, marker, author }: Say,
  mark: string,
): Promise<RawComment | undefined> {
  const isMine = ({ body, user }: RawComment): boolean =>
    body?.endsWith(mark) === true && (author === undefined || user?.login === author)
  // What this step wrote cannot be older than its run.
  const query = { since: marker === undefined ? startOfRun() : undefined }
  const wish = { path: ['issues', number, 'comments'], query }
  const { items } = await list<RawComment>(where, wish, { itemsMax: searchMax, isEnough: isMine })
  return items.find(isMine)
}

type Labels = { readonly labels: readonly string[] }
interface RawLabel {
  readonly name: string
}

export const addLabels: Action<OfIssue & { readonly labels: readonly string[] }, Labels> = async (
  input,
  context,
) => {
  const { number, labels } = input
  const wish = { method: 'POST', path: ['issues', number, 'labels'], json: { labels } } as const
  const raw = await askJson<readonly RawLabel[]>({ input, context }, wish)
  return { labels: raw.map(({ name }) => name) }
}

export const removeLabel: Action<
  OfIssue & { readonly label: string },
  { readonly was_there: boolean }
> = async (input, context) => {
  const path = ['issues', input.number, 'labels', input.label]
  const { status } = await ask({ input, context }, { method: 'DELETE', path, also: [404] })
  return { was_there: status !== 404 }
}

const searchMax = 10_000

/** An hour before the run began, because clocks differ. */
function startOfRun(): string {
  return new Date(Date.now() - 3_600_000).toISOString()
}

async function stepMark({ run }: Context): Promise<string> {
  return `<!-- ionflux:step ${await keyDigest(run.key)} -->`
}

function marked(body: string, mark: string): string {
  return body === '' ? mark : `${body}\n\n${mark}`
}
