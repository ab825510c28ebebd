/**
 * The script that runs in every realm before the guest's code: the guest's side of
 * the border.
 *
 * Its value is a function of the host functions that gives the guest functions. The guest never holds a host function itself. What the script hands out
 * is a convenience, not a wall: whatever it says is checked again outside.
 */
import { contextPrelude } from './prelude-context.ts'
import { httpPrelude } from './prelude-http.ts'
import { urlPrelude } from './prelude-url.ts'
import { webPrelude } from './prelude-web.ts'

export const prelude = String.raw`(function (callHost, writeLog, settle, native, limits) {
'use strict'
const { parse, stringify } = JSON
const { defineProperty, freeze } = Object
let exported
let pending = Object.create(null)
let calls = 0
// Whether the call has looked at time, chance or its run: what it gives is then not of its input alone.
let sawRun = false

function host(op, args) {
  const id = ++calls
  return new Promise((resolve, reject) => {
    pending[id] = { resolve, reject }
    callHost(id, op, stringify(args === undefined ? {} : args) ?? 'null')
  })
}

function reply(id, isOk, text, code) {
  const waiting = pending[id]
  if (waiting === undefined) return
  delete pending[id]
  if (isOk) return waiting.resolve(parse(text))
  const error = new Error(text)
  error.code = code
  waiting.reject(error)
}

function link(unit) {
  exported = unit
}

function begin(name, inputText, factsText) {
  sawRun = false
  const facts = parse(factsText)
  setClock(facts.now)
  setSeed(facts.seed)
  if (facts.hasNet) define('fetch', fetchHttp)
  const action = exported == null ? undefined : exported[name]
  if (typeof action !== 'function') return settle('missing', name)
  let input
  try {
    input = parse(inputText)
  } catch (thrown) {
    return settle('input', ...describe(thrown))
  }
  void perform(action, input, facts)
}

async function perform(action, input, facts) {
  let output
  try {
    output = await (facts.run === undefined ? action(input) : action(input, context(facts.run)))
  } catch (thrown) {
    return settle('threw', ...describe(thrown))
  }
  let text
  try {
    text = output === undefined ? 'null' : stringify(output)
  } catch (thrown) {
    return settle('output', ...describe(thrown))
  }
  if (text === undefined) return settle('output', 'TypeError', typeof output + ' is no JSON value')
  if (text.length > limits.outputChars) return settle('size', '')
  settle('done', text, sawRun ? 'run' : 'input')
}

class Failure extends Error {
  constructor(code, message, data) {
    super(message === undefined ? String(code) : String(message))
    this.name = 'Failure'
    this.code = String(code)
    this.data = data
  }
}

// Any thrown thing as five texts. Getters and proxies may throw or lie; both are harmless.
function describe(thrown) {
  if (typeof thrown !== 'object' || thrown === null) {
    try {
      return ['', String(thrown).slice(0, limits.messageChars)]
    } catch {
      return ['', 'A function was thrown.']
    }
  }
  const read = (key) => {
    try {
      const value = thrown[key]
      return typeof value === 'string' ? value.slice(0, limits.messageChars) : ''
    } catch {
      return ''
    }
  }
  let data = ''
  try {
    data = stringify(thrown.data) ?? ''
  } catch {}
  if (data.length > limits.messageChars) data = ''
  return [read('name'), read('message'), read('code'), data, read('stack')]
}

function print(parts) {
  return parts.map((part) => {
    if (typeof part === 'string') return part
    if (part instanceof Error) return part.name + ': ' + part.message
    try {
      return stringify(part) ?? String(part)
    } catch {
      return String(part)
    }
  }).join(' ').slice(0, limits.logChars)
}

// Time and chance come from the run, so that a step that is repeated gives the same bytes.
let now = 0
let began = 0
const RealDate = Date
function setClock(at) { now = began = at }
function readClock() {
  sawRun = true
  return now
}
function FrozenDate(...args) {
  if (new.target === undefined) return new RealDate(readClock()).toString()
  return Reflect.construct(RealDate, args.length === 0 ? [readClock()] : args, new.target)
}
FrozenDate.prototype = RealDate.prototype
defineProperty(FrozenDate.prototype, 'constructor', { value: FrozenDate, writable: true, configurable: true })
for (const [name, value] of [['now', readClock], ['parse', RealDate.parse], ['UTC', RealDate.UTC]]) {
  defineProperty(FrozenDate, name, { value, writable: true, configurable: true })
}
defineProperty(FrozenDate, 'name', { value: 'Date' })
defineProperty(FrozenDate, 'length', { value: 7 })

let state = new Uint32Array(4)
let seed
// Chance is rarely asked for: what it takes to seed it is paid by those who ask.
function setSeed(text) { seed = text }
function sow() {
  const text = seed
  seed = undefined
  for (let word = 0; word < 4; word++) {
    let hash = 0x811c9dc5 ^ word
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
    state[word] = hash
  }
  for (let i = 0; i < 12; i++) random()
}
// sfc32: small, fast, and good enough for anything but secrets, which it must not make.
function random() {
  sawRun = true
  if (seed !== undefined) sow()
  const sum = (state[0] + state[1] + state[3]) >>> 0
  state[3] = state[3] + 1
  state[0] = state[1] ^ (state[1] >>> 9)
  state[1] = state[2] + (state[2] << 3)
  state[2] = ((state[2] << 21) | (state[2] >>> 11)) + sum
  return sum / 4294967296
}

const define = (name, value) =>
  defineProperty(globalThis, name, { value, writable: true, configurable: true })
define('Date', FrozenDate)
defineProperty(Math, 'random', { value: random, writable: true, configurable: true })

const console = {}
for (const [name, level] of [['log', 'info'], ['info', 'info'], ['warn', 'warn'], ['error', 'error'], ['debug', 'debug']]) {
  console[name] = (...parts) => writeLog(level, print(parts))
}
define('console', console)
define('structuredClone', (value) => copy(value, new Map()))
function copy(value, seen) {
  if (typeof value === 'function' || typeof value === 'symbol') throw new TypeError('A ' + typeof value + ' cannot be cloned.')
  if (typeof value !== 'object' || value === null) return value
  if (seen.has(value)) return seen.get(value)
  const keep = (made) => (seen.set(value, made), made)
  if (value instanceof RealDate) return keep(new RealDate(value.getTime()))
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags))
  if (value instanceof ArrayBuffer) return keep(value.slice(0))
  if (ArrayBuffer.isView(value)) {
    const size = value instanceof DataView ? value.byteLength : value.length
    return keep(new value.constructor(copy(value.buffer, seen), value.byteOffset, size))
  }
  if (value instanceof Error) {
    const made = keep(new ({ EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError }[value.name] ?? Error)(value.message))
    if ('cause' in value) method(made, 'cause', copy(value.cause, seen))
    return made
  }
  if (value instanceof Map) {
    const made = keep(new Map())
    for (const [key, item] of value) made.set(copy(key, seen), copy(item, seen))
    return made
  }
  if (value instanceof Set) {
    const made = keep(new Set())
    for (const item of value) made.add(copy(item, seen))
    return made
  }
  const made = keep(Array.isArray(value) ? new Array(value.length) : {})
  for (const key of Object.keys(value)) {
    defineProperty(made, key, { value: copy(value[key], seen), writable: true, enumerable: true, configurable: true })
  }
  return made
}

${webPrelude}
${urlPrelude}
${httpPrelude}
${contextPrelude}
return { begin, reply, link, tick }
})`
