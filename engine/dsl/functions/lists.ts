/**
 * Functions over lists and maps, and the few over numbers. Sums of JSON numbers stay JSON numbers.
 */
import { limits } from '#engine/core/limits.ts'

import { add } from '#engine/dsl/expression/arithmetic.ts'
import { equal, order } from '#engine/dsl/expression/compare.ts'
import {
  charge,
  chargeText,
  ExpressionFailure,
  type Frame,
} from '#engine/dsl/expression/failure.ts'
import { extremeType, flatItems, itemsOf, mergedType, valuesOf } from './result.ts'
import type { FunctionSpec } from './table.ts'
import { toText } from '#engine/dsl/expression/json.ts'
import { any, listOf, simple, unionOf } from '#engine/dsl/typing/type.ts'
import {
  describe,
  entriesOf,
  isList,
  kindOf,
  mapKey,
  objectOf,
  sizeOfMap,
  toIndex,
  type MapKey,
  type Value,
} from '#engine/dsl/expression/value.ts'

const list = ['list'] as const
const map = ['map'] as const
const number = ['number', 'int', 'uint'] as const
type AnyMap = Parameters<typeof entriesOf>[0]

export const listFunctions: readonly FunctionSpec[] = [
  {
    name: 'size',
    signature: 'size(x)',
    params: [['string', 'bytes', 'list', 'map']],
    result: () => simple('int'),
    summary: 'How many characters, bytes, items or fields there are.',
    example: ['size([1, 2, 3])', '3'],
    call: ([x], frame) => BigInt(sizeOf(x as Value, frame)),
  },
  {
    name: 'join',
    signature: 'list.join(separator)',
    params: [list, ['string']],
    required: 1,
    result: () => simple('string'),
    summary: 'The items as one text, with the separator (or nothing) between them.',
    example: ['["a", "b"].join("-")', '"a-b"'],
    call: ([items, separator], frame) => join(asList(items), (separator ?? '') as string, frame),
  },
  {
    name: 'keys',
    signature: 'keys(map)',
    params: [map],
    result: () => listOf(any),
    summary: 'The names of the fields, in order.',
    example: ['keys({"a": 1, "b": 2})', '["a","b"]'],
    call: ([m], frame) =>
      paid(
        entriesOf(m as AnyMap).map(([key]) => key),
        frame,
      ),
  },
  {
    name: 'values',
    signature: 'values(map)',
    params: [map],
    result: ([type]) => listOf(valuesOf(type ?? any)),
    summary: 'The values of the fields, in order.',
    example: ['values({"a": 1, "b": 2})', '[1,2]'],
    call: ([m], frame) =>
      paid(
        entriesOf(m as AnyMap).map(([, value]) => value),
        frame,
      ),
  },
  {
    name: 'merge',
    signature: 'merge(map, over)',
    params: [map, map],
    result: ([a, b]) => mergedType(a ?? any, b ?? any),
    summary: 'The fields of both maps; those of `over` win.',
    example: ['merge({"a": 1, "b": 1}, {"b": 2})', '{"a":1,"b":2}'],
    call: ([a, b], frame) => merge(a as AnyMap, b as AnyMap, frame),
  },
  {
    name: 'sort',
    signature: 'sort(list)',
    params: [list],
    result: ([type]) => type ?? listOf(any),
    summary: 'The items from the smallest to the largest; all numbers, or all texts.',
    example: ['sort([3, 1, 2])', '[1,2,3]'],
    call: ([items], frame) => sort(asList(items), frame),
  },
  {
    name: 'distinct',
    signature: 'distinct(list)',
    params: [list],
    result: ([type]) => type ?? listOf(any),
    summary: 'The items without repetitions; the first of each stays.',
    example: ['distinct([1, 2, 1])', '[1,2]'],
    call: ([items], frame) => distinct(asList(items), frame),
  },
  {
    name: 'flatten',
    signature: 'flatten(list)',
    params: [list],
    result: ([type]) => listOf(flatItems(itemsOf(type ?? any))),
    summary: 'The items, with lists among them replaced by their items (one level).',
    example: ['flatten([[1], [2, 3], 4])', '[1,2,3,4]'],
    call: ([items], frame) => flatten(asList(items), frame),
  },
  {
    name: 'range',
    signature: 'range(count)',
    params: [number],
    result: () => listOf(simple('int')),
    summary: `The whole numbers from 0 up to, not including, \`count\` (at most ${limits.expressionRangeMax}).`,
    example: ['range(3)', '[0,1,2]'],
    call: ([count], frame) => range(toIndex(count as Value), frame),
  },
  {
    name: 'sum',
    signature: 'sum(list)',
    params: [list],
    result: ([type]) => unionOf([itemsOf(type ?? any), simple('int')]),
    summary: 'The sum of the items; 0 for an empty list.',
    example: ['sum([1, 2, 3.5])', '6.5'],
    call: ([items], frame) => sum(asList(items), frame),
  },
  {
    name: 'min',
    signature: 'min(list) · min(x, y, …)',
    params: ['any'],
    isVariadic: true,
    result: (args) => extremeType(args),
    summary: 'The smallest item; an empty list has none.',
    example: ['min(3, 1, 2)', '1'],
    call: (args, frame) => extreme(args, -1, frame),
  },
  {
    name: 'max',
    signature: 'max(list) · max(x, y, …)',
    params: ['any'],
    isVariadic: true,
    result: (args) => extremeType(args),
    summary: 'The largest item; an empty list has none.',
    example: ['max([3, 1, 2])', '3'],
    call: (args, frame) => extreme(args, 1, frame),
  },
  rounding('floor', 'The largest whole number that is not above `number`.', '2', Math.floor),
  rounding('ceil', 'The smallest whole number that is not below `number`.', '3', Math.ceil),
  rounding(
    'round',
    'The nearest whole number; halves go away from 0.',
    '3',
    (x) => Math.sign(x) * Math.round(Math.abs(x)),
  ),
]

function rounding(
  name: string,
  summary: string,
  result: string,
  call: (x: number) => number,
): FunctionSpec {
  return {
    name,
    signature: `${name}(number)`,
    params: [number],
    result: () => simple('integer'),
    summary,
    example: [`${name}(2.5)`, result],
    call: ([x]) => (typeof x === 'number' ? call(x) : (x as Value)),
  }
}

function asList(value: Value | undefined): readonly Value[] {
  return value as readonly Value[]
}

function paid<T extends readonly Value[]>(items: T, frame: Frame): T {
  charge(frame, items.length)
  return items
}

function sizeOf(value: Value, frame: Frame): number {
  if (isList(value)) return value.length
  if (value instanceof Uint8Array) return value.length
  if (typeof value !== 'string') return sizeOfMap(value as AnyMap)
  chargeText(frame, value.length)
  let size = 0
  for (const _ of value) size++
  return size
}

function join(items: readonly Value[], separator: string, frame: Frame): string {
  let chars = 0
  const texts = items.map((item) => {
    const piece = toText(item, frame)
    chars += piece.length + separator.length
    charge(frame, 1)
    chargeText(frame, chars > limits.expressionTextCharsMax ? chars : piece.length)
    return piece
  })
  return texts.join(separator)
}

function merge(a: AnyMap, b: AnyMap, frame: Frame): Value {
  const entries = [...entriesOf(a), ...entriesOf(b)]
  charge(frame, entries.length)
  if (entries.every(([key]) => typeof key === 'string')) {
    return objectOf(entries as (readonly [string, Value])[])
  }
  return new Map<MapKey, readonly [Value, Value]>(
    entries.map((entry) => [mapKey(entry[0]) as MapKey, entry]),
  )
}

function sort(items: readonly Value[], frame: Frame): readonly Value[] {
  return items.toSorted((a, b) => {
    charge(frame, 1)
    return order(a, b, 'sort') || 0
  })
}

function distinct(items: readonly Value[], frame: Frame): readonly Value[] {
  const scalars = new Set<Value>()
  const others: Value[] = []
  return items.filter((item) => {
    charge(frame, 1)
    const key = typeof item === 'bigint' ? Number(item) : item
    if (typeof key !== 'object' || key === null) {
      if (scalars.has(key)) return false
      scalars.add(key)
      return true
    }
    if (others.some((other) => equal(other, item, frame))) return false
    others.push(item)
    return true
  })
}

function flatten(items: readonly Value[], frame: Frame): readonly Value[] {
  const result: Value[] = []
  for (const item of items) {
    charge(frame, isList(item) ? 1 + item.length : 1)
    if (isList(item)) for (const inner of item) result.push(inner)
    else result.push(item)
  }
  return result
}

function range(count: number, frame: Frame): readonly Value[] {
  if (count < 0 || count > limits.expressionRangeMax) {
    throw new ExpressionFailure(
      `a range has 0 to ${limits.expressionRangeMax} numbers, not ${count}`,
    )
  }
  charge(frame, count)
  return Array.from({ length: count }, (_, i) => BigInt(i))
}

function sum(items: readonly Value[], frame: Frame): Value {
  charge(frame, items.length)
  return items.reduce<Value>((total, item) => {
    const kind = kindOf(item)
    if (kind !== 'number' && kind !== 'int') {
      throw new ExpressionFailure(`only numbers can be summed, not ${describe(item)}`)
    }
    return add(total, item, frame)
  }, 0n)
}

function extreme(args: readonly Value[], sign: 1 | -1, frame: Frame): Value {
  const items = args.length === 1 && isList(args[0] as Value) ? asList(args[0]) : args
  charge(frame, items.length)
  const [first, ...rest] = items
  if (first === undefined) {
    throw new ExpressionFailure('an empty list has no smallest and no largest item')
  }
  const name = sign > 0 ? 'max' : 'min'
  if (rest.length === 0) order(first, first, name)
  return rest.reduce((best, item) => (order(item, best, name) * sign > 0 ? item : best), first)
}
