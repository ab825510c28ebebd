/**
 * What steps may do to the world: their powers against the flow's `permissions`, and
 * effects that a retry or a loop could repeat.
 */
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import type { Fix, Problem } from '#engine/core/problem.ts'
import {
  allows,
  anything,
  isCovered,
  type Power,
  powerKinds,
  type PowerKind,
  powersIn,
} from '#engine/dsl/power/kinds.ts'
import { calledFlow, toolsOf } from '#engine/dsl/power/lent.ts'
import {
  findSecrets,
  findUrls,
  secretParameters,
  takesSecret,
  type SecretPlace,
} from '#engine/dsl/power/places.ts'
import { parseReference } from '#engine/dsl/reference.ts'
import type { Document } from '#engine/dsl/text.ts'
import type { ActionSpec, World } from '#engine/dsl/world.ts'

import { allowFix } from './allow.ts'
import type { FoundStep } from './walk.ts'

interface Missing {
  readonly power: Power
  readonly at: string
  readonly who: string
  /** All of it is asked for: a part that the flow names would not do. */
  readonly isWhole?: true
}

interface Checked {
  readonly document: Document
  readonly world: World
  /** The flow whose permissions count; absent where that is the document itself. */
  readonly flow?: Document
}

export function checkPowers(
  { document, world, flow = document }: Checked,
  steps: readonly FoundStep[],
): readonly Problem[] {
  const granted = grantedBy(flow.value)
  const missing: Missing[] = []
  const problems: Problem[] = []
  for (const found of steps) {
    const action = actionOf(world, found.step)
    if (action !== undefined) {
      missing.push(...lacking(found, action, granted))
      const problem = unguarded(found, action)
      if (problem !== undefined) problems.push(problem)
    }
    missing.push(...lent({ document, world }, found, granted))
    for (const place of findSecrets(found.step['with'], `${found.at}/with`)) {
      const power: Power = { kind: 'secrets', value: place.name }
      const problem = misplaced(found, action, place)
      if (problem !== undefined) problems.push(problem)
      else if (!isGranted(granted, power)) missing.push({ power, at: place.at, who: 'The step' })
    }
  }
  // One fix grants them all: two that add the same key would undo each other.
  const named = unique(missing.filter((one) => !isOpen(one)))
  // The steps of a component ask the flow that uses it, which is another file.
  const fix = named.length === 0 || flow !== document ? undefined : allowFix(document, named)
  return [...problems, ...missing.map((one, i) => denied(one, i === 0 ? fix : undefined))]
}

/** What the action asks for, and where its URLs lead, that the flow does not allow. */
function lacking(
  { step, at }: FoundStep,
  action: ActionSpec,
  granted: readonly Power[],
): readonly Missing[] {
  const who = `"${action.name}"`
  const { net = [] } = action.capabilities
  const urls = (net.length === 0 ? [] : findUrls(step['with'], `${at}/with`)).flatMap(
    ({ host, at: place }) => {
      const power: Power = { kind: 'net', value: host }
      // By which method it is asked is not known here.
      const isOpenTo = granted.some(
        ({ kind, value }) =>
          kind === 'net' && isCovered('net', value.replace(/^[A-Z,]+ /, ''), host),
      )
      return isOpenTo ? [] : [{ power, at: place, who }]
    },
  )
  const powers = powersOf(action)
    .filter((power) => !isGranted(granted, power))
    // Where a URL says which host, that is what to allow.
    .filter(({ kind, value }) => urls.length === 0 || kind !== 'net' || value !== anything)
    .map((power) => ({ power, at: `${at}/use`, who }))
  return [...powers, ...urls]
}

/** What a called flow, and the tools of an agent, may do and this flow may not. */
function lent(
  { document, world }: Checked,
  { step, at }: FoundStep,
  granted: readonly Power[],
): readonly Missing[] {
  const flow = calledFlow(world, step)
  if (flow !== undefined) {
    return powersIn(flow.permissions ?? {})
      .filter((power) => !granted.some((one) => allows(one, power)))
      .map((power) => ({ power, at: `${at}/flow`, who: `The flow "${flow.id}"`, isWhole: true }))
  }
  const agent = toolsOf({ document, world }, step)
  if (agent === undefined) return []
  const tools = agent.tools.flatMap((action) =>
    powersOf(action)
      .filter((power) => !isGranted(granted, power))
      .map((power) => ({
        power,
        at: `${at}/agent`,
        who: `"${action.name}", a tool of the agent,`,
      })),
  )
  const power: Power = { kind: 'model', value: agent.model }
  // A flow that names classes of models means those of its agents, too.
  const isNamed = granted.some(({ kind }) => kind === 'model')
  if (!isNamed || isGranted(granted, power)) return tools
  return [{ power, at: `${at}/agent`, who: 'The agent' }, ...tools]
}

/** A secret where none is taken: it would arrive as data. */
function misplaced(
  { step }: FoundStep,
  action: ActionSpec | undefined,
  { name, at, path }: SecretPlace,
): Problem | undefined {
  const isTransform = 'transform' in step
  if (!isTransform && (action === undefined || takesSecret(action.input, path))) return undefined
  const who = isTransform ? 'A transform' : `"${action?.name}"`
  const places = secretParameters(action?.input)
  const listed = places.map((one) => `"${one}"`).join(', ')
  const help = isTransform
    ? 'Hand it to an action that sends it along, such as std/http.'
    : places.length > 0
      ? `It takes secrets in ${listed}.`
      : 'The schema of a parameter that takes one says "x-secret: true".'
  const where = path.length === 0 ? 'its input' : `"${path.join('.')}"`
  const message = `${who} takes no secret in ${where}, and is given "${name}".`
  return { code: 'PLAN_SECRET_MISPLACED', severity: 'error', message, at, help }
}

function actionOf(world: World, { use }: JsonObject): ActionSpec | undefined {
  const reference = typeof use === 'string' ? parseReference(use) : undefined
  return reference === undefined ? undefined : world.findAction(reference.name)
}

// ─── Permissions ────────────────────────────────────────────────────────────

function powersOf({ capabilities }: ActionSpec): readonly Power[] {
  return powersIn(capabilities)
}

function grantedBy(flow: Json | undefined): readonly Power[] {
  const permissions = isObject(flow) ? flow['permissions'] : undefined
  if (!isObject(permissions)) return []
  return powerKinds.flatMap((kind) => {
    const list = permissions[kind]
    if (!Array.isArray(list)) return []
    return list.flatMap((value: Json) => (typeof value === 'string' ? [{ kind, value }] : []))
  })
}

function isGranted(granted: readonly Power[], { kind, value }: Power): boolean {
  // A plugin's `*` is whatever the flow allows; of secrets that may be none.
  if (value === anything && kind === 'secrets') return true
  return granted.some((one) => one.kind === kind && isCovered(kind, one.value, value))
}

function unique(missing: readonly Missing[]): readonly Power[] {
  const byName = new Map(missing.map(({ power }) => [`${power.kind} ${power.value}`, power]))
  return [...byName.values()]
}

const words: Readonly<Record<PowerKind, string>> = {
  net: 'to reach',
  secrets: 'the secret',
  git: 'to do with Git:',
  state: "to do with the flow's state:",
  files: 'to do with files:',
  blob: 'to do with blobs:',
  model: 'models of the class',
}

/** A wish for whatever the flow names: what to name is the author's to say. */
function isOpen({ power: { kind, value }, isWhole }: Missing): boolean {
  if (isWhole === true) return false
  return value === anything || (kind === 'git' && (value === 'write' || value === 'tag'))
}

const open: Readonly<Partial<Record<PowerKind, readonly [string, string]>>> = {
  net: ['reaches other hosts', 'Name the hosts of its requests in permissions.net.'],
  git: [
    'writes to the repository',
    'Name its branches and tags in permissions.git: [write:ionflux/*, tag:v*].',
  ],
  model: ['asks models', 'Name their classes in permissions.model.'],
}

function denied(missing: Missing, fix: Fix | undefined): Problem {
  const { power, at, who } = missing
  if (isOpen(missing)) {
    const [does, help] = open[power.kind] ?? ['', '']
    const message = `${who} ${does}, and the flow allows none.`
    return { code: 'PLAN_PERMISSION_MISSING', severity: 'error', message, at, help }
  }
  const problem: Problem = {
    code: 'PLAN_PERMISSION_MISSING',
    severity: 'error',
    message: `${who} needs ${words[power.kind]} "${power.value}", which the flow does not allow.`,
    at,
    help: `Add it to permissions.${power.kind}, if the flow may do that.`,
  }
  return fix === undefined ? problem : { ...problem, fix }
}

// ─── Effects ────────────────────────────────────────────────────────────────

/** An unsafe action that could run twice for one reason, without a key to tell them apart. */
function unguarded({ step, at, loop }: FoundStep, action: ActionSpec): Problem | undefined {
  if (action.effects !== 'unsafe' || 'idempotency' in step || 'compensate' in step) return undefined
  const isRetried = 'retry' in step && attempts(step['retry']) !== 1
  if (!isRetried && loop === undefined) return undefined
  const [where, related] = isRetried
    ? ['be tried again', { message: 'It is tried again here.', at: `${at}/retry` }]
    : ['run once per turn', { message: 'The loop is here.', at: `${loop?.at}/${loop?.kind}` }]
  return {
    code: 'PLAN_EFFECT_UNGUARDED',
    severity: 'error',
    message: `"${action.name}" changes the world at every call and may ${where}.`,
    at: `${at}/use`,
    related: [related],
    help: 'Give the step an idempotency: key that the callee knows, such as the id of the item.',
  }
}

function attempts(retry: Json | undefined): Json | undefined {
  return isObject(retry) ? retry['max'] : retry
}
