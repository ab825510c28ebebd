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
  fetch(url: string, init?: HttpInit): Promise<HttpResponse>
}

export interface HttpInit {
  readonly method?: string
  readonly headers?:
    | Readonly<Record<string, string | SecretHandle>>
    | Iterable<readonly [string, string | SecretHandle]>
  readonly body?: string | ArrayBuffer | ArrayBufferView | null
  /** A body that is printed as JSON, in place of `body`. */
  readonly json?: Json
  /** A body of form fields, in place of `body`. */
  readonly form?: Readonly<Record<string, string>> | Iterable<readonly [string, string]>
  /** Secrets in a body of json or form, by JSON Pointer: `{ '/client_secret': handle }`. */
  readonly secrets?: Readonly<Record<string, SecretHandle>>
  /** Milliseconds until the whole answer must be there; 30,000 unless told. */
  readonly timeout?: number
  readonly redirect?: 'follow' | 'manual' | 'error'
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

/** Lines of the step's log; objects are printed as JSON. `console` writes here too. */
export interface Log {
  debug(...parts: readonly unknown[]): void
  info(...parts: readonly unknown[]): void
  warn(...parts: readonly unknown[]): void
  error(...parts: readonly unknown[]): void
}
