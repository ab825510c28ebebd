/**
 * Which packages of others the flows and agents of a blueprint call. What comes with ionflux is
 * everywhere and is none of them.
 */
import { isObject, type Json } from '#engine/core/json.ts'
import { parseReference } from '#engine/dsl/reference.ts'

import { type BlueprintPackage, valuesOf } from './package.ts'

/** The range that is asked for first, by name of the package; absent means any version. */
export function packagesNeeded(one: BlueprintPackage): ReadonlyMap<string, string | undefined> {
  const needed = new Map<string, string | undefined>()
  const note = (text: Json): void => {
    const reference = typeof text === 'string' ? parseReference(text) : undefined
    if (reference === undefined) return
    const name = reference.name.split('/').slice(0, 2).join('/')
    if (!name.startsWith('std/') && !needed.has(name)) needed.set(name, reference.range)
  }
  const collect = (value: Json): void => {
    if (Array.isArray(value)) for (const part of value) collect(part)
    if (!isObject(value)) return
    const { use = null, tools } = value
    for (const text of [use, ...(Array.isArray(tools) ? tools : [])]) note(text)
    for (const part of Object.values(value)) collect(part)
  }
  for (const [, value] of valuesOf(one)) collect(value)
  return needed
}
