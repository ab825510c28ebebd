/**
 * Writes the values of parameters into their places, in the style that the document says:
 * path and header simple, query and cookie form, deepObject, with spaces or with pipes.
 */
import type { Context, Json, JsonObject } from 'ionflux/plugin'

import { isObject, objectOf, type Parameter } from './document.ts'

/** Names and values that are written, for the query or the body of a form. */
export type Pairs = readonly (readonly [string, string])[]

const joiners: Readonly<Record<string, string>> = {
  form: ',',
  spaceDelimited: ' ',
  pipeDelimited: '|',
}

/** A parameter of the query, or a field of a form; `style` and `explode` say how. */
export function pairsOf(name: string, value: Json, { style = 'form', explode }: JsonObject): Pairs {
  const isWide =
    explode === undefined ? style === 'form' || style === 'deepObject' : explode === true
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).map(textOf)
    if (isWide) return items.map((item) => [name, item])
    return items.length === 0 ? [] : [[name, items.join(joiners[String(style as string)] ?? ',')]]
  }
  if (!isObject(value)) return value === null ? [] : [[name, textOf(value)]]
  const entries = Object.entries(value).filter(([, one]) => one !== null)
  if (style === 'deepObject') return entries.map(([key, one]) => [`${name}[${key}]`, textOf(one)])
  if (isWide) return entries.map(([key, one]) => [key, textOf(one)])
  return entries.length === 0
    ? []
    : [
        [
          name,
          entries
            .flat()
            .map((one) => textOf(one))
            .join(','),
        ],
      ]
}

/** A parameter of the path or a header: commas, and `a=1` where objects are exploded. */
export function simple(value: Json, isExploded: boolean, write: (text: string) => string): string {
  if (Array.isArray(value))
    return (value as readonly Json[]).map((one) => write(textOf(one))).join(',')
  if (!isObject(value)) return write(textOf(value))
  const sign = isExploded ? '=' : ','
  return Object.entries(value)
    .map(([key, one]) => `${write(key)}${sign}${write(textOf(one))}`)
    .join(',')
}

/** `/pets/{id}` with its values. A value cannot become another path. */
export function fillPath(
  path: string,
  values: ReadonlyMap<Parameter, Json>,
  context: Context,
): string {
  const filled = path.replaceAll(/\{([^{}]+)\}/g, (_, name: string) => {
    const found = [...values].find(([one]) => one.in === 'path' && one.name === name)
    if (found === undefined) {
      return context.fail('parameter_missing', `"${path}" has a place "${name}" without a value.`)
    }
    const [parameter, value] = found
    const { style = 'simple', explode } = parameter.spec
    const text = simple(value, explode === true, encodeURIComponent)
    const prefix = style === 'label' ? '.' : style === 'matrix' ? `;${name}=` : ''
    return prefix + text
  })
  const isClimbing = filled.split('/').some((part) => part === '.' || part === '..')
  const isEmpty = filled !== path && filled.includes('//') && !path.includes('//')
  if (!isClimbing && !isEmpty) return filled
  return context.fail('parameter_invalid', `"${filled}" would be another path than "${path}".`)
}

/** The type of the first content of a parameter that is described by its content. */
export function contentOf(spec: JsonObject): string | undefined {
  return Object.keys(objectOf(spec['content']))[0]
}

export function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
