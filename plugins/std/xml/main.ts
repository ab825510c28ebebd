/** Reads and writes XML. */
import type { Action, Json, JsonObject } from 'ionflux/plugin'

import { readXml, XmlFault, type Element } from './read.ts'
import { NameFault, writeElement } from './write.ts'

interface Parse {
  readonly text: string
  readonly shape?: 'data' | 'tree'
  readonly lists?: readonly string[]
  readonly prefixes?: 'keep' | 'drop'
}

/** The root element, as data or as a tree. */
export const parse: Action<Parse> = (
  { text, shape = 'data', lists = [], prefixes = 'keep' },
  context,
) => {
  try {
    const root = readXml(text)
    const rename =
      prefixes === 'drop'
        ? (name: string): string => name.slice(name.indexOf(':') + 1)
        : (name: string): string => name
    if (shape === 'tree') return treeOf(root, rename)
    const result: JsonObject = {}
    put(result, rename(root.name), dataOf(root, { lists: new Set(lists), rename }))
    return result
  } catch (thrown) {
    if (!(thrown instanceof XmlFault)) throw thrown
    const line = lineOf(text, thrown.at)
    return context.fail(thrown.code, `Line ${line}: ${thrown.message}`, { line })
  }
}

function treeOf({ name, attributes, children }: Element, rename: (name: string) => string): Json {
  return {
    name: rename(name),
    attributes: { ...attributes },
    children: children.map((child) => (typeof child === 'string' ? child : treeOf(child, rename))),
  }
}

interface How {
  readonly lists: ReadonlySet<string>
  readonly rename: (name: string) => string
}

/** Text alone is text; attributes get "@" in front, text beside them is "#text", repeated elements are a list. */
function dataOf({ attributes, children }: Element, how: How): Json {
  const object: JsonObject = {}
  for (const [name, value] of Object.entries(attributes)) put(object, `@${name}`, value)
  let text = ''
  for (const child of children) {
    if (typeof child === 'string') {
      text += child
      continue
    }
    const name = how.rename(child.name)
    const value = dataOf(child, how)
    const known = Object.hasOwn(object, name) ? object[name] : undefined
    if (isMany.has(known as object)) (known as Json[]).push(value)
    else if (known !== undefined || how.lists.has(name)) {
      const list = known === undefined ? [value] : [known, value]
      isMany.add(list)
      put(object, name, list)
    } else put(object, name, value)
  }
  const hasMembers = Object.keys(object).length > 0
  if (!hasMembers) return text.trim() === '' ? '' : text
  if (text.trim() !== '') put(object, '#text', text.trim())
  return object
}

/** Lists that stand for repeated elements. */
const isMany = new WeakSet<object>()

interface Tree {
  readonly name: string
  readonly attributes?: Readonly<Record<string, string>>
  readonly children?: readonly (Tree | string)[]
}

interface Render {
  readonly data?: JsonObject
  readonly tree?: Tree
  readonly indent?: number
  readonly declaration?: boolean
}

/** A document out of data or out of a tree. */
export const render: Action<Render, string> = (
  { data, tree, indent = 2, declaration = true },
  context,
) => {
  const roots = tree === undefined ? elementsOf(data ?? {}) : [elementOf(tree)]
  const [root] = roots
  if (root === undefined || roots.length > 1)
    return context.fail('root_malformed', 'A document has exactly one root element.')
  try {
    const head = declaration ? '<?xml version="1.0" encoding="UTF-8"?>\n' : ''
    return `${head}${writeElement(root, { indent, depth: 0 }).trimStart()}\n`
  } catch (thrown) {
    if (thrown instanceof NameFault) return context.fail('xml_unwritable', thrown.message)
    throw thrown
  }
}

function elementOf({ name, attributes = {}, children = [] }: Tree): Element {
  return {
    name,
    attributes,
    children: children.map((child) => (typeof child === 'string' ? child : elementOf(child))),
  }
}

function elementsOf(data: JsonObject): Element[] {
  return Object.entries(data)
    .filter(([name]) => !name.startsWith('@') && name !== '#text')
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? (value as readonly Json[]) : [value]).map((one) =>
        dataElement(name, one),
      ),
    )
}

function dataElement(name: string, value: Json): Element {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const text = textOf(value)
    return { name, attributes: {}, children: text === '' ? [] : [text] }
  }
  const object = value as JsonObject
  const attributes = Object.entries(object).flatMap(([key, member]) =>
    key.startsWith('@') ? [[key.slice(1), textOf(member)]] : [],
  )
  const text = textOf(object['#text'] ?? '')
  return {
    name,
    attributes: Object.fromEntries(attributes) as Record<string, string>,
    children: [...(text === '' ? [] : [text]), ...elementsOf(object)],
  }
}

function textOf(value: Json): string {
  if (typeof value === 'string') return value
  return value === null ? '' : JSON.stringify(value)
}

/** Sets a member of any name; plain assignment would take `__proto__` for something else. */
function put(object: JsonObject, key: string, value: Json): void {
  Object.defineProperty(object, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  })
}

function lineOf(source: string, at: number): number {
  return source.replaceAll('\r\n', '\n').slice(0, at).split('\n').length
}
