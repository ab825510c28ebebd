/**
 * What a flow may do to the world, and which of it is new: hosts, secrets, and which secret
 * can reach which host through which step.
 */
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { parseHostPattern } from '#engine/dsl/host-pattern.ts'
import { allows, type Power, powerKinds, powersBeyond } from '#engine/dsl/power/kinds.ts'
import { parseReference } from '#engine/dsl/reference.ts'
import { parseTemplate, secretsOf } from '#engine/dsl/template.ts'

import type { Permissions } from '#engine/dsl/world.ts'

import type { Finding, FlowVersion } from './change.ts'
import { type FindingAt, found } from './finding.ts'
import { stepsOf } from './steps.ts'

/** What `after` may do that `before` might not. `before` is absent for a new flow. */
export function powerFindings(
  before: FlowVersion | undefined,
  after: FlowVersion,
): readonly Finding[] {
  const at = (place: FindingAt): Finding => found(after, place)
  const old = before === undefined ? [] : grantsOf(before.flow)
  const grown = grantsOf(after.flow).filter((grant) => !old.some((one) => allows(one, grant)))
  return [
    ...grown.map((grant) => at(grantFinding(grant))),
    ...newReaches(before, after).map(({ secret, host, step, at: place }) =>
      at({
        code: 'PLAN_SECRET_REACH',
        severity: 'escalation',
        message: `The secret "${secret}" can now reach ${host === '*' ? 'any granted host' : `"${host}"`} through the step "${step}".`,
        step,
        at: place,
      }),
    ),
    ...newEffects(before, after).map((one) => at(one)),
  ]
}

function grantsOf({ permissions }: JsonObject): readonly Power[] {
  if (!isObject(permissions)) return []
  return powerKinds.flatMap((kind) => {
    const list = permissions[kind]
    if (!Array.isArray(list)) return []
    return list.flatMap((value: Json) => (typeof value === 'string' ? [{ kind, value }] : []))
  })
}

/** What `after` allows and `before` did not: `net:api.example.com`. */
export function grownPowers(before: Permissions, after: Permissions): readonly string[] {
  return powersBeyond(before, after).map(({ kind, value }) => `${kind}:${value}`)
}

function grantFinding({ kind, value }: Power): FindingAt {
  const at = '/permissions'
  if (kind === 'net') {
    const isWide = parseHostPattern(value)?.isWildcard === true
    const message = isWide
      ? `The flow may now reach every host under "${value}".`
      : `The flow may now reach "${value}".`
    return { code: 'PLAN_HOST_ADDED', severity: 'escalation', message, at }
  }
  if (kind === 'secrets') {
    const message = `Steps may now be given the secret "${value}".`
    return { code: 'PLAN_SECRET_ADDED', severity: 'escalation', message, at }
  }
  const message = `The flow may now do "${kind}: ${value}".`
  return { code: 'PLAN_POWER_ADDED', severity: 'escalation', message, at }
}

interface Reach {
  readonly secret: string
  readonly host: string
  readonly step: string
  readonly at: string
}

function newReaches(before: FlowVersion | undefined, after: FlowVersion): readonly Reach[] {
  const old = before === undefined ? [] : reachesOf(before)
  const isOld = ({ secret, host }: Reach): boolean =>
    old.some((one) => one.secret === secret && one.host === host)
  const seen = new Set<string>()
  return reachesOf(after).filter((reach) => {
    const key = `${reach.secret} ${reach.host}`
    if (isOld(reach) || seen.has(key)) return false
    seen.add(key)
    return true
  })
}

/** Every way from a secret to a host: a step is given the one, and its action may reach the other. */
function reachesOf(version: FlowVersion): readonly Reach[] {
  const granted = grantsOf(version.flow).filter(({ kind }) => kind === 'net')
  return [...stepsOf(version.flow).values()].flatMap(({ id, own, at }) => {
    const { template } = parseTemplate(own, at)
    const secrets = secretsOf(template)
    if (secrets.length === 0) return []
    const hosts = hostsOf(version, own, granted)
    return secrets.flatMap((secret) => hosts.map((host) => ({ secret, host, step: id, at })))
  })
}

/** The hosts that the action of a step may reach here: those of its manifest that are granted. */
function hostsOf(
  version: FlowVersion,
  { use }: JsonObject,
  granted: readonly Power[],
): readonly string[] {
  const name = typeof use === 'string' ? parseReference(use)?.name : undefined
  const wanted = name === undefined ? undefined : version.findAction(name)?.capabilities.net
  if (wanted === undefined) return []
  if (wanted.includes('*')) return granted.map(({ value }) => value)
  return wanted.filter((value) => granted.some((grant) => allows(grant, { kind: 'net', value })))
}

/** Steps that newly do what cannot be taken back. */
function newEffects(before: FlowVersion | undefined, after: FlowVersion): readonly FindingAt[] {
  const old = new Set(before === undefined ? [] : unsafeSteps(before).map(({ key }) => key))
  return unsafeSteps(after)
    .filter(({ key }) => !old.has(key))
    .map(({ step, action, at }) => ({
      code: 'PLAN_EFFECT_ADDED',
      severity: 'review',
      message: `The step "${step}" now calls "${action}", which is not safe to repeat.`,
      step,
      at,
    }))
}

function unsafeSteps(version: FlowVersion): readonly {
  readonly key: string
  readonly step: string
  readonly action: string
  readonly at: string
}[] {
  return [...stepsOf(version.flow).values()].flatMap(({ id, own, at }) => {
    const { use } = own
    const action = typeof use === 'string' ? parseReference(use)?.name : undefined
    if (action === undefined || version.findAction(action)?.effects !== 'unsafe') return []
    return [{ key: `${id} ${action}`, step: id, action, at }]
  })
}
