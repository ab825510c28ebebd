/**
 * Reads the public CEL vectors and runs one: what it gives is printed with the kinds of its
 * values, so that `1`, `1u` and `1.0` are told apart.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { limits } from '#engine/core/limits.ts'
import { parseExpression } from '#engine/dsl/expression.ts'
import { compileTree } from '#engine/dsl/expression/compile.ts'
import { ExpressionFailure } from '#engine/dsl/expression/failure.ts'
import { parseDuration, parseTimestamp } from '#engine/dsl/expression/time.ts'
import {
  entriesOf,
  isList,
  isMap,
  kindOf,
  mapKey,
  Duration,
  Timestamp,
  TypeName,
  Uint,
  type MapKey,
  type Value,
} from '#engine/dsl/expression/value.ts'

export interface Vector {
  /** `file/section/name`. */
  readonly id: string
  readonly expr: string
  readonly value?: VectorValue
  readonly evalError?: unknown
  readonly bindings?: Readonly<Record<string, { readonly value: VectorValue }>>
}

interface VectorValue {
  readonly nullValue?: null
  readonly boolValue?: boolean
  readonly int64Value?: string
  readonly uint64Value?: string
  readonly doubleValue?: number | string
  readonly stringValue?: string
  readonly bytesValue?: string
  readonly typeValue?: string
  readonly listValue?: { readonly values?: readonly VectorValue[] }
  readonly mapValue?: {
    readonly entries?: readonly { readonly key: VectorValue; readonly value: VectorValue }[]
  }
  readonly objectValue?: { readonly '@type': string; readonly value: string }
}

const folder = fileURLToPath(new URL('../../vectors/cel/', import.meta.url))

export const files = [
  'basic',
  'comparisons',
  'conversions',
  'fields',
  'fp_math',
  'integer_math',
  'lists',
  'logic',
  'macros',
  'namespace',
  'parse',
  'plumbing',
  'string',
  'timestamps',
] as const

/** Cases about protobuf messages, which no JSON value is. */
const aboutMessages = /TestAllTypes|google\.protobuf\.(?!Timestamp|Duration)/

/** The vectors of a file; those about protobuf messages are left out and counted. */
export function readVectors(file: string): { vectors: readonly Vector[]; skipped: number } {
  const content = JSON.parse(readFileSync(`${folder}${file}.json`, 'utf8')) as {
    section: { name: string; test: (Omit<Vector, 'id'> & { name: string })[] }[]
  }
  const all = content.section.flatMap((section) =>
    section.test.map((test) => ({ ...test, id: `${file}/${section.name}/${test.name}` })),
  )
  const vectors = all.filter((test) => !aboutMessages.test(JSON.stringify(test)))
  return { vectors, skipped: all.length - vectors.length }
}

/** What the vector wants, and what ionflux gives, both printed. */
export function runVector(vector: Vector): { readonly wanted: string; readonly given: string } {
  const wanted =
    vector.evalError !== undefined
      ? 'error'
      : vector.value === undefined
        ? 'bool:true'
        : show(toValue(vector.value))
  return { wanted, given: evaluate(vector) }
}

function evaluate({ expr, bindings = {} }: Vector): string {
  const { node } = parseExpression(expr)
  if (node === undefined) return 'error'
  const names = Object.fromEntries(
    Object.entries(bindings).map(([name, bound]) => [name, toValue(bound.value)]),
  )
  const scope = { inputs: null, steps: {}, run: null, names: names as never }
  try {
    return show(compileTree(node)({ scope, locals: [], cost: limits.expressionCostMax }))
  } catch (thrown) {
    if (thrown instanceof ExpressionFailure) return 'error'
    throw thrown
  }
}

function toValue(v: VectorValue): Value {
  if (v.boolValue !== undefined) return v.boolValue
  if (v.int64Value !== undefined) return BigInt(v.int64Value)
  if (v.uint64Value !== undefined) return new Uint(BigInt(v.uint64Value))
  if (v.doubleValue !== undefined) return Number(v.doubleValue)
  if (v.stringValue !== undefined) return v.stringValue
  if (v.bytesValue !== undefined) return new Uint8Array(Buffer.from(v.bytesValue, 'base64'))
  if (v.typeValue !== undefined) return new TypeName(v.typeValue)
  if (v.listValue !== undefined) return (v.listValue.values ?? []).map(toValue)
  if (v.objectValue !== undefined) {
    const { '@type': type, value } = v.objectValue
    return type.endsWith('Timestamp') ? parseTimestamp(value) : parseDuration(value)
  }
  if (v.mapValue === undefined) return null
  const entries = (v.mapValue.entries ?? []).map((e) => [toValue(e.key), toValue(e.value)] as const)
  return new Map(entries.map((entry) => [mapKey(entry[0]) as MapKey, entry]))
}

function show(value: Value): string {
  const kind = kindOf(value)
  if (isList(value)) return `[${value.map(show).join(',')}]`
  if (isMap(value)) {
    const entries = entriesOf(value).map(([key, item]) => `${show(key)}:${show(item)}`)
    return `{${entries.toSorted().join(',')}}`
  }
  if (value instanceof Uint) return `uint:${value.value}`
  if (value instanceof Timestamp || value instanceof Duration) return `${kind}:${value.nanos}`
  if (value instanceof TypeName) return `type:${value.name}`
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString('hex')}`
  return typeof value === 'string'
    ? JSON.stringify(value)
    : `${kind}:${value as number | bigint | boolean | null}`
}
