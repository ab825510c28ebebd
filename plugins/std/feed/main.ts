/** Reads feeds of any kind into one shape. */
import type { Action, Json, JsonObject } from 'ionflux/plugin'

import { dateOf } from './date.ts'
import { readXml, XmlFault, type Element } from './xml.ts'

interface Item {
  readonly id: string | null
  readonly title: string | null
  readonly link: string | null
  readonly summary: string | null
  readonly content: string | null
  readonly published: string | null
  readonly updated: string | null
  readonly authors: readonly string[]
  readonly categories: readonly string[]
  readonly enclosures: readonly {
    readonly url: string
    readonly type: string | null
    readonly length: number | null
  }[]
}

interface Feed {
  readonly kind: 'rss' | 'atom' | 'json'
  readonly title: string | null
  readonly link: string | null
  readonly description: string | null
  readonly language: string | null
  readonly updated: string | null
  readonly items: readonly Item[]
}

/** A feed of RSS, Atom or JSON Feed. */
export const parse: Action<{ readonly text: string }, Feed> = ({ text }, context) => {
  const refuse = (message: string): never => context.fail('feed_malformed', message)
  if (/^[\s\ufeff]*\{/.test(text)) return jsonFeed(text, refuse)
  try {
    const root = readXml(text.trimStart())
    const name = local(root.name)
    if (name === 'feed') return atom(root)
    const channel = find(root, 'channel')
    if ((name === 'rss' || name === 'RDF') && channel !== undefined) return rss(root, channel)
  } catch (thrown) {
    if (thrown instanceof XmlFault) return refuse(thrown.message)
    throw thrown
  }
  return refuse('The text is no feed of RSS, Atom or JSON Feed.')
}

function rss(root: Element, channel: Element): Feed {
  const items = all(local(root.name) === 'RDF' ? root : channel, 'item')
  return {
    kind: 'rss',
    title: text(channel, 'title'),
    link: text(channel, 'link'),
    description: text(channel, 'description'),
    language: text(channel, 'language'),
    updated: date(channel, 'lastBuildDate', 'pubDate', 'date'),
    items: items.map(rssItem),
  }
}

function rssItem(item: Element): Item {
  const guid = find(item, 'guid')
  const link = text(item, 'link')
  const id = text(item, 'guid') ?? item.attributes['rdf:about'] ?? link
  const isLink =
    guid !== undefined && guid.attributes['isPermaLink'] !== 'false' && /^https?:/.test(id ?? '')
  return {
    id,
    title: text(item, 'title'),
    link: link ?? (isLink ? id : null),
    summary: text(item, 'description'),
    content: text(item, 'encoded'),
    published: date(item, 'pubDate', 'date'),
    updated: date(item, 'modified', 'updated'),
    authors: [...texts(item, 'author'), ...texts(item, 'creator')],
    categories: [...texts(item, 'category'), ...texts(item, 'subject')],
    enclosures: all(item, 'enclosure').flatMap(({ attributes }) =>
      enclosure(attributes['url'], attributes['type'], attributes['length']),
    ),
  }
}

function atom(feed: Element): Feed {
  return {
    kind: 'atom',
    title: text(feed, 'title'),
    link: linkOf(feed),
    description: text(feed, 'subtitle'),
    language: feed.attributes['xml:lang'] ?? null,
    updated: date(feed, 'updated'),
    items: all(feed, 'entry').map((entry) => atomEntry(entry, all(feed, 'author'))),
  }
}

function atomEntry(entry: Element, feedAuthors: readonly Element[]): Item {
  const own = all(entry, 'author')
  return {
    id: text(entry, 'id'),
    title: text(entry, 'title'),
    link: linkOf(entry),
    summary: text(entry, 'summary'),
    content: text(entry, 'content'),
    published: date(entry, 'published'),
    updated: date(entry, 'updated'),
    authors: (own.length > 0 ? own : feedAuthors).flatMap((author) => text(author, 'name') ?? []),
    categories: all(entry, 'category').flatMap(({ attributes }) => attributes['term'] ?? []),
    enclosures: all(entry, 'link')
      .filter(({ attributes }) => attributes['rel'] === 'enclosure')
      .flatMap(({ attributes }) =>
        enclosure(attributes['href'], attributes['type'], attributes['length']),
      ),
  }
}

function linkOf(element: Element): string | null {
  const links = all(element, 'link')
  const main = links.find(({ attributes }) => (attributes['rel'] ?? 'alternate') === 'alternate')
  return main?.attributes['href'] ?? null
}

function enclosure(
  url: string | undefined,
  type: string | undefined,
  length: string | undefined,
): Item['enclosures'] {
  if (url === undefined) return []
  return [
    { url, type: type ?? null, length: /^\d{1,15}$/.test(length ?? '') ? Number(length) : null },
  ]
}

function jsonFeed(source: string, refuse: (message: string) => never): Feed {
  let feed: Json
  try {
    feed = JSON.parse(source.replace(/^\ufeff/, '')) as Json
  } catch {
    return refuse('The text is no JSON.')
  }
  const version = member(feed, 'version')
  if (typeof version !== 'string' || !version.includes('jsonfeed.org'))
    return refuse('The JSON names no version of JSON Feed.')
  return {
    kind: 'json',
    title: word(feed, 'title'),
    link: word(feed, 'home_page_url'),
    description: word(feed, 'description'),
    language: word(feed, 'language'),
    updated: null,
    items: list(feed, 'items').map((item) => jsonItem(item, feed)),
  }
}

function jsonItem(item: Json, feed: Json): Item {
  const authors = [item, feed].map((one) =>
    [...list(one, 'authors'), member(one, 'author')].flatMap(
      (author) => word(author, 'name') ?? [],
    ),
  )
  return {
    id: word(item, 'id'),
    title: word(item, 'title'),
    link: word(item, 'url') ?? word(item, 'external_url'),
    summary: word(item, 'summary'),
    content: word(item, 'content_html') ?? word(item, 'content_text'),
    published: dateOf(word(item, 'date_published') ?? ''),
    updated: dateOf(word(item, 'date_modified') ?? ''),
    authors: authors.find((names) => names.length > 0) ?? [],
    categories: list(item, 'tags').filter((tag) => typeof tag === 'string'),
    enclosures: list(item, 'attachments').flatMap((one) =>
      enclosure(
        word(one, 'url') ?? undefined,
        word(one, 'mime_type') ?? undefined,
        String(word(one, 'size_in_bytes') ?? ''),
      ),
    ),
  }
}

function member(value: Json, name: string): Json {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return null
  return (value as JsonObject)[name] ?? null
}

function word(value: Json, name: string): string | null {
  const found = member(value, name)
  return typeof found === 'string' ? found : typeof found === 'number' ? String(found) : null
}

function list(value: Json, name: string): readonly Json[] {
  const found = member(value, name)
  return Array.isArray(found) ? (found as readonly Json[]) : []
}

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

/** Elements of a name; one without a prefix comes before one of another vocabulary. */
function all({ children }: Element, name: string): readonly Element[] {
  const elements = children.filter((child) => typeof child !== 'string')
  const plain = elements.filter((child) => child.name === name)
  return plain.length > 0 ? plain : elements.filter((child) => local(child.name) === name)
}

function find(element: Element, name: string): Element | undefined {
  return all(element, name)[0]
}

function texts(element: Element, name: string): readonly string[] {
  return all(element, name)
    .map(inner)
    .filter((one) => one !== '')
}

function text(element: Element, name: string): string | null {
  return texts(element, name)[0] ?? null
}

/** All text inside; markup of XHTML in it goes. */
function inner({ children }: Element): string {
  return children
    .map((child) => (typeof child === 'string' ? child : inner(child)))
    .join('')
    .trim()
}

function date(element: Element, ...names: readonly string[]): string | null {
  const found = names.map((name) => text(element, name)).find((one) => one !== null)
  return dateOf(found ?? '')
}
