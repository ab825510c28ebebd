/**
 * The part of the prelude with `URL`, `URLSearchParams` and `AbortController`.
 *
 * Addresses are taken apart by the host's own parser, so a guest and the host that checks
 * its requests never read one address in two ways.
 */
export const urlPrelude = String.raw`
const escapeForm = (text) => encodeURIComponent(String(text).toWellFormed())
  .replace(/[!'()~]/g, (char) => '%' + char.charCodeAt(0).toString(16).toUpperCase())
  .replaceAll('%20', '+')
const plain = (text) => {
  const spaced = text.replaceAll('+', ' ')
  if (!spaced.includes('%')) return spaced
  const bytes = []
  for (let i = 0; i < spaced.length; i++) {
    const pair = spaced.slice(i + 1, i + 3)
    if (spaced[i] === '%' && /^[0-9a-f]{2}$/i.test(pair)) {
      bytes.push(parseInt(pair, 16))
      i += 2
    } else {
      const char = String.fromCodePoint(spaced.codePointAt(i))
      for (const byte of encodeText(char)) bytes.push(byte)
      i += char.length - 1
    }
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array(bytes))
}
const parseForm = (text) => text.split('&').filter((part) => part !== '').map((part) => {
  const at = part.indexOf('=')
  return at < 0 ? [plain(part), ''] : [plain(part.slice(0, at)), plain(part.slice(at + 1))]
})
let owned
class URLSearchParams {
  #pairs
  #changed
  constructor(from = '') {
    this.#changed = owned
    if (typeof from === 'object' && from !== null) {
      const pairs = typeof from[Symbol.iterator] === 'function' ? [...from] : Object.entries(from)
      this.#pairs = pairs.map((pair) => {
        const [name, value, ...more] = pair
        if (value === undefined || more.length > 0) throw new TypeError('Each entry is a name and a value.')
        return [String(name).toWellFormed(), String(value).toWellFormed()]
      })
    } else this.#pairs = parseForm(String(from).replace(/^\?/, ''))
  }
  #set(pairs) {
    this.#pairs = pairs
    this.#changed?.(this.toString())
  }
  get size() { return this.#pairs.length }
  append(name, value) { this.#set([...this.#pairs, [String(name), String(value)]]) }
  delete(name, value) {
    this.#set(this.#pairs.filter(([key, one]) => key !== String(name) || (value !== undefined && one !== String(value))))
  }
  get(name) { return this.#pairs.find(([key]) => key === String(name))?.[1] ?? null }
  getAll(name) { return this.#pairs.filter(([key]) => key === String(name)).map(([, value]) => value) }
  has(name, value) { return this.#pairs.some(([key, one]) => key === String(name) && (value === undefined || one === String(value))) }
  set(name, value) {
    const at = this.#pairs.findIndex(([key]) => key === String(name))
    if (at < 0) return this.append(name, value)
    const rest = this.#pairs.filter(([key], index) => index <= at || key !== String(name))
    rest[at] = [String(name), String(value)]
    this.#set(rest)
  }
  sort() { this.#set(this.#pairs.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) }
  forEach(visit, self) { for (const [name, value] of this.#pairs) visit.call(self, value, name, this) }
  *entries() { for (const [name, value] of this.#pairs) yield [name, value] }
  *keys() { for (const [name] of this.#pairs) yield name }
  *values() { for (const [, value] of this.#pairs) yield value }
  [Symbol.iterator]() { return this.entries() }
  toString() { return this.#pairs.map(([name, value]) => escapeForm(name) + '=' + escapeForm(value)).join('&') }
}
define('URLSearchParams', URLSearchParams)

const takeApart = (...asked) => {
  const found = native('url', stringify(asked.map((text) => String(text).toWellFormed())))
  return found === '' ? undefined : parse(found)
}
const readOnly = ['origin']
const parts = ['protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash']
class URL {
  #parts
  #params
  constructor(href, base) {
    this.#parts = base === undefined ? takeApart(href) : takeApart(href, base)
    if (this.#parts === undefined) throw new TypeError('"' + String(href).slice(0, 200) + '" is no URL.')
  }
  static canParse(href, base) { return (base === undefined ? takeApart(href) : takeApart(href, base)) !== undefined }
  static parse(href, base) { return URL.canParse(href, base) ? new URL(href, base) : null }
  static {
    for (const name of [...readOnly, ...parts]) {
      const set = function (value) { this.#change(name, value) }
      defineProperty(this.prototype, name, {
        get() { return this.#parts[name] },
        ...(readOnly.includes(name) ? {} : { set }),
        enumerable: true,
        configurable: true,
      })
    }
  }
  #change(name, value) {
    this.#parts = takeApart(this.#parts.href, name, value) ?? this.#parts
    if (name === 'search' || name === 'href') this.#params = undefined
  }
  get href() { return this.#parts.href }
  set href(value) {
    const found = takeApart(value)
    if (found === undefined) throw new TypeError('"' + String(value).slice(0, 200) + '" is no URL.')
    this.#parts = found
    this.#params = undefined
  }
  get searchParams() {
    if (this.#params === undefined) {
      owned = (text) => { this.#parts = takeApart(this.#parts.href, 'search', text) ?? this.#parts }
      this.#params = new URLSearchParams(this.search)
      owned = undefined
    }
    return this.#params
  }
  toString() { return this.href }
  toJSON() { return this.href }
}
define('URL', URL)

class Event {
  constructor(type, options = {}) {
    this.type = String(type)
    this.cancelable = Boolean(options.cancelable)
    this.target = null
  }
}
class EventTarget {
  #listeners = new Map()
  addEventListener(type, listener, options = {}) {
    if (listener == null) return
    const own = this.#listeners.get(type) ?? new Map()
    this.#listeners.set(type, own)
    if (!own.has(listener)) own.set(listener, Boolean(options.once))
  }
  removeEventListener(type, listener) { this.#listeners.get(type)?.delete(listener) }
  dispatchEvent(event) {
    event.target = this
    const own = this.#listeners.get(event.type)
    for (const [listener, isOnce] of [...(own ?? [])]) {
      if (isOnce) own.delete(listener)
      if (typeof listener === 'function') listener.call(this, event)
      else listener.handleEvent(event)
    }
    this['on' + event.type]?.(event)
    return true
  }
}
let mayMake = false
const abort = (signal, reason) => signal.abortBy(abort, reason)
class AbortSignal extends EventTarget {
  #isAborted = false
  #reason
  onabort = null
  constructor() {
    if (!mayMake) throw new TypeError('An AbortSignal is made by an AbortController.')
    super()
  }
  static #make() {
    mayMake = true
    try { return new AbortSignal() } finally { mayMake = false }
  }
  static make(proof) { return proof === abort ? AbortSignal.#make() : undefined }
  static abort(reason) {
    const signal = AbortSignal.#make()
    abort(signal, reason)
    return signal
  }
  static timeout(ms) {
    const signal = AbortSignal.#make()
    setTimer(() => abort(signal, new DOMException('The time is over.', 'TimeoutError')), ms, [], false)
    return signal
  }
  static any(signals) {
    const made = AbortSignal.#make()
    for (const signal of signals) {
      if (signal.aborted) abort(made, signal.reason)
      else signal.addEventListener('abort', () => abort(made, signal.reason), { once: true })
    }
    return made
  }
  get aborted() { return this.#isAborted }
  get reason() { return this.#reason }
  throwIfAborted() { if (this.#isAborted) throw this.#reason }
  abortBy(proof, reason) {
    if (proof !== abort || this.#isAborted) return
    this.#isAborted = true
    this.#reason = reason === undefined ? new DOMException('It was called off.', 'AbortError') : reason
    this.dispatchEvent(new Event('abort'))
  }
}
class AbortController {
  #signal = AbortSignal.make(abort)
  get signal() { return this.#signal }
  abort(reason) { abort(this.#signal, reason) }
}
for (const made of [Event, EventTarget, AbortSignal, AbortController]) define(made.name, made)
`
