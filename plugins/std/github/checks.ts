/** What stands beside a commit: checks with their annotations, and plain statuses. */
import type { Action, JsonObject } from 'ionflux/plugin'

import { askJson, keyDigest, list, type Common, type Where } from './api.ts'
import { given } from './shape.ts'

interface Annotation {
  readonly path: string
  readonly line: number
  readonly end_line?: number
  readonly level: string
  readonly message: string
  readonly title?: string
}

interface CheckFields extends Common {
  readonly status?: string
  readonly conclusion?: string
  readonly title?: string
  readonly summary?: string
  readonly text?: string
  readonly details_url?: string
  readonly annotations?: readonly Annotation[]
}

interface RawCheck {
  readonly id: number
  readonly name: string
  readonly head_sha: string
  readonly status: string
  readonly conclusion?: string | null
  readonly external_id?: string | null
  readonly html_url?: string | null
}

type Check = {
  readonly id: number
  readonly name: string
  readonly sha: string
  readonly status: string
  readonly conclusion: string | null
  readonly url: string
}

function checkOf(raw: RawCheck): Check {
  const { id, name, head_sha: sha, status, conclusion = null, html_url: url } = raw
  return { id, name, sha, status, conclusion, url: url ?? '' }
}

export const createCheck: Action<
  CheckFields & { readonly name: string; readonly sha: string },
  Check
> = async (input, context) => {
  const where = { input, context }
  const { name, sha } = input
  const key = await keyDigest(context.run.key)
  const isMine = ({ external_id: id }: RawCheck): boolean => id === key
  const query = { check_name: name, filter: 'all' }
  const wish = { path: ['commits', sha, 'check-runs'], query, member: 'check_runs' }
  const { items } = await list<RawCheck>(where, wish, { itemsMax: 1_000, isEnough: isMine })
  const made = items.find(isMine)
  if (made !== undefined) return await write(where, input, made.id)
  return await write(where, input, undefined, { name, head_sha: sha, external_id: key })
}

export const updateCheck: Action<CheckFields & { readonly id: number }, Check> = async (
  input,
  context,
) => await write({ input, context }, input, input.id)

/** How many annotations one request may carry; each request adds its own. */
const perRequest = 50

async function write(
  where: Where,
  input: CheckFields,
  known: number | undefined,
  first: JsonObject = {},
): Promise<Check> {
  const { conclusion, details_url: url, annotations = [] } = input
  const status = conclusion === undefined ? input.status : 'completed'
  const state = given({ status, conclusion, details_url: url })
  let id = known
  let check: RawCheck
  let at = 0
  do {
    const page = annotations.slice(at, at + perRequest).map(annotationOf)
    const output = outputOf(input, page)
    const json = { ...(id === undefined ? first : {}), ...state, ...output }
    const wish =
      id === undefined
        ? ({ method: 'POST', path: ['check-runs'], json } as const)
        : ({ method: 'PATCH', path: ['check-runs', id], json } as const)
    check = await askJson<RawCheck>(where, wish)
    id = check.id
    at += perRequest
  } while (at < annotations.length)
  return checkOf(check)
}

function outputOf(
  { title, summary, text }: CheckFields,
  annotations: readonly JsonObject[],
): JsonObject {
  if (title === undefined && summary === undefined && annotations.length === 0) return {}
  const more = annotations.length === 0 ? {} : { annotations }
  const texts = text === undefined ? {} : { text }
  return { output: { title: title ?? 'Result', summary: summary ?? '', ...texts, ...more } }
}

function annotationOf({
  path,
  line,
  end_line: end = line,
  level,
  message,
  title,
}: Annotation): JsonObject {
  const words = given({ message, title })
  return { path, start_line: line, end_line: end, annotation_level: level, ...words }
}

interface SetStatus extends Common {
  readonly sha: string
  readonly state: string
  readonly name?: string
  readonly description?: string
  readonly url?: string
}

type Status = { readonly state: string; readonly name: string; readonly description: string }

export const setStatus: Action<SetStatus, Status> = async (input, context) => {
  const { sha, state, name, description, url } = input
  const json = given({ state, context: name, description, target_url: url })
  const raw = await askJson<{ state: string; context: string; description: string | null }>(
    { input, context },
    { method: 'POST', path: ['statuses', sha], json },
  )
  return { state: raw.state, name: raw.context, description: raw.description ?? '' }
}
