/** Takes things out of pages. */
import type { Action, Json } from 'ionflux/plugin'

import { select, SelectorFault } from './select.ts'
import { textOf } from './text.ts'
import { readHtml, type Element } from './tree.ts'

interface Field {
  readonly select?: string
  /** `text`, or the name of an attribute with "@" in front. */
  readonly take?: string
  readonly all?: boolean
}

interface Extract {
  readonly html: string
  readonly each?: string
  readonly fields: Readonly<Record<string, string | Field>>
}

const itemsMax = 10_000

/** Fields of a page, or of each of its parts. */
export const extract: Action<Extract> = ({ html, each, fields }, context) => {
  const root = readHtml(html)
  try {
    if (each === undefined) return record(root, fields)
    return select(root, each)
      .slice(0, itemsMax)
      .map((element) => record(element, fields))
  } catch (thrown) {
    if (thrown instanceof SelectorFault) return context.fail('selector_malformed', thrown.message)
    throw thrown
  }
}

function record(element: Element, fields: Extract['fields']): Json {
  const members = Object.entries(fields).map(([name, given]) => {
    const field = typeof given === 'string' ? { select: given } : given
    const found =
      field.select === undefined ? [element] : select(element, field.select).slice(0, itemsMax)
    const values = found.map((one) => taken(one, field.take ?? 'text'))
    return [name, field.all === true ? values : (values[0] ?? null)] as const
  })
  return Object.fromEntries(members)
}

function taken(element: Element, what: string): string | null {
  return what === 'text'
    ? textOf(element)
    : (element.attributes.get(what.slice(1).toLowerCase()) ?? null)
}

/** What a page says. */
export const text: Action<{ readonly html: string }, string> = ({ html }) => textOf(readHtml(html))

interface Link {
  readonly url: string
  readonly text: string
  readonly rel: string | null
}

/** Where a page leads to. */
export const links: Action<{ readonly html: string }, readonly Link[]> = ({ html }) =>
  select(readHtml(html), 'a[href], area[href]')
    .slice(0, itemsMax)
    .map((element) => ({
      url: (element.attributes.get('href') ?? '').trim(),
      text: textOf(element),
      rel: element.attributes.get('rel') ?? null,
    }))
