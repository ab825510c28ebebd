/**
 * Requests of an action to other hosts, as types.
 */
import type { Json } from '#engine/core/json.ts'

import type { BlobHandle } from './data.ts'

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
