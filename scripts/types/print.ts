/**
 * Prints TypeScript types for a JSON Schema of ours.
 *
 * It knows the few shapes that our schemas use and throws for any other, so that a
 * schema can never mean more than its types say: `if/then/else` is a union of the two,
 * an `allOf` of `if/then` is a union of the thens (that is how a step gets its kinds).
 */
import { comment, pascal } from '#engine/dsl/types/comment.ts'

export interface SchemaNode {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, SchemaNode>>
  readonly title?: string
  readonly description?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly string[]
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly additionalProperties?: boolean | SchemaNode
  readonly items?: SchemaNode
  readonly if?: SchemaNode
  readonly then?: SchemaNode
  readonly else?: SchemaNode
  readonly allOf?: readonly SchemaNode[]
  /** The TypeScript type, where the schema leaves the value open. */
  readonly 'x-ts'?: string
  readonly 'x-expects'?: string
}

export interface PrintTypes {
  /** Path of the schema, for the header. */
  readonly source: string
  /** Name of the type of a whole file. */
  readonly root: string
  readonly node: SchemaNode
}

/** The text of a module with one exported type per object and union of the schema. */
export function printTypes({ source, root, node }: PrintTypes): string {
  const defs = node.$defs ?? {}
  const body: string[] = [declaration(root, node, defs)]
  for (const [name, def] of Object.entries(defs)) {
    if (isNamed(def)) body.push(declaration(pascal(name), def, defs))
  }
  const text = body.join('\n')
  const names = ['Json', 'JsonObject'].filter((name) => new RegExp(`\\b${name}\\b`).test(text))
  const imports =
    names.length === 0 ? '' : `import type { ${names.join(', ')} } from '#engine/core/json.ts'\n\n`
  const header = `/**\n * ${node.title ?? root}: the types of the file.\n *\n * Generated from ${source} by scripts/types.ts; edit that.\n */`
  return `${header}\n${imports}${text}`
}

/** Objects with properties and unions get a name; everything else is printed in place. */
function isNamed(node: SchemaNode): boolean {
  if (node['x-ts'] !== undefined || node.$ref !== undefined) return false
  return node.allOf !== undefined || node.properties !== undefined
}

function declaration(
  name: string,
  node: SchemaNode,
  defs: NonNullable<SchemaNode['$defs']>,
): string {
  const doc = comment(node.description, '')
  if (node.allOf !== undefined) {
    const members = node.allOf.map((branch) => `  | ${typeOf(branch.then, defs)}`)
    return `${doc}export type ${name} =\n${members.join('\n')}\n`
  }
  const required = new Set(node.required)
  const lines = Object.entries(node.properties ?? {}).map(([key, property]) => {
    const target = property.$ref === undefined ? undefined : resolve(property.$ref, defs)
    const words = property.description ?? target?.description
    const mark = required.has(key) ? '' : '?'
    return `${comment(words, '  ')}  readonly ${key}${mark}: ${typeOf(property, defs)}\n`
  })
  return `${doc}export interface ${name} {\n${lines.join('')}}\n`
}

function typeOf(node: SchemaNode | undefined, defs: NonNullable<SchemaNode['$defs']>): string {
  if (node === undefined) throw new Error('a schema is missing')
  if (node['x-ts'] !== undefined) return node['x-ts']
  if (node.$ref !== undefined) {
    const target = resolve(node.$ref, defs)
    return isNamed(target) ? pascal(node.$ref.slice('#/$defs/'.length)) : typeOf(target, defs)
  }
  if (node.if !== undefined) return `${typeOf(node.then, defs)} | ${typeOf(node.else, defs)}`
  if (node.enum !== undefined) return node.enum.map((value) => `'${value}'`).join(' | ')
  if (typeof node.type === 'string') return plainType(node.type, node, defs)
  if (node.type !== undefined)
    return node.type.map((type) => plainType(type, node, defs)).join(' | ')
  throw new Error(`no type for ${JSON.stringify(node)}`)
}

function plainType(type: string, node: SchemaNode, defs: NonNullable<SchemaNode['$defs']>): string {
  if (type === 'integer') return 'number'
  if (type === 'array') {
    const item = node.items === undefined ? 'Json' : typeOf(node.items, defs)
    return item.includes('|') ? `readonly (${item})[]` : `readonly ${item}[]`
  }
  if (type === 'object') {
    if (typeof node.additionalProperties !== 'object') throw new Error('an object without a name')
    return `Readonly<Record<string, ${typeOf(node.additionalProperties, defs)}>>`
  }
  return type
}

function resolve(ref: string, defs: NonNullable<SchemaNode['$defs']>): SchemaNode {
  const target = defs[ref.slice('#/$defs/'.length)]
  if (target === undefined) throw new Error(`no definition ${ref}`)
  return target
}
