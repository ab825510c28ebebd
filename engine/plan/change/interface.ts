/**
 * What callers of a flow rely on: inputs that they must give and outputs that they read.
 */
import { isObject, type Json, type JsonObject, pointer } from '#engine/core/json.ts'

import type { Finding, FlowVersion } from './change.ts'
import { type FindingAt, found } from './finding.ts'
import { isSame } from './values.ts'

/** Changes of inputs and outputs that can break whoever starts the flow or reads its result. */
export function interfaceFindings(before: FlowVersion, after: FlowVersion): readonly Finding[] {
  const [old, now] = [inputsOf(before.flow), inputsOf(after.flow)]
  const places: FindingAt[] = []
  for (const name of now.required.filter((one) => !old.required.includes(one)))
    places.push(breaking(`The input "${name}" must now be given.`, inputAt(name)))
  for (const name of Object.keys(old.properties)) {
    const [was, is] = [old.properties[name], now.properties[name]]
    if (is === undefined) places.push(breaking(`The input "${name}" is gone.`, '/inputs'))
    else if (!isSame(typeOf(was), typeOf(is)))
      places.push(breaking(`The input "${name}" has another type.`, inputAt(name)))
  }
  for (const name of outputNames(before.flow).filter(
    (one) => !outputNames(after.flow).includes(one),
  ))
    places.push(breaking(`The output "${name}" is gone.`, '/outputs'))
  return places.map((place) => found(after, place))
}

function breaking(message: string, at: string): FindingAt {
  return { code: 'PLAN_INTERFACE_BROKEN', severity: 'review', message, at }
}

function inputAt(name: string): string {
  return `/inputs/properties${pointer(name)}`
}

interface Inputs {
  readonly required: readonly string[]
  readonly properties: JsonObject
}

function inputsOf({ inputs }: JsonObject): Inputs {
  if (!isObject(inputs)) return { required: [], properties: {} }
  const { required, properties } = inputs
  return {
    required: Array.isArray(required) ? required.map(String) : [],
    properties: isObject(properties) ? properties : {},
  }
}

function typeOf(schema: Json | undefined): Json | undefined {
  return isObject(schema) ? schema['type'] : schema
}

function outputNames({ outputs }: JsonObject): readonly string[] {
  return isObject(outputs) ? Object.keys(outputs) : []
}
