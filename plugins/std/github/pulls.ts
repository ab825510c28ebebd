/** Pull requests: found, opened once for a branch, merged once. */
import type { Action } from 'ionflux/plugin'

import { ask, askJson, list, type Common, type Where } from './api.ts'
import { given, pullOf, type Pull, type RawPull } from './shape.ts'

interface ListPulls extends Common {
  readonly state?: string
  readonly head?: string
  readonly base?: string
  readonly sort?: string
  readonly order?: string
  readonly max_items?: number
}

type Pulls = { readonly pulls: readonly Pull[]; readonly is_truncated: boolean }

export const listPulls: Action<ListPulls, Pulls> = async (input, context) => {
  const { state, head, base, sort, order, max_items: itemsMax = 1_000 } = input
  const query = { state, head: ownedHead(input, head), base, sort, direction: order }
  const wish = { path: ['pulls'], query }
  const { items, isTruncated } = await list<RawPull>({ input, context }, wish, { itemsMax })
  return { pulls: items.map(pullOf), is_truncated: isTruncated }
}

interface CreatePull extends Common {
  readonly head: string
  readonly base: string
  readonly title: string
  readonly body?: string
  readonly draft?: boolean
}

/** GitHub has at most one open pull request from a branch to another: that one is given. */
export const createPull: Action<
  CreatePull,
  Pull & { readonly outcome: 'created' | 'existing' }
> = async (input, context) => {
  const where = { input, context }
  const open = await openPull(where, input)
  if (open !== undefined) return { ...pullOf(open), outcome: 'existing' }
  const { head, base, title, body, draft } = input
  const json = given({ head, base, title, body, draft })
  const response = await ask(where, { method: 'POST', path: ['pulls'], json, also: [422] })
  if (response.ok) return { ...pullOf(await response.json<RawPull & {}>()), outcome: 'created' }
  // Somebody may have been quicker.
  const theirs = await openPull(where, input)
  if (theirs !== undefined) return { ...pullOf(theirs), outcome: 'existing' }
  const { message = '', errors = [] } = await response.json<{
    message?: string
    errors?: { message?: string }[]
  }>()
  const why = [message, ...errors.map((one) => one.message ?? '')].filter((one) => one !== '')
  return context.fail('refused', `GitHub opens no pull request: ${why.join('; ')}`)
}

async function openPull(
  where: Where & { readonly input: Common },
  { head, base }: CreatePull,
): Promise<RawPull | undefined> {
  const query = { state: 'open', head: ownedHead(where.input, head), base }
  const { items } = await list<RawPull>(where, { path: ['pulls'], query }, { itemsMax: 1 })
  return items[0]
}

/** GitHub ignores a head without its owner. */
function ownedHead({ repo }: Common, head: string | undefined): string | undefined {
  if (head === undefined || head.includes(':')) return head
  return `${repo.slice(0, repo.indexOf('/'))}:${head}`
}

interface MergePull extends Common {
  readonly number: number
  readonly method?: string
  readonly sha?: string
  readonly title?: string
  readonly message?: string
}

export const mergePull: Action<
  MergePull,
  { readonly sha: string; readonly outcome: 'merged' | 'unchanged' }
> = async (input, context) => {
  const where = { input, context }
  const { number, method = 'merge', sha, title, message } = input
  const pull = await askJson<RawPull>(where, { path: ['pulls', number] })
  if (typeof pull.merged_at === 'string') {
    return { sha: pull.merge_commit_sha ?? '', outcome: 'unchanged' }
  }
  const json = given({ merge_method: method, sha, commit_title: title, commit_message: message })
  const path = ['pulls', number, 'merge']
  const response = await ask(where, { method: 'PUT', path, json, also: [405, 409, 422] })
  const answer = await response.json<{ sha?: string; message?: string }>()
  if (response.ok) return { sha: answer.sha ?? '', outcome: 'merged' }
  const why = answer.message ?? `it answered ${response.status}`
  return context.fail('not_mergeable', `Pull request ${number} cannot be merged now: ${why}`)
}
