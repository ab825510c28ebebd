/** Any operation of any API that has an OpenAPI document. */
import type { Action, JsonObject } from 'ionflux/plugin'

import { callOperation, type Answer, type Call } from './call.ts'
import { ApiDocument } from './document.ts'
import { loadDocument, type Load } from './load.ts'

export const call: Action<Call, Answer> = async (input, context) =>
  await callOperation(input, context, false)

export const read: Action<Call, Answer> = async (input, context) =>
  await callOperation(input, context, true)

type Listed = {
  readonly id: string | null
  readonly operation: string
  readonly summary: string
  readonly parameters: readonly string[]
}

interface List {
  readonly document: JsonObject
  readonly tag?: string
}

export const load: Action<Load, { readonly document: JsonObject }> = async (input, context) => ({
  document: await loadDocument(input, context),
})

export const list: Action<List, { readonly operations: readonly Listed[] }> = (input, context) => {
  const document = new ApiDocument(input.document, context)
  const { tag } = input
  const operations = document
    .operations()
    .filter(({ spec }) => {
      const { tags } = spec
      return tag === undefined || (Array.isArray(tags) && tags.includes(tag))
    })
    .map(({ id = null, name, spec, parameters }) => ({
      id,
      operation: name,
      summary: typeof spec['summary'] === 'string' ? spec['summary'] : '',
      parameters: parameters.map((one) => `${one.in}/${one.name}${one.isRequired ? '' : '?'}`),
    }))
  return { operations }
}
