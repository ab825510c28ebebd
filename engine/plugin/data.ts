/**
 * What an action may keep, hand on, leave behind and have checked, as types.
 */
import type { Json, JsonObject } from '#engine/core/json.ts'

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
