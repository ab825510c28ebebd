/** Signatures with keys that code does not have. */
import type { JsonObject } from '#engine/core/json.ts'

import type { SecretHandle } from './http.ts'

export type KeyAlgorithm =
  | 'HS256'
  | 'HS384'
  | 'HS512'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'

export type Signed = { readonly algorithm: KeyAlgorithm } & (
  | { readonly text: string }
  | { readonly base64: string }
)

export interface Keys {
  /** The signature in Base64 for URLs. The key is a text, or a private key in PEM. */
  sign(wish: Signed & { readonly key: SecretHandle }): Promise<string>
  /** The key is a secret, a public key in PEM or a JSON Web Key. */
  verify(
    wish: Signed & {
      readonly signature: string
      readonly key: SecretHandle | string | JsonObject
    },
  ): Promise<boolean>
}
