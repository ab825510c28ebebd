/**
 * The part of the prelude that gives guests what the web's standards promise: timers,
 * encodings, `URL`, `AbortController`, `crypto`.
 *
 * It runs inside the prelude's function, before the snapshot, so a call pays nothing for
 * it. Time is virtual: a timer fires at once when the call has nothing else to do, and
 * the clock is then where the timer wanted it. Heavy work is `native`, done by the host.
 */
export const webPrelude = String.raw`
class DOMException extends Error {
  constructor(message = '', name = 'Error') {
    super(message)
    defineProperty(this, 'name', { value: String(name), configurable: true, writable: true })
  }
}
define('DOMException', DOMException)

// Timers: in the order of their time, and of their making. They fire only when no promise
// and no answer of the host is left to go on with, so a host's answer beats every timer.
const timers = new Map()
let timerIds = 0
function setTimer(task, ms, args, isRepeated) {
  if (typeof task !== 'function') throw new TypeError('A timer needs a function.')
  const wait = Math.max(1, Math.trunc(Number(ms)) || 0)
  timers.set(++timerIds, { task, args, wait, isRepeated, due: now + wait })
  return timerIds
}
function tick() {
  let next
  for (const [id, timer] of timers) if (next === undefined || timer.due < timers.get(next).due) next = id
  if (next === undefined) return 0
  const timer = timers.get(next)
  now = Math.max(now, timer.due)
  timers.delete(next)
  if (timer.isRepeated) {
    timer.due = now + timer.wait
    timers.set(next, timer)
  }
  try {
    timer.task(...timer.args)
  } catch (thrown) {
    settle('threw', ...describe(thrown))
  }
  return 1
}
define('setTimeout', (task, ms, ...args) => setTimer(task, ms, args, false))
define('setInterval', (task, ms, ...args) => setTimer(task, ms, args, true))
define('setImmediate', (task, ...args) => setTimer(task, 0, args, false))
for (const name of ['clearTimeout', 'clearInterval', 'clearImmediate']) define(name, (id) => void timers.delete(id))
define('queueMicrotask', (task) => {
  if (typeof task !== 'function') throw new TypeError('A microtask needs a function.')
  Promise.resolve().then(task).catch((thrown) => settle('threw', ...describe(thrown)))
})
define('performance', freeze({ now: () => readClock() - began, get timeOrigin() { return readClock(), began } }))

// Bytes and text. Text crosses as JSON, because the border ends a text at its first zero.
const bytesOf = (source) => {
  if (source instanceof ArrayBuffer) return source
  if (ArrayBuffer.isView(source)) return source.buffer.slice(source.byteOffset, source.byteOffset + source.byteLength)
  throw new TypeError('An ArrayBuffer or a view of one is needed.')
}
const encodeText = (text) => new Uint8Array(native('encode', stringify(String(text).toWellFormed())))
const encodeUtf8 = encodeText
const decodeUtf8 = (bytes, isFatal) => parse(native('decode', bytesOf(bytes), isFatal ? 1 : 0, 0))
define('TextEncoder', class TextEncoder {
  get encoding() { return 'utf-8' }
  encode(text = '') { return encodeText(text) }
  encodeInto(text, target) {
    let read = 0
    let written = 0
    for (const char of String(text).toWellFormed()) {
      const bytes = encodeText(char)
      if (written + bytes.length > target.length) break
      target.set(bytes, written)
      written += bytes.length
      read += char.length
    }
    return { read, written }
  }
})
define('TextDecoder', class TextDecoder {
  #fatal
  #ignoreBOM
  #kept = []
  constructor(label = 'utf-8', options = {}) {
    if (!/^\s*(unicode-1-1-)?utf-?8\s*$/i.test(label)) throw new RangeError('The sandbox decodes utf-8 only.')
    this.#fatal = Boolean(options.fatal)
    this.#ignoreBOM = Boolean(options.ignoreBOM)
  }
  get encoding() { return 'utf-8' }
  get fatal() { return this.#fatal }
  get ignoreBOM() { return this.#ignoreBOM }
  decode(source = new ArrayBuffer(0), options = {}) {
    if (options.stream === true) throw new TypeError('The sandbox decodes whole texts only.')
    return parse(native('decode', bytesOf(source), this.#fatal ? 1 : 0, this.#ignoreBOM ? 1 : 0))
  }
})
const asText = (text) => stringify(String(text))
define('btoa', (text) => {
  if (/[^\0-\xff]/.test(String(text))) throw new DOMException('The text has characters beyond one byte.', 'InvalidCharacterError')
  return native('btoa', asText(text))
})
define('atob', (text) => {
  const found = native('atob', asText(text))
  if (found === '') throw new DOMException('The text is not base64.', 'InvalidCharacterError')
  return parse(found)
})
const method = (target, name, value) => defineProperty(target, name, { value, writable: true, configurable: true })
const spelled = (name, source, options) => {
  const isUrl = name === 'base64' && options?.alphabet === 'base64url'
  const bytes = native('bytes', isUrl ? 'base64url' : name, asText(source))
  if (bytes === undefined) throw new SyntaxError('The text is not ' + name + '.')
  return new Uint8Array(bytes)
}
method(Uint8Array, 'fromBase64', (text, options) => spelled('base64', text, options))
method(Uint8Array, 'fromHex', (text) => spelled('hex', text))
method(Uint8Array.prototype, 'toBase64', function (options) {
  const isUrl = options?.alphabet === 'base64url'
  const text = native('spell', isUrl ? 'base64url' : 'base64', bytesOf(this))
  if (!isUrl) return options?.omitPadding ? text.replace(/=+$/, '') : text
  return options?.omitPadding ? text : text + '='.repeat((4 - (text.length % 4)) % 4)
})
method(Uint8Array.prototype, 'toHex', function () { return native('spell', 'hex', bytesOf(this)) })

// Chance is that of the run: equal in every attempt. Never a source of keys.
const words = { sha1: 'SHA-1', sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' }
const hashOf = (algorithm) => {
  const name = String(algorithm?.name ?? algorithm).toUpperCase()
  const found = Object.keys(words).find((key) => words[key] === name)
  if (found === undefined) throw new DOMException('The sandbox knows ' + Object.values(words).join(', ') + '.', 'NotSupportedError')
  return found
}
const keys = new WeakMap()
class CryptoKey {}
const keyOf = (algorithm, key) => {
  const known = keys.get(key)
  if (String(algorithm?.name ?? algorithm).toUpperCase() === 'HMAC' && known !== undefined) return known
  throw new DOMException('The sandbox signs with HMAC and a key made by importKey only.', 'NotSupportedError')
}
const mac = (algorithm, key, data) => {
  const { hash, bytes } = keyOf(algorithm, key)
  return native('hmac', hash, bytes, bytesOf(data))
}
define('CryptoKey', CryptoKey)
define('crypto', freeze({
  randomUUID() {
    const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16))
    hex[12] = '4'
    hex[16] = '89ab'[parseInt(hex[16], 16) & 3]
    const text = hex.join('')
    return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-')
  },
  getRandomValues(view) {
    if (!ArrayBuffer.isView(view)) throw new TypeError('A view of an ArrayBuffer is needed.')
    if (view.byteLength > 65536) throw new DOMException('65,536 bytes at most.', 'QuotaExceededError')
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    for (let i = 0; i < bytes.length; i++) bytes[i] = random() * 256
    return view
  },
  subtle: freeze({
    digest: async (algorithm, data) => native('digest', hashOf(algorithm), bytesOf(data)),
    async importKey(format, data, algorithm, extractable, usages) {
      if (format !== 'raw' || String(algorithm?.name).toUpperCase() !== 'HMAC') {
        throw new DOMException('The sandbox imports raw keys for HMAC only.', 'NotSupportedError')
      }
      const key = new CryptoKey()
      keys.set(key, { hash: hashOf(algorithm.hash), bytes: bytesOf(data).slice(0) })
      return freeze(Object.assign(key, { type: 'secret', extractable: false, algorithm: freeze({ ...algorithm }), usages: freeze([...usages]) }))
    },
    sign: async (algorithm, key, data) => mac(algorithm, key, data),
    async verify(algorithm, key, signature, data) {
      const [a, b] = [new Uint8Array(mac(algorithm, key, data)), new Uint8Array(bytesOf(signature))]
      let difference = a.length ^ b.length
      for (let i = 0; i < a.length; i++) difference |= a[i] ^ b[i]
      return difference === 0
    },
  }),
}))
`
