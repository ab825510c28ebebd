/**
 * Templates without code: `{{path}}`, `{{#each path}}…{{/each}}`, `{{#if path}}…{{else}}…{{/if}}`,
 * `{{! comment }}`, and `\{{` for two braces that are meant.
 *
 * Inside `each`, `this` is the item, `@index` its place from 0, `@first` and `@last` say
 * where it stands; a name that the item does not have is looked up around it.
 */
import type { Json } from 'ionflux/plugin'

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly path: string }
  | {
      readonly kind: 'each' | 'if'
      readonly path: string
      readonly body: readonly Node[]
      readonly other: readonly Node[]
    }

export interface RenderOptions {
  readonly data: Json
  /** A path that leads nowhere gives no text. */
  readonly isLenient: boolean
  escape(text: string): string
}

export class TemplateError extends Error {
  readonly reason: 'template_malformed' | 'path_unknown'

  constructor(reason: 'template_malformed' | 'path_unknown', message: string) {
    super(message)
    this.reason = reason
  }
}

const depthMax = 32
const outputCharsMax = 16 * 1024 * 1024
const pathShape =
  /^(?:this|@index|@first|@last|@key|[\p{L}_$][\p{L}\p{N}_$-]*)(?:\.[\p{L}\p{N}_$-]+)*$/u

interface Open {
  readonly kind: 'root' | 'each' | 'if'
  readonly path: string
  readonly body: Node[]
  readonly other: Node[]
  inOther: boolean
}

export function parse(template: string): readonly Node[] {
  const root = open('root', '')
  const stack: Open[] = [root]
  let end = 0
  for (const match of template.matchAll(/\\\{\{|\{\{([^{}]*)\}\}/g)) {
    push(stack, { kind: 'text', text: template.slice(end, match.index) })
    end = match.index + match[0].length
    if (match[1] === undefined) push(stack, { kind: 'text', text: '{{' })
    else take(stack, match[1].trim())
  }
  push(stack, { kind: 'text', text: template.slice(end) })
  const last = stack.at(-1)
  if (last !== undefined && last.kind !== 'root') {
    throw malformed(`"{{#${last.kind} ${last.path}}}" is not closed.`)
  }
  return root.body
}

function take(stack: Open[], tag: string): void {
  const top = stack.at(-1) as Open
  if (tag.startsWith('!')) return
  if (tag === 'else') {
    if (top.kind === 'root' || top.inOther)
      throw malformed('"{{else}}" stands outside of "{{#if}}" and "{{#each}}".')
    top.inOther = true
    return
  }
  const [, sign, word = '', path = ''] = /^([#/])(\w+)\s*(.*)$/s.exec(tag) ?? []
  if (sign === undefined) return push(stack, { kind: 'value', path: checked(tag) })
  if (word !== 'each' && word !== 'if') throw malformed(`"{{${tag}}}" is neither each nor if.`)
  if (sign === '/') {
    if (top.kind !== word) throw malformed(`"{{/${word}}}" closes nothing.`)
    stack.pop()
    push(stack, { kind: word, path: top.path, body: top.body, other: top.other })
    return
  }
  if (stack.length > depthMax) throw malformed(`The template is nested deeper than ${depthMax}.`)
  stack.push(open(word, checked(path)))
}

function open(kind: Open['kind'], path: string): Open {
  return { kind, path, body: [], other: [], inOther: false }
}

function push(stack: readonly Open[], node: Node): void {
  const top = stack.at(-1)
  if (node.kind === 'text' && node.text === '') return
  ;(top?.inOther === true ? top.other : top?.body)?.push(node)
}

function checked(path: string): string {
  if (!pathShape.test(path))
    throw malformed(`"${path}" is no path. A path is names with dots, such as user.name.`)
  return path
}

function malformed(message: string): TemplateError {
  return new TemplateError('template_malformed', message)
}

interface Frame {
  readonly value: Json
  readonly marks?: Readonly<Record<string, Json>>
}

export function render(nodes: readonly Node[], options: RenderOptions): string {
  const parts: string[] = []
  let chars = 0
  const write = (text: string): void => {
    chars += text.length
    if (chars > outputCharsMax) throw malformed('The filled template is larger than 16 MB.')
    parts.push(text)
  }
  const walk = (list: readonly Node[], frames: readonly Frame[]): void => {
    for (const node of list) {
      if (node.kind === 'text') {
        write(node.text)
        continue
      }
      const value = find(node.path, frames)
      if (node.kind === 'value') write(options.escape(print(demand(node.path, value, options))))
      else if (node.kind === 'if') walk(isTruthy(value) ? node.body : node.other, frames)
      else repeat(node, demand(node.path, value, options), frames)
    }
  }
  const repeat = (
    node: Extract<Node, { kind: 'each' | 'if' }>,
    value: Json,
    frames: readonly Frame[],
  ): void => {
    const items = itemsOf(value)
    if (items.length === 0) return walk(node.other, frames)
    for (const [index, [key, item]] of items.entries()) {
      const marks = {
        '@index': index,
        '@first': index === 0,
        '@last': index === items.length - 1,
        '@key': key,
      }
      walk(node.body, [...frames, { value: item, marks }])
    }
  }
  walk(nodes, [{ value: options.data }])
  return parts.join('')
}

function demand(path: string, value: Json | undefined, { isLenient }: RenderOptions): Json {
  if (value !== undefined) return value
  if (isLenient) return ''
  throw new TemplateError('path_unknown', `The data has nothing at "${path}".`)
}

function itemsOf(value: Json): readonly (readonly [string, Json])[] {
  if (Array.isArray(value))
    return (value as readonly Json[]).map((item, index) => [String(index), item])
  if (typeof value === 'object' && value !== null) return Object.entries(value)
  return value === '' ? [] : [['0', value]]
}

/** The innermost frame that has the first name answers for the whole path. */
function find(path: string, frames: readonly Frame[]): Json | undefined {
  const [first = '', ...rest] = path.split('.')
  const innermost = frames.at(-1)
  if (first.startsWith('@'))
    return frames.findLast((frame) => frame.marks !== undefined)?.marks?.[first]
  if (first === 'this') return rest.reduce<Json | undefined>(member, innermost?.value)
  const frame = frames.findLast(({ value }) => member(value, first) !== undefined)
  return frame === undefined
    ? undefined
    : rest.reduce<Json | undefined>(member, member(frame.value, first))
}

function member(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  if (Array.isArray(value))
    return /^\d+$/.test(name) ? (value as readonly Json[])[Number(name)] : undefined
  return (value as Readonly<Record<string, Json>>)[name]
}

function isTruthy(value: Json | undefined): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value)
}

function print(value: Json): string {
  if (value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
