/** Mail as code sends it, with secrets that it does not have. */
import type { BlobHandle } from './data.ts'
import type { SecretHandle } from './http.ts'

export interface Mail {
  /**
   * Hands a message to a server, once. Rejects with the code of what went wrong on the way;
   * what the server says is an answer.
   */
  send(letter: MailLetter): Promise<MailAnswer>
}

/** An address is `ada@example.com` or `Ada <ada@example.com>`. */
export interface MailLetter {
  readonly host: string
  /** 587 unless told. */
  readonly port?: number
  /** `starttls` unless told. `none` needs a grant that says `http://`. */
  readonly security?: 'starttls' | 'tls' | 'none'
  readonly user?: string
  readonly password?: SecretHandle
  /** Of OAuth, in place of a password. */
  readonly token?: SecretHandle
  readonly from: string
  readonly to?: readonly string[]
  readonly cc?: readonly string[]
  readonly bcc?: readonly string[]
  readonly replyTo?: readonly string[]
  readonly subject?: string
  readonly text?: string
  readonly html?: string
  readonly attachments?: readonly MailAttachment[]
  /** `<name@host>`; equal in every attempt, so that receivers can tell. */
  readonly messageId: string
}

export type MailAttachment = { readonly name: string; readonly contentType?: string } & (
  | { readonly text: string }
  | { readonly base64: string }
  | { readonly blob: BlobHandle }
)

export type MailAnswer =
  | {
      readonly ok: true
      readonly accepted: readonly string[]
      readonly rejected: readonly string[]
      readonly messageId: string
    }
  | {
      readonly ok: false
      /** Whether the server refuses who sends or what is sent. */
      readonly about: 'user' | 'message'
      /** 400 to 499 may go away, 500 to 599 will not. */
      readonly status: number
      readonly said: string
    }
