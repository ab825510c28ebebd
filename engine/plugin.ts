/**
 * What the author of a plugin imports: types, and nothing that exists at run time.
 *
 * `import type { Action } from 'ionflux/plugin'` is taken out when the plugin is
 * bundled. The names here are a promise to people outside; a test holds them.
 */
import type { Json, JsonObject } from '#engine/core/json.ts'

export type { Json, JsonObject }

/**
 * An action of a plugin: JSON in, JSON out, sync or async.
 *
 * It begins from the same state in every call; a variable outside of it forgets what a
 * call wrote. Time stands still at the start of the run and chance is seeded, so a
 * repeated call gives the same output.
 *
 * @example
 * export const shout: Action<{ text: string }, string> = ({ text }) => text.toUpperCase()
 */
export type Action<Input = Json, Output = Json> = (
  input: Input,
  context: Context,
) => Output | Promise<Output>

/** A `transform:` step: an action without powers. */
export type Transform<Input = Json, Output = Json> = (input: Input) => Output | Promise<Output>

/** What an action may use besides its input. */
export interface Context {
  readonly run: RunFacts
  /** The repository at the run's commit. Needs `capabilities: { git: [read] }`. */
  readonly git: Git
  /** Other hosts. Needs `capabilities: { net: [api.example.com] }`. */
  readonly http: Http
  /** What the flow remembers from run to run. Needs `capabilities: { state: [read, write] }`. */
  readonly state: State
  /** Large data, passed on by a handle. Needs `capabilities: { blob: [read, write] }`. */
  readonly blob: Blobs
  /** JSON Schema, done by the host. Needs nothing. */
  readonly schema: Schemas
  /**
   * Files of the repository at the run's commit, and those that the run leaves behind. Needs
   * `capabilities: { files: ["read:docs/**", "write:reports/*"] }`.
   */
  readonly files: Files
  /** Models of language. Needs `capabilities: { model: [small] }`; served in a later release. */
  readonly model: Model
  readonly log: Log
  /**
   * Ends the action with a failure of its own: `code` is a lower-case word that a flow
   * can name in `retry.on` and `catch.on`.
   */
  fail(code: string, message: string, data?: Json): never
}

export interface RunFacts {
  readonly id: string
  /** The step: `scan[12]/check`. */
  readonly path: string
  /** Numbered from 1. */
  readonly attempt: number
  /** Equal in every attempt: send it along as the idempotency key of an effect. */
  readonly key: string
}

/** Each takes and gives what the action of the same name in `std/git` does. */
export interface Git {
  log<Output = Json>(args?: JsonObject): Promise<Output>
  tags<Output = Json>(args?: JsonObject): Promise<Output>
  tree<Output = Json>(args?: JsonObject): Promise<Output>
  read<Output = Json>(args?: JsonObject): Promise<Output>
  diff<Output = Json>(args?: JsonObject): Promise<Output>
}

/** Requests, shaped on the web's `fetch`, which is there as a global, too. */
export interface Http {
  /** Rejects with the code of what went wrong; any answer is an answer, whatever its status. */
  fetch(url: string | SecretHandle, init?: HttpInit): Promise<HttpResponse>
  /** Signs a URL, which then serves whoever has it for a while. Sends nothing. */
  presign(wish: {
    readonly url: string
    readonly method?: 'GET' | 'HEAD' | 'PUT' | 'DELETE'
    /** 900 unless told, at most a week. */
    readonly seconds?: number
    readonly sign: Extract<Signing, { readonly scheme: 'aws4' }>
  }): Promise<string>
}

export interface HttpInit {
  readonly method?: string
  readonly headers?:
    | Readonly<Record<string, string | SecretHandle>>
    | Iterable<readonly [string, string | SecretHandle]>
  readonly body?: string | ArrayBuffer | ArrayBufferView | BlobHandle | null
  /** Whether the body of a good answer becomes a blob (`saved`) without passing through here. */
  readonly save?: boolean
  /** A body that is printed as JSON, in place of `body`. */
  readonly json?: Json
  /** A body of form fields, in place of `body`. */
  readonly form?: Readonly<Record<string, string>> | Iterable<readonly [string, string]>
  /** Secrets in a body of json or form, by JSON Pointer: `{ '/client_secret': handle }`. */
  readonly secrets?: Readonly<Record<string, SecretHandle>>
  /** Has the host sign the request with a secret, when all else of it is ready. */
  readonly sign?: Signing
  /** Milliseconds until the whole answer must be there; 30,000 unless told. */
  readonly timeout?: number
  readonly redirect?: 'follow' | 'manual' | 'error'
}

/** Who the signature of a request is for, and the secret that makes it. */
export type Signing =
  /** Standard Webhooks; `id` is what the receiver tells messages apart by. */
  | { readonly scheme: 'standard'; readonly secret: SecretHandle; readonly id: string }
  /** An HMAC of the body in a header: `{ header: 'x-hub-signature-256', template: 'sha256={}' }`. */
  | {
      readonly scheme: 'hmac'
      readonly secret: SecretHandle
      readonly header: string
      readonly template?: string
      readonly hash?: 'sha1' | 'sha256' | 'sha512'
      readonly spelling?: 'hex' | 'base64'
    }
  /** AWS Signature Version 4; `id` is the id of the access key. */
  | {
      readonly scheme: 'aws4'
      readonly id: string | SecretHandle
      readonly secret: SecretHandle
      readonly session?: SecretHandle
      readonly region: string
      readonly service: string
    }

/** What `{ secret: NAME }` in a flow arrives as. The host puts the value into the request. */
export interface SecretHandle {
  readonly $secret: string
  /** What is around the value: `Bearer {}`. */
  readonly template?: string
  /** The user name of Basic authentication. */
  readonly basic?: string
}

export interface HttpResponse {
  readonly status: number
  /** Whether `status` is 200 to 299. */
  readonly ok: boolean
  /** Where the answer came from, after redirects. */
  readonly url: string
  readonly redirected: boolean
  readonly headers: HttpHeaders
  /** The body as a blob, where `save` asked for it and `ok` is true. */
  readonly saved: BlobHandle | null
  text(): Promise<string>
  json<Value = Json>(): Promise<Value>
  bytes(): Promise<Uint8Array>
  arrayBuffer(): Promise<ArrayBuffer>
  base64(): Promise<string>
}

export interface HttpHeaders extends Iterable<[string, string]> {
  get(name: string): string | null
  has(name: string): boolean
  getSetCookie(): string[]
}

export interface Schemas {
  /**
   * Compares a value with a schema of 2020-12. Rejects with `DSL_SCHEMA_MALFORMED` for what
   * is no schema.
   */
  check(schema: JsonObject | boolean, value: Json): Promise<SchemaVerdict>
}

export type SchemaVerdict =
  | { readonly ok: true }
  | {
      readonly ok: false
      /** JSON Pointer into the value. */
      readonly at: string
      /** The word of JSON Schema that was broken. */
      readonly keyword: string
      /** A clause with a full stop that follows the name of the value: `must be text.` */
      readonly message: string
    }

/** Values by key. Every flow has its own; a write may name the version it was decided on. */
export interface State {
  get<Value = Json>(key: string): Promise<StateEntry<Value> | null>
  /** In the order of the keys; 100 unless told, at most 1,000. */
  list<Value = Json>(query?: {
    readonly prefix?: string
    readonly limit?: number
    /** Only keys after this one. */
    readonly after?: string
  }): Promise<readonly StateEntry<Value>[]>
  /** Rejects with `RUN_STATE_CONFLICT` when the key has another version than `expected`; 0 means none. */
  set(key: string, value: Json, options?: StateOptions): Promise<{ readonly version: number }>
  delete(key: string, options?: StateOptions): Promise<null>
}

export interface StateEntry<Value = Json> {
  readonly key: string
  readonly value: Value
  readonly version: number
}

export interface StateOptions {
  readonly expected?: number
}

/** A handle is plain JSON: put it into an output, and the next step reads the blob. */
export interface BlobHandle {
  readonly $blob: string
  readonly bytes: number
  readonly mediaType?: string
}

export interface Blobs {
  /** Keeps `data`; a text as UTF-8. */
  write(data: BlobData, options?: BlobOptions): Promise<BlobHandle>
  /** Begins a blob that is written piece by piece. */
  create(options?: BlobOptions): Promise<BlobWriter>
  /** All of it, or a part, in memory. */
  read(
    handle: BlobHandle,
    range?: { readonly offset?: number; readonly length?: number },
  ): Promise<Uint8Array>
  text(handle: BlobHandle): Promise<string>
  /** All of it, in pieces of at most 1 MiB. */
  pieces(handle: BlobHandle): AsyncIterable<Uint8Array>
}

export interface Model {
  /** Rejects with `CAP_NOT_SERVED`. */
  ask(question: { readonly class: string; readonly prompt: string }): Promise<string>
}

export interface Files {
  /** Those that may be read, below a folder or with a beginning. */
  list(prefix?: string): Promise<readonly { readonly path: string; readonly bytes: number }[]>
  read(path: string): Promise<Uint8Array>
  text(path: string): Promise<string>
  /** Writes to the folder of this run, which outlives it. */
  write(
    path: string,
    data: BlobData | BlobHandle,
  ): Promise<{ readonly path: string; readonly bytes: number; readonly digest: string }>
}

export type BlobData = string | ArrayBuffer | ArrayBufferView

export interface BlobOptions {
  readonly mediaType?: string
}

export interface BlobWriter {
  write(data: BlobData): Promise<void>
  finish(): Promise<BlobHandle>
}

/** Lines of the step's log; objects are printed as JSON. `console` writes here too. */
export interface Log {
  debug(...parts: readonly unknown[]): void
  info(...parts: readonly unknown[]): void
  warn(...parts: readonly unknown[]): void
  error(...parts: readonly unknown[]): void
}
