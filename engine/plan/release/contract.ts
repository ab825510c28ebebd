/**
 * What others rely on in a plugin, a flow or a blueprint: its actions, what they take, give and
 * do to the world, and the powers that it asks for.
 *
 * Pure. Compares two of them, and says of each difference whether it breaks somebody.
 */
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import type { Manifest } from '#engine/dsl/manifest.ts'
import { permissionsIn } from '#engine/dsl/power/kinds.ts'
import type { Effects } from '#engine/dsl/template.ts'
import type { Permissions } from '#engine/dsl/world.ts'
import { grownPowers } from '#engine/plan/change/powers.ts'

import { schemaChanges, type SchemaChange } from './schema.ts'

/** One thing that can be called. */
export interface Entry {
  readonly input?: Json
  readonly output?: Json
  readonly effects?: Effects
  readonly powers: Permissions
}

export interface Contract {
  /** By name; a flow has one, with an empty name. */
  readonly entries: Readonly<Record<string, Entry>>
  /** All that it may ask for. */
  readonly powers: Permissions
}

/** From the least to the most. */
export const bumps = ['patch', 'minor', 'major'] as const
export type Bump = (typeof bumps)[number]

export interface ContractChange {
  readonly bump: Bump
  /** Whether it asks for a power that it did not have. */
  readonly isPower: boolean
  /** One sentence with a full stop. */
  readonly message: string
}

/** The contract of a plugin. */
export function contractOfPlugin({ capabilities, actions }: Manifest): Contract {
  const entries = Object.entries(actions).map(([name, action]): [string, Entry] => [
    name,
    {
      ...(action.input === undefined ? {} : { input: action.input }),
      ...(action.output === undefined ? {} : { output: action.output }),
      effects: action.effects,
      powers: permissionsIn(capabilities, action.needs),
    },
  ])
  return { entries: Object.fromEntries(entries), powers: permissionsIn(capabilities) }
}

/** The contract of a flow or an agent, from the value of its file. */
export function contractOfFlow(value: JsonObject): Contract {
  const { inputs, outputs, output, returns, permissions } = value
  const powers = permissionsIn(isObject(permissions) ? (permissions as Permissions) : undefined)
  const entry: Entry = {
    input: isObject(inputs) ? inputs : {},
    output: output ?? returns ?? { type: 'object', properties: named(outputs) },
    powers,
  }
  return { entries: { '': entry }, powers }
}

/** The outputs by name; what an expression gives has no schema. */
function named(outputs: Json | undefined): JsonObject {
  return isObject(outputs) ? Object.fromEntries(Object.keys(outputs).map((name) => [name, {}])) : {}
}

/** Every difference, with what it asks of the version. */
export function contractChanges(before: Contract, after: Contract): readonly ContractChange[] {
  const grown = grownPowers(before.powers, after.powers)
  const shrunk = grownPowers(after.powers, before.powers)
  const names = new Set([...Object.keys(before.entries), ...Object.keys(after.entries)])
  return [
    ...grown.map((power) => change('major', `It may newly ask for ${power}.`, true)),
    ...shrunk.map((power) => change('minor', `It no longer asks for ${power}.`)),
    ...[...names].toSorted().flatMap((name) => {
      const [was, is] = [before.entries[name], after.entries[name]]
      if (is === undefined) return [change('major', `The action "${name}" is gone.`)]
      if (was === undefined) return [change('minor', `The action "${name}" is new.`)]
      return entryChanges(name, { before: was, after: is, grown })
    }),
  ]
}

function change(bump: Bump, message: string, isPower = false): ContractChange {
  return { bump, isPower, message }
}

interface Entries {
  readonly before: Entry
  readonly after: Entry
  /** Powers that are told already. */
  readonly grown: readonly string[]
}

function entryChanges(name: string, { before, after, grown }: Entries): readonly ContractChange[] {
  const of = name === '' ? '' : ` of "${name}"`
  const powers = grownPowers(before.powers, after.powers).filter((one) => !grown.includes(one))
  return [
    ...powers.map((power) => change('major', `"${name}" now needs ${power}.`, true)),
    ...effectChange(name, before.effects, after.effects),
    ...inputChanges(before.input, after.input).map(({ bump, at, what }) =>
      change(bump, `${subject('input', at)}${of} ${what}.`),
    ),
    ...outputChanges(before.output, after.output).map(({ bump, at, what }) =>
      change(bump, `${subject('output', at)}${of} ${what}.`),
    ),
  ]
}

function subject(word: string, at: string): string {
  return at === '' ? `The ${word}` : `The ${word} "${at}"`
}

const effectOrder = ['pure', 'read', 'idempotent', 'unsafe']

function effectChange(
  name: string,
  before: Effects | undefined,
  after: Effects | undefined,
): readonly ContractChange[] {
  if (before === undefined || after === undefined || before === after) return []
  const isMore = effectOrder.indexOf(after) > effectOrder.indexOf(before)
  return [change(isMore ? 'major' : 'minor', `"${name}" is now ${after} and was ${before}.`)]
}

/** A difference of a schema, with what it asks of the version. */
export interface SidedChange extends SchemaChange {
  readonly bump: Bump
}

/** Callers give it: what is no longer taken breaks them. */
export function inputChanges(before?: Json, after?: Json): readonly SidedChange[] {
  return schemaChanges(before, after).map((one) => ({ ...one, bump: inputBumps[one.kind] }))
}

/** Callers read it: what can newly come breaks them. */
export function outputChanges(before?: Json, after?: Json): readonly SidedChange[] {
  return schemaChanges(before, after).map((one) => ({ ...one, bump: outputBumps[one.kind] }))
}

const inputBumps: Readonly<Record<SchemaChange['kind'], Bump>> = {
  narrower: 'major',
  wider: 'minor',
  gone: 'major',
  added: 'minor',
  odd: 'major',
  words: 'patch',
}

const outputBumps: Readonly<Record<SchemaChange['kind'], Bump>> = {
  ...inputBumps,
  narrower: 'minor',
  wider: 'major',
}
