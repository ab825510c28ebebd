/**
 * The part of the prelude that is shaped on the web's `fetch`: what a guest says is put
 * into one host operation, and the answer into something like a `Response`.
 *
 * It runs inside the prelude's function and uses its `host` and `parse`. Nothing here is a
 * wall: the host checks every request again.
 */
export const httpPrelude = String.raw`
function headerPairs(given) {
  if (given === undefined || given === null) return []
  const pairs = typeof given[Symbol.iterator] === 'function' ? [...given] : Object.entries(given)
  return pairs.map(([name, value]) => [String(name), isHandle(value) ? value : String(value)])
}
function isHandle(value) {
  return typeof value === 'object' && value !== null && typeof value.$secret === 'string'
}
function bodyOf({ body, json, form }) {
  if (json !== undefined) return { json }
  if (form !== undefined) return { form: headerPairs(form) }
  if (body === undefined || body === null) return undefined
  if (typeof body === 'object' && typeof body.$blob === 'string') return { blob: body }
  if (body instanceof ArrayBuffer) return { base64: spell64(body) }
  if (ArrayBuffer.isView(body)) {
    return { base64: spell64(body) }
  }
  return { text: String(body) }
}

async function fetchHttp(url, init = {}) {
  const { method, headers, timeout, redirect, secrets, sign, save } = init
  const request = { url: isHandle(url) ? url : String(url), headers: headerPairs(headers) }
  if (method !== undefined) request.method = String(method)
  if (timeout !== undefined) request.timeout = timeout
  if (redirect !== undefined) request.redirect = redirect
  if (secrets !== undefined) request.secrets = secrets
  if (sign !== undefined) request.sign = sign
  if (save === true) request.save = true
  const body = bodyOf(init)
  if (body !== undefined) request.body = body
  return new Response(await host('http.fetch', request))
}

class Headers {
  #pairs
  constructor(given) {
    this.#pairs = headerPairs(given).map(([name, value]) => [name.toLowerCase(), value])
  }
  get(name) {
    const found = this.#pairs.filter(([key]) => key === String(name).toLowerCase())
    return found.length === 0 ? null : found.map(([, value]) => value).join(', ')
  }
  has(name) { return this.get(name) !== null }
  getSetCookie() { return this.#pairs.filter(([key]) => key === 'set-cookie').map(([, value]) => value) }
  *keys() { for (const [name] of this) yield name }
  *values() { for (const [, value] of this) yield value }
  *entries() {
    for (const name of [...new Set(this.#pairs.map(([key]) => key))].sort()) yield [name, this.get(name)]
  }
  [Symbol.iterator]() { return this.entries() }
  forEach(call) { for (const [name, value] of this) call(value, name, this) }
}

class Response {
  #body
  constructor({ status, headers, url, redirected, body }) {
    this.#body = body
    this.status = status
    this.ok = status >= 200 && status < 300
    this.statusText = ''
    this.url = url
    this.redirected = redirected
    this.headers = new Headers(headers)
    this.saved = body.blob ?? null
  }
  async bytes() {
    if (this.saved !== null) return readBlob(this.saved)
    return this.#body.text === undefined ? read64(this.#body.base64) : new TextEncoder().encode(this.#body.text)
  }
  async arrayBuffer() { return (await this.bytes()).buffer }
  async text() {
    const { text, base64 } = this.#body
    if (this.saved !== null) return decodeUtf8(await readBlob(this.saved), false)
    if (text === undefined) return new TextDecoder().decode(read64(base64))
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  }
  async json() { return parse(await this.text()) }
  async base64() {
    if (this.saved !== null) return spell64(await readBlob(this.saved))
    return this.#body.base64 ?? spell64(encodeText(this.#body.text))
  }
}
`
