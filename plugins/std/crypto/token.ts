/** JSON Web Tokens (RFC 7519): made and checked with keys that the host has. */
import type { Action, Context, Json, JsonObject, KeyAlgorithm, SecretHandle } from 'ionflux/plugin'

import { decode as fromText, encode as toText } from './encoding.ts'

export interface Parts {
  readonly header: JsonObject
  readonly payload: JsonObject
  readonly signature: string
}

/** The parts of a token; whether they are true needs its signature. */
export function partsOf(token: string, context: Context): Parts {
  const [header, payload, signature, ...more] = token.split('.')
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0)
    return context.fail('token_malformed', 'A signed token has three parts with dots between them.')
  return {
    header: part(header, 'header', context),
    payload: part(payload, 'payload', context),
    signature,
  }
}

function part(text: string, name: string, context: Context): JsonObject {
  const bytes = fromText(text, 'base64url')
  const json = bytes === undefined ? undefined : toText(bytes, 'text')
  try {
    const value = JSON.parse(json ?? '') as Json
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as JsonObject
  } catch {
    // It is said below.
  }
  return context.fail('token_malformed', `The ${name} of the token is no JSON object in Base64.`)
}

interface SignJwt {
  readonly claims: JsonObject
  readonly algorithm: KeyAlgorithm
  readonly key: SecretHandle
  readonly key_id?: string
  readonly seconds?: number
}

/** The run's beginning is the time: a step that is tried again makes an equal token. */
export const signJwt: Action<
  SignJwt,
  { readonly token: string; readonly claims: JsonObject }
> = async ({ claims: given, algorithm, key, key_id: kid, seconds }, context) => {
  const iat = Math.floor(Date.now() / 1000)
  const exp = seconds === undefined ? {} : { exp: iat + seconds }
  const claims = { iat, ...exp, ...given }
  const header = { alg: algorithm, typ: 'JWT', ...(kid === undefined ? {} : { kid }) }
  const text = `${encoded(header)}.${encoded(claims)}`
  return { token: `${text}.${await context.keys.sign({ algorithm, text, key })}`, claims }
}

function encoded(value: JsonObject): string {
  const text = new TextEncoder().encode(JSON.stringify(value))
  return text.toBase64({ alphabet: 'base64url', omitPadding: true })
}

interface VerifyJwt {
  readonly token: string
  readonly algorithms: readonly KeyAlgorithm[]
  readonly key?: SecretHandle | string | JsonObject
  readonly keys?: readonly JsonObject[]
  readonly issuer?: string
  readonly audience?: string
  readonly leeway?: number
  readonly at?: string
}

type Verified = { readonly header: JsonObject; readonly claims: JsonObject }

/** Fails unless the signature and everything that is asked for is right. */
export const verifyJwt: Action<VerifyJwt, Verified> = async (input, context) => {
  const { token, algorithms } = input
  const { header, payload: claims, signature } = partsOf(token, context)
  const algorithm = algorithms.find((one) => one === header['alg'])
  if (algorithm === undefined) {
    return context.fail('not_trusted', `The token is signed by "${shown(header['alg'])}".`)
  }
  if (header['crit'] !== undefined) {
    return context.fail('not_trusted', 'The token asks for something that is not understood here.')
  }
  const key = input.key ?? keyFor(header, input.keys ?? [], context)
  const text = token.slice(0, token.lastIndexOf('.'))
  if (!(await context.keys.verify({ algorithm, text, signature, key }))) {
    return context.fail('not_trusted', 'The signature of the token is not right.')
  }
  checkClaims(claims, input, context)
  return { header, claims }
}

function keyFor({ kid }: JsonObject, keys: readonly JsonObject[], context: Context): JsonObject {
  const found =
    kid === undefined && keys.length === 1 ? keys[0] : keys.find((one) => one['kid'] === kid)
  return found ?? context.fail('not_trusted', `There is no key "${shown(kid)}" for the token.`)
}

function checkClaims(claims: JsonObject, input: VerifyJwt, context: Context): void {
  const { issuer, audience, leeway = 60, at } = input
  const now = (at === undefined ? Date.now() : Date.parse(at)) / 1000
  const { exp, nbf, iss, aud } = claims
  const isLate = exp !== undefined && !(typeof exp === 'number' && now < exp + leeway)
  if (isLate) context.fail('expired', 'The token has run out.')
  const isEarly = nbf !== undefined && !(typeof nbf === 'number' && now >= nbf - leeway)
  if (isEarly) context.fail('not_yet', 'The token is not good yet.')
  if (issuer !== undefined && iss !== issuer) {
    context.fail('not_trusted', `The token is of "${shown(iss)}", not of "${issuer}".`)
  }
  const isFor = Array.isArray(aud) ? aud.includes(audience) : aud === audience
  if (audience !== undefined && !isFor) {
    context.fail('not_trusted', `The token is for "${shown(aud)}", not for "${audience}".`)
  }
}

function shown(value: Json | undefined): string {
  return (typeof value === 'string' ? value : JSON.stringify(value ?? null)).slice(0, 200)
}
