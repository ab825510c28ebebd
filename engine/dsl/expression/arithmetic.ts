/**
 * `+ - * / %` and negation, for every pair of kinds that has a meaning.
 *
 * Whole numbers written in an expression are CEL's 64-bit `int`: exact, and refused when
 * they overflow. JSON numbers are doubles. Where the two meet the result is a double, so
 * `inputs.n + 1` does what its author expects (a documented difference from CEL).
 */
import { charge, chargeText, ExpressionFailure, type Frame } from './failure.ts'
import { checkDuration, checkTimestamp } from './time.ts'
import { Duration, isList, kindOf, Timestamp, Uint, type Value } from './value.ts'

const intMax = 2n ** 63n - 1n
const intMin = -(2n ** 63n)
const uintMax = 2n ** 64n - 1n

/** `value` when it fits in 64 bits with a sign. */
export function checkInt(value: bigint): bigint {
  if (value > intMax || value < intMin) throw new ExpressionFailure('the int overflows 64 bits')
  return value
}

export function checkUint(value: bigint): Uint {
  if (value < 0n || value > uintMax) throw new ExpressionFailure('the uint overflows 64 bits')
  return new Uint(value)
}

export function add(left: Value, right: Value, frame: Frame): Value {
  if (typeof left === 'number') {
    if (typeof right === 'number') return left + right
    if (typeof right === 'bigint') return left + Number(right)
  } else if (typeof left === 'bigint') {
    if (typeof right === 'bigint') return checkInt(left + right)
    if (typeof right === 'number') return Number(left) + right
  } else if (typeof left === 'string') {
    if (typeof right === 'string') {
      chargeText(frame, left.length + right.length)
      return left + right
    }
  } else if (isList(left) && isList(right)) {
    charge(frame, left.length + right.length)
    return [...left, ...right]
  }
  return addSpecial(left, right, frame)
}

function addSpecial(left: Value, right: Value, frame: Frame): Value {
  if (left instanceof Uint && right instanceof Uint) return checkUint(left.value + right.value)
  if (left instanceof Duration) {
    if (right instanceof Duration) return checkDuration(left.nanos + right.nanos)
    if (right instanceof Timestamp) return checkTimestamp(left.nanos + right.nanos)
  }
  if (left instanceof Timestamp && right instanceof Duration) {
    return checkTimestamp(left.nanos + right.nanos)
  }
  if (left instanceof Uint8Array && right instanceof Uint8Array) {
    chargeText(frame, left.length + right.length)
    const joined = new Uint8Array(left.length + right.length)
    joined.set(left)
    joined.set(right, left.length)
    return joined
  }
  throw noOverload('+', left, right)
}

export function subtract(left: Value, right: Value): Value {
  if (typeof left === 'number') {
    if (typeof right === 'number') return left - right
    if (typeof right === 'bigint') return left - Number(right)
  } else if (typeof left === 'bigint') {
    if (typeof right === 'bigint') return checkInt(left - right)
    if (typeof right === 'number') return Number(left) - right
  } else if (left instanceof Uint && right instanceof Uint) {
    return checkUint(left.value - right.value)
  } else if (left instanceof Duration && right instanceof Duration) {
    return checkDuration(left.nanos - right.nanos)
  } else if (left instanceof Timestamp) {
    if (right instanceof Timestamp) return checkDuration(left.nanos - right.nanos)
    if (right instanceof Duration) return checkTimestamp(left.nanos - right.nanos)
  }
  throw noOverload('-', left, right)
}

export function multiply(left: Value, right: Value): Value {
  if (typeof left === 'number') {
    if (typeof right === 'number') return left * right
    if (typeof right === 'bigint') return left * Number(right)
  } else if (typeof left === 'bigint') {
    if (typeof right === 'bigint') return checkInt(left * right)
    if (typeof right === 'number') return Number(left) * right
  } else if (left instanceof Uint && right instanceof Uint) {
    return checkUint(left.value * right.value)
  }
  throw noOverload('*', left, right)
}

export function divide(left: Value, right: Value): Value {
  if (typeof left === 'number') {
    if (typeof right === 'number') return left / right
    if (typeof right === 'bigint') return left / Number(right)
  } else if (typeof left === 'bigint') {
    if (typeof right === 'bigint') return checkInt(left / nonZero(right))
    if (typeof right === 'number') return Number(left) / right
  } else if (left instanceof Uint && right instanceof Uint) {
    return checkUint(left.value / nonZero(right.value))
  }
  throw noOverload('/', left, right)
}

/** The remainder, for whole numbers; a JSON number must be one. */
export function modulo(left: Value, right: Value): Value {
  if (typeof left === 'bigint' && typeof right === 'bigint') return left % nonZero(right)
  if (left instanceof Uint && right instanceof Uint) {
    return checkUint(left.value % nonZero(right.value))
  }
  if (isWhole(left) && isWhole(right)) {
    const divisor = Number(right)
    if (divisor === 0) throw divisionByZero()
    return Number(left) % divisor
  }
  throw noOverload('%', left, right)
}

function isWhole(value: Value): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
}

export function negate(value: Value): Value {
  if (typeof value === 'number') return -value
  if (typeof value === 'bigint') return checkInt(-value)
  if (value instanceof Duration) return checkDuration(-value.nanos)
  throw new ExpressionFailure(`"-" has no meaning before a ${kindOf(value)}`)
}

function nonZero(divisor: bigint): bigint {
  if (divisor === 0n) throw divisionByZero()
  return divisor
}

function divisionByZero(): ExpressionFailure {
  return new ExpressionFailure('it divides by zero')
}

export function noOverload(operator: string, left: Value, right: Value): ExpressionFailure {
  const [a, b] = [kindOf(left), kindOf(right)]
  return new ExpressionFailure(`"${operator}" has no meaning between ${a} and ${b}`)
}
