/**
 * Reports on a commit as a check run, with annotations in its files; as a status where the token
 * may not write check runs, which only apps may.
 *
 * A report that says the same of the files is edited in place. GitHub only ever adds annotations
 * to a check run, so one whose annotations are others begins a new one, which takes its place. A
 * report that broke off is gone on with: how many annotations arrived, the forge says.
 */
import { digestOf } from '#engine/core/digest.ts'
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'

import { type CarefulForge, type Fields, statusOf } from './asked.ts'
import type { Annotation, CheckWish } from './port.ts'

/** False where the token may not. Throws what else the forge answers. */
export async function writeCheck(forge: CarefulForge, wish: CheckWish): Promise<boolean> {
  try {
    await write(forge, wish)
    return true
  } catch (thrown) {
    if (statusOf(thrown) !== 403 && statusOf(thrown) !== 404) throw thrown
    return false
  }
}

interface CheckRun {
  readonly id: number
  /** How many annotations it has. */
  readonly count: number
}

async function write(forge: CarefulForge, wish: CheckWish): Promise<void> {
  const [owner = '', repo = ''] = wish.repository.split('/')
  const place = { owner, repo }
  const annotations = wish.annotations.slice(0, limits.forgeAnnotationsMax).map(plain)
  const externalId = digestOf(annotations)
  const known = await find(forge, { ...place, ref: wish.commit }, { name: wish.name, externalId })
  const run = known ?? (await begin(forge, { ...place, ...head(wish), external_id: externalId }))
  const per = limits.forgeAnnotationsPerRequestMax
  let sent = run.count
  do {
    const some = annotations.slice(sent, sent + per)
    sent += some.length
    const isLast = sent >= annotations.length
    const end = { status: 'completed', conclusion: wish.conclusion }
    await forge.write('PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}', {
      ...place,
      check_run_id: run.id,
      ...(isLast ? end : {}),
      output: { ...said(wish), ...(some.length === 0 ? {} : { annotations: some }) },
    })
  } while (sent < annotations.length)
}

function head({ name, commit }: CheckWish): Fields {
  return { name, head_sha: commit, status: 'in_progress' }
}

function said({ title, summary }: CheckWish): JsonObject {
  return {
    title: title.slice(0, limits.forgeStatusCharsMax),
    summary: summary.slice(0, limits.forgeBodyCharsMax - 1),
  }
}

function plain({ file, line, level, title, message }: Annotation): JsonObject {
  return {
    path: file,
    start_line: line,
    end_line: line,
    annotation_level: level,
    title: title.slice(0, limits.forgeAnnotationTitleCharsMax),
    message: message.slice(0, limits.forgeBodyCharsMax - 1),
  }
}

async function begin(forge: CarefulForge, fields: Fields): Promise<CheckRun> {
  const made = await forge.write('POST /repos/{owner}/{repo}/check-runs', fields)
  const run = runFrom(made as Json)
  if (run === undefined) throw new Error('The forge gave no check run where it describes one.')
  return run
}

async function find(
  forge: CarefulForge,
  place: Fields,
  { name, externalId }: { readonly name: string; readonly externalId: string },
): Promise<CheckRun | undefined> {
  const asked = { ...place, check_name: name, filter: 'latest', per_page: 100 }
  const data = (await forge.read(
    'GET /repos/{owner}/{repo}/commits/{ref}/check-runs',
    asked,
  )) as Json
  const runs = isObject(data) && Array.isArray(data['check_runs']) ? data['check_runs'] : []
  const own = runs.find((one: Json) => isObject(one) && one['external_id'] === externalId)
  return own === undefined ? undefined : runFrom(own)
}

function runFrom(value: Json): CheckRun | undefined {
  if (!isObject(value) || typeof value['id'] !== 'number') return undefined
  const { id, output } = value
  const count = isObject(output) ? output['annotations_count'] : 0
  return { id, count: typeof count === 'number' ? count : 0 }
}
