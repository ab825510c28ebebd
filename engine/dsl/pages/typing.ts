/**
 * Types of an `each` over pages: what `cursor` and `page` are, and what the items are.
 */
import type { EachPages } from '#engine/dsl/flow.ts'
import { ofCall } from '#engine/dsl/typing/calls.ts'
import { check, checkKind, type Walk } from '#engine/dsl/typing/place.ts'
import { jsonTypeOf } from '#engine/dsl/typing/schema.ts'
import type { Sight } from '#engine/dsl/typing/sight.ts'
import { any, type Type } from '#engine/dsl/typing/type.ts'

/** The type of the items of one page, as a list. */
export function ofPages(
  walk: Walk,
  place: {
    readonly id: string
    readonly each: EachPages
    readonly at: string
    readonly sight: Sight
  },
): Type {
  const { id, each, at, sight } = place
  const here = `${at}/each/pages`
  const { use, with: given, items, next } = each.pages
  const asked = { ...sight, names: new Map([...sight.names, ['cursor', any]]) }
  const step = { id, use, ...(given === undefined ? {} : { with: given }) }
  const page = jsonTypeOf(ofCall(walk, { step, at: here, sight: asked }))
  const seen = { ...asked, names: new Map([...asked.names, ['page', page]]) }
  check(walk, { value: next, at: `${here}/next`, sight: seen })
  return checkKind(walk, {
    value: items,
    at: `${here}/items`,
    sight: seen,
    kinds: ['list'],
    key: 'items',
  })
}
