/**
 * Equality, order and membership.
 *
 * Numbers compare by their value whatever their kind, so a JSON `5` equals the `5` of an
 * expression. Values of different kinds are unequal, never an error. Deep comparisons are
 * charged to the budget: a value that an expression builds may share parts without end.
 */
import { noOverload } from './arithmetic.ts'
import { charge, ExpressionFailure, type Frame } from './failure.ts'
import {
  Duration,
  entriesOf,
  findEntry,
  isList,
  isMap,
  kindOf,
  sizeOfMap,
  Timestamp,
  TypeName,
  Uint,
  type Value,
} from './value.ts'

export function equal(left: Value, right: Value, frame: Frame): boolean {
  if (left === right) return typeof left !== 'object' || left === null || !hasNaN(left, frame)
  const a = left instanceof Uint ? left.value : left
  const b = right instanceof Uint ? right.value : right
  if (isNumeric(a) && isNumeric(b)) return sameNumber(a, b)
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  charge(frame, 2)
  if (isList(a)) return isList(b) && equalLists(a, b, frame)
  if (isList(b)) return false
  if (isMap(a)) return isMap(b) && equalMaps(a, b, frame)
  if (a instanceof Uint8Array) return b instanceof Uint8Array && orderOfBytes(a, b) === 0
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos
  return a instanceof TypeName && b instanceof TypeName && a.name === b.name
}

/** One value is equal to itself, unless NaN is somewhere in it. */
function hasNaN(value: Value, frame: Frame): boolean {
  charge(frame, 1)
  if (typeof value === 'number') return Number.isNaN(value)
  if (isList(value)) return value.some((item) => hasNaN(item, frame))
  if (isMap(value)) return entriesOf(value).some(([, item]) => hasNaN(item, frame))
  return false
}

function isNumeric(value: Value): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

/** Exact across kinds: JavaScript compares a number and a bigint by value. */
function sameNumber(a: number | bigint, b: number | bigint): boolean {
  return !(a < b) && !(a > b) && a === a && b === b
}

/** A whole number meets a double as a double, like everywhere else; NaN has no order. */
function orderOfNumbers(a: number | bigint, b: number | bigint): number {
  if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : sameNumber(a, b) ? 0 : NaN
  return orderOfNumbers(Number(a), Number(b))
}

function equalLists(a: readonly Value[], b: readonly Value[], frame: Frame): boolean {
  return a.length === b.length && a.every((item, i) => equal(item, b[i] as Value, frame))
}

function equalMaps(
  a: Parameters<typeof entriesOf>[0],
  b: Parameters<typeof entriesOf>[0],
  frame: Frame,
): boolean {
  const size = sizeOfMap(a)
  if (size !== sizeOfMap(b)) return false
  charge(frame, 2 + 2 * size)
  return entriesOf(a).every(([key, value]) => {
    const other = findEntry(b, key)
    return other !== undefined && equal(value, other, frame)
  })
}

/**
 * Negative, zero or positive, and NaN where no order holds (a comparison with NaN).
 * Throws for values without an order.
 */
export function order(left: Value, right: Value, operator: string): number {
  const a = left instanceof Uint ? left.value : left
  const b = right instanceof Uint ? right.value : right
  if (isNumeric(a) && isNumeric(b)) return orderOfNumbers(a, b)
  if (typeof a === 'string' && typeof b === 'string') return orderOfTexts(a, b)
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return orderOfBytes(a, b)
  if (a instanceof Timestamp && b instanceof Timestamp) return orderOfNanos(a.nanos, b.nanos)
  if (a instanceof Duration && b instanceof Duration) return orderOfNanos(a.nanos, b.nanos)
  throw noOverload(operator, left, right)
}

/** By code point: JavaScript's `<` goes by UTF-16 units and puts some above others wrongly. */
function orderOfTexts(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  let i = 0
  while (i < length && a.charCodeAt(i) === b.charCodeAt(i)) i++
  if (i === length) return a.length - b.length
  const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)]
  return aboveSurrogates(x) - aboveSurrogates(y)
}

/** Moves surrogates above the other units, where their code points are. */
function aboveSurrogates(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

function orderOfBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number)
  }
  return a.length - b.length
}

function orderOfNanos(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** `item in list` by equality, `key in map` by key. */
export function isIn(item: Value, container: Value, frame: Frame): boolean {
  if (isList(container)) {
    charge(frame, container.length)
    return container.some((other) => equal(item, other, frame))
  }
  if (isMap(container)) return findEntry(container, item) !== undefined
  throw new ExpressionFailure(`"in" needs a list or a map on its right, not a ${kindOf(container)}`)
}
