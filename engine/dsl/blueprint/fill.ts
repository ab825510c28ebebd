/**
 * Fills a blueprint in: its files with the inputs written at their places.
 *
 * Pure. A value is written by the patcher, as a value at one place of a document, so no input
 * ever becomes a key, a step, code or an expression, whatever it says.
 */
import { IonError } from '#engine/core/error.ts'
import { isObject, type Json, type JsonObject, pointer } from '#engine/core/json.ts'
import { patch } from '#engine/dsl/patch/patch.ts'
import { compileTemplate, parseTemplate, sourcesOf } from '#engine/dsl/template.ts'
import { parseDocument } from '#engine/dsl/text.ts'

import { inputsOf } from './check.ts'
import type { Blueprint, Place } from './file.ts'

export interface Filling {
  readonly blueprint: Blueprint
  /** Checked by `blueprint.inputs`. */
  readonly inputs: JsonObject
  readText(path: string): string | undefined
}

/** The texts of the YAML files that change, by path. Throws `DSL_EDIT_REFUSED`. */
export function fillBlueprint({
  blueprint,
  inputs,
  readText,
}: Filling): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  for (const place of blueprint.set ?? []) {
    const text = texts.get(place.file) ?? readText(place.file)
    if (text === undefined) throw refused(place, 'the file is not there')
    const value = valueOf(place, inputs)
    if (value !== undefined) texts.set(place.file, written(place, text, value))
  }
  return texts
}

/** Undefined when an input that the value needs was not given. */
function valueOf(place: Place, inputs: JsonObject): Json | undefined {
  const { template } = parseTemplate(place.value, '')
  if (inputsOf(sourcesOf(template)).some((name) => !Object.hasOwn(inputs, name))) return undefined
  const strange = strings(inputs).find((text) => text.includes('${{'))
  if (strange !== undefined) {
    const message = `"${strange.slice(0, 80)}" would be an expression in the flow; give a value without "\${{".`
    throw new IonError('CLI_USAGE', message)
  }
  return plain(compileTemplate(template)({ inputs, steps: {}, run: {} }))
}

/** Secrets as they are written, not as handles. */
function plain(value: Json): Json {
  if (Array.isArray(value)) return value.map(plain)
  if (!isObject(value)) return value
  const name = value['$secret']
  if (typeof name === 'string' && Object.keys(value).length === 1) return { secret: name }
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]))
}

function strings(value: Json): readonly string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(strings)
  return isObject(value) ? Object.values(value).flatMap(strings) : []
}

function written(place: Place, text: string, value: Json): string {
  const document = parseDocument({ file: place.file, text })
  const at = document.value === undefined ? undefined : pointerTo(document.value, place.at)
  if (at === undefined) throw refused(place, 'there is no such place')
  const patched = patch(document, { kind: 'set', at, value })
  if (patched.problem !== undefined) throw refused(place, patched.problem.message)
  return patched.text
}

/** The JSON Pointer of `steps.fetch.with.url`; the last key need not be there. */
function pointerTo(value: Json, at: string): string | undefined {
  const parts = at.split('.')
  let found: Json | undefined = value
  let path = ''
  for (const [index, part] of parts.entries()) {
    if (Array.isArray(found)) {
      const list: readonly Json[] = found
      const place = list.findIndex((one) => isObject(one) && one['id'] === part)
      if (place === -1) return undefined
      path += pointer(place)
      found = list[place]
      continue
    }
    const isLast = index === parts.length - 1
    if (!isObject(found) || (!isLast && !Object.hasOwn(found, part))) return undefined
    path += pointer(part)
    found = Object.hasOwn(found, part) ? found[part] : undefined
  }
  return path
}

function refused({ file, at }: Place, why: string): IonError {
  return new IonError(
    'DSL_EDIT_REFUSED',
    `The blueprint cannot be filled in at "${at}" of "${file}": ${why.replace(/\.$/, '')}.`,
    { data: { file, at } },
  )
}
