/**
 * What the author of a plugin imports: types, and nothing that exists at run time.
 *
 * `import type { Action } from 'ionflux/plugin'` is taken out when the plugin is
 * bundled. The names here are a promise to people outside; a test holds them.
 */
import type { Json, JsonObject } from '#engine/core/json.ts'

import type { Blobs, Files, Model, Schemas, State } from './plugin/data.ts'
import type { Git } from './plugin/git.ts'
import type { Http } from './plugin/http.ts'
import type { Keys } from './plugin/keys.ts'
import type { Mail } from './plugin/mail.ts'

export type { Json, JsonObject }
export type {
  BlobData,
  BlobHandle,
  BlobOptions,
  BlobWriter,
  Blobs,
  Files,
  Model,
  SchemaVerdict,
  Schemas,
  State,
  StateEntry,
  StateOptions,
} from './plugin/data.ts'
export type { Git, GitAuthor, GitChange, GitCommit } from './plugin/git.ts'
export type {
  Http,
  HttpHeaders,
  HttpInit,
  HttpResponse,
  SecretHandle,
  Signing,
} from './plugin/http.ts'
export type { KeyAlgorithm, Keys, Signed } from './plugin/keys.ts'
export type { Mail, MailAnswer, MailAttachment, MailLetter } from './plugin/mail.ts'

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
  /** Signatures, with keys that are secrets. */
  readonly keys: Keys
  /** Mail, through a server that is granted like a host: `net: [smtp.example.com:587]`. */
  readonly mail: Mail
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

/** Lines of the step's log; objects are printed as JSON. `console` writes here too. */
export interface Log {
  debug(...parts: readonly unknown[]): void
  info(...parts: readonly unknown[]): void
  warn(...parts: readonly unknown[]): void
  error(...parts: readonly unknown[]): void
}
