/**
 * What the commands about mirrors share: the data directory, and a mirror as JSON.
 */
import { printInstant } from '#engine/core/instant.ts'
import type { Json } from '#engine/core/json.ts'
import type { HeldPlan } from '#engine/plan/approval/held.ts'
import { dataDirOf, type PlaceValues } from '#engine/cli/place.ts'
import { heldJson } from '#engine/cli/watch/held.ts'
import { prepareDataDirectory } from '#engine/host/data/directory.ts'
import {
  type Fact,
  type Facts,
  type Incident,
  type Mirror,
  type MirrorHost,
  openMirrorHost,
  stages,
  statusOf,
} from '#engine/host/mirror/open.ts'

export interface MirrorValues extends PlaceValues {
  readonly json?: boolean
}

/** Does `work` with the mirrors of a data directory, made when it is missing. */
export async function withMirrors<T>(
  values: PlaceValues,
  work: (host: MirrorHost) => T | Promise<T>,
): Promise<T> {
  const directory = dataDirOf(values)
  prepareDataDirectory(directory)
  await using host = openMirrorHost(directory, process.env)
  return await work(host)
}

/** A mirror with its facts, as every command prints it. */
export function mirrorJson(mirror: Mirror, facts: Facts): Readonly<Record<string, Json>> {
  const { id, name, url, branch, paths, maxCaps, tokenSecret, addedAt, hold } = mirror
  return {
    name,
    id,
    url,
    branch: branch ?? null,
    paths: [...paths],
    max_caps: maxCaps === undefined ? null : [...maxCaps],
    token_secret: tokenSecret ?? null,
    added_at: printInstant(addedAt),
    status: statusOf(mirror, facts),
    hold:
      hold === undefined ? null : { reason: hold.reason, by: hold.by, at: printInstant(hold.at) },
    facts: Object.fromEntries(stages.map((stage) => [stage, factJson(facts[stage])])),
  }
}

function factJson({ commit, at, tree, flows, planDigest, problem }: Fact): Json {
  return {
    commit: commit ?? null,
    at: at === undefined ? null : printInstant(at),
    ...(tree === undefined ? {} : { tree }),
    ...(flows === undefined ? {} : { flows }),
    ...(planDigest === undefined ? {} : { plan_digest: planDigest }),
    problem:
      problem === undefined
        ? null
        : {
            code: problem.code,
            message: problem.message,
            at: printInstant(problem.at),
            ...(problem.commit === undefined ? {} : { commit: problem.commit }),
            ...(problem.held === undefined ? {} : heldOf(problem.held)),
          },
  }
}

function heldOf(held: HeldPlan): Readonly<Record<string, Json>> {
  return { plan_digest: held.planDigest, ...heldJson(held, {}) }
}

export function incidentJson(incident: Incident): Readonly<Record<string, Json>> {
  const { kind, at, message, ref, before, after, resolvedAt } = incident
  return {
    kind,
    at: printInstant(at),
    message,
    ref: ref ?? null,
    before: before ?? null,
    after: after ?? null,
    resolved_at: resolvedAt === undefined ? null : printInstant(resolvedAt),
  }
}
