/** What GitHub says of its things, and the narrow form that actions give. */

export interface RawUser {
  readonly login?: string
}

export interface RawIssue {
  readonly number: number
  readonly title: string
  readonly body?: string | null
  readonly state: string
  readonly user?: RawUser | null
  readonly labels?: readonly (string | { readonly name?: string })[]
  readonly assignees?: readonly RawUser[] | null
  readonly milestone?: { readonly number: number } | null
  readonly comments?: number
  readonly html_url: string
  readonly created_at: string
  readonly updated_at: string
  readonly closed_at?: string | null
  readonly pull_request?: unknown
}

export type Issue = {
  readonly number: number
  readonly title: string
  readonly body: string
  readonly state: string
  readonly author: string
  readonly labels: readonly string[]
  readonly assignees: readonly string[]
  readonly milestone: number | null
  readonly comments: number
  readonly is_pull: boolean
  readonly url: string
  readonly created_at: string
  readonly updated_at: string
  readonly closed_at: string | null
}

export function issueOf(raw: RawIssue): Issue {
  return {
    number: raw.number,
    title: raw.title,
    body: raw.body ?? '',
    state: raw.state,
    author: raw.user?.login ?? '',
    labels: (raw.labels ?? []).map((one) => (typeof one === 'string' ? one : (one.name ?? ''))),
    assignees: (raw.assignees ?? []).map(({ login = '' }) => login),
    milestone: raw.milestone?.number ?? null,
    comments: raw.comments ?? 0,
    is_pull: raw.pull_request !== undefined,
    url: raw.html_url,
    created_at: raw.created_at,
    updated_at: raw.updated_at,
    closed_at: raw.closed_at ?? null,
  }
}

export interface RawComment {
  readonly id: number
  readonly body?: string | null
  readonly user?: RawUser | null
  readonly html_url: string
  readonly created_at: string
  readonly updated_at: string
}

export type Comment = {
  readonly id: number
  readonly body: string
  readonly author: string
  readonly url: string
  readonly created_at: string
  readonly updated_at: string
}

export function commentOf(raw: RawComment): Comment {
  return {
    id: raw.id,
    body: raw.body ?? '',
    author: raw.user?.login ?? '',
    url: raw.html_url,
    created_at: raw.created_at,
    updated_at: raw.updated_at,
  }
}

interface RawEnd {
  readonly ref: string
  readonly sha: string
  readonly label?: string
}

export interface RawPull {
  readonly number: number
  readonly title: string
  readonly body?: string | null
  readonly state: string
  readonly draft?: boolean
  readonly merged_at?: string | null
  readonly merge_commit_sha?: string | null
  readonly user?: RawUser | null
  readonly labels?: readonly { readonly name?: string }[]
  readonly head: RawEnd
  readonly base: RawEnd
  readonly html_url: string
  readonly created_at: string
  readonly updated_at: string
}

export type Pull = {
  readonly number: number
  readonly title: string
  readonly body: string
  readonly state: string
  readonly is_draft: boolean
  readonly merged_at: string | null
  readonly author: string
  readonly labels: readonly string[]
  readonly head: string
  readonly head_sha: string
  readonly base: string
  readonly url: string
  readonly created_at: string
  readonly updated_at: string
}

export function pullOf(raw: RawPull): Pull {
  return {
    number: raw.number,
    title: raw.title,
    body: raw.body ?? '',
    state: raw.state,
    is_draft: raw.draft ?? false,
    merged_at: raw.merged_at ?? null,
    author: raw.user?.login ?? '',
    labels: (raw.labels ?? []).map(({ name = '' }) => name),
    head: raw.head.ref,
    head_sha: raw.head.sha,
    base: raw.base.ref,
    url: raw.html_url,
    created_at: raw.created_at,
    updated_at: raw.updated_at,
  }
}

export interface RawRelease {
  readonly id: number
  readonly tag_name: string
  readonly name?: string | null
  readonly body?: string | null
  readonly draft: boolean
  readonly prerelease: boolean
  readonly html_url: string
  readonly created_at: string
  readonly published_at?: string | null
}

export type Release = {
  readonly id: number
  readonly tag: string
  readonly name: string
  readonly body: string
  readonly is_draft: boolean
  readonly is_prerelease: boolean
  readonly url: string
  readonly created_at: string
  readonly published_at: string | null
}

export function releaseOf(raw: RawRelease): Release {
  return {
    id: raw.id,
    tag: raw.tag_name,
    name: raw.name ?? '',
    body: raw.body ?? '',
    is_draft: raw.draft,
    is_prerelease: raw.prerelease,
    url: raw.html_url,
    created_at: raw.created_at,
    published_at: raw.published_at ?? null,
  }
}

/** `value` without members that are undefined, which JSON has not. */
export function given<Value extends object>(
  value: Value,
): { [Key in keyof Value]: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [Key in keyof Value]: Exclude<Value[Key], undefined>
  }
}
