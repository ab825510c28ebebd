/**
 * The part of the prelude that makes `ctx`, which an action gets beside its input: each
 * of its functions is one host operation, or a few in a row.
 *
 * It runs inside the prelude's function. Data goes in pieces, so that neither side ever
 * holds much of it.
 */
import { limits } from '#engine/core/limits.ts'

export const contextPrelude = String.raw`
const gitOps = ['log', 'tags', 'tree', 'read', 'diff', 'commit', 'tag']
const levels = ['debug', 'info', 'warn', 'error']
const pieceBytes = ${limits.blobPieceBytesMax}

function context(run) {
  const git = {}
  for (const op of gitOps) git[op] = (args) => host('git.' + op, args)
  const log = {}
  for (const level of levels) log[level] = (...parts) => writeLog(level, print(parts))
  const fail = (code, message, data) => {
    throw new Failure(code, message, data)
  }
  freeze(run)
  return freeze({ get run() { return (sawRun = true), run }, git: freeze(git), http: ctxHttp, mail: ctxMail, keys: ctxKeys, state: ctxState, blob: ctxBlob, files: ctxFiles, model: ctxModel, schema: ctxSchema, log: freeze(log), fail })
}

const ctxHttp = freeze({
  fetch: fetchHttp,
  presign: async (wish) => (await host('http.presign', wish)).url,
})

const ctxKeys = freeze({
  sign: async (wish) => (await host('keys.sign', wish)).signature,
  verify: async (wish) => (await host('keys.verify', wish)).ok,
})

const ctxMail = freeze({ send: (letter) => host('mail.send', letter) })

const ctxSchema = freeze({ check: (schema, value) => host('schema.check', { schema, value }) })

const ctxState = freeze({
  get: (key) => host('state.get', { key }),
  list: (query = {}) => host('state.list', query),
  set: (key, value, options = {}) => host('state.set', { key, value, expected: options.expected }),
  delete: (key, options = {}) => host('state.delete', { key, expected: options.expected }),
})

function bytesFrom(data) {
  if (typeof data === 'string') return encodeText(data)
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  throw new TypeError('A text, an ArrayBuffer or a view of one is needed.')
}
const spell64 = (bytes) => native('spell', 'base64', bytesOf(bytes))
const read64 = (text) => new Uint8Array(native('bytes', 'base64', stringify(text)))

async function createBlob({ mediaType } = {}) {
  const { id } = await host('blob.create')
  return freeze({
    async write(data) {
      const bytes = bytesFrom(data)
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        await host('blob.append', { id, base64: spell64(bytes.subarray(at, at + pieceBytes)) })
      }
    },
    finish: () => host('blob.finish', { id, mediaType }),
  })
}
async function* piecesOf(handle, from = 0, to = handle.bytes) {
  for (let offset = from; offset < to;) {
    const length = Math.min(pieceBytes, to - offset)
    const { base64 } = await host('blob.read', { blob: handle, offset, length })
    const piece = read64(base64)
    if (piece.length === 0) return
    offset += piece.length
    yield piece
  }
}
async function readBlob(handle, { offset = 0, length = handle.bytes - offset } = {}) {
  const pieces = []
  let size = 0
  for await (const piece of piecesOf(handle, offset, Math.min(handle.bytes, offset + length))) {
    pieces.push(piece)
    size += piece.length
  }
  if (pieces.length === 1) return pieces[0]
  const whole = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
const ctxModel = freeze({ ask: (question) => host('model.ask', question) })
const ctxFiles = freeze({
  list: (prefix = '') => host('files.list', { prefix }),
  read: async (path) => read64((await host('files.read', { path })).base64),
  text: async (path) => decodeUtf8(read64((await host('files.read', { path })).base64), false),
  write: (path, data) =>
    typeof data === 'object' && data !== null && typeof data.$blob === 'string'
      ? host('files.write', { path, blob: data })
      : host('files.write', { path, base64: spell64(bytesFrom(data)) }),
})
const ctxBlob = freeze({
  create: createBlob,
  async write(data, options) {
    const writer = await createBlob(options)
    await writer.write(data)
    return writer.finish()
  },
  pieces: (handle) => piecesOf(handle),
  read: readBlob,
  text: async (handle) => decodeUtf8(await readBlob(handle), false),
})
`
