/**
 * Who asks, by the security schemes of the document: each is a header, a part of the query
 * or a cookie, and the host puts the secret there.
 */
import type { Context, JsonObject, SecretHandle } from 'ionflux/plugin'

import {
  isObject,
  listOf,
  nearest,
  objectOf,
  type ApiDocument,
  type Operation,
} from './document.ts'

/** A secret, or a user with one. */
export type Credential = SecretHandle | { readonly user: string; readonly password: SecretHandle }

export interface AuthInput {
  readonly token?: SecretHandle
  readonly auth?: Readonly<Record<string, Credential>>
}

/** Where secrets go. At most one goes into the query: it takes the whole URL to hide it. */
export interface Credentials {
  readonly headers: readonly (readonly [string, SecretHandle])[]
  readonly query?: { readonly name: string; readonly secret: SecretHandle }
}

interface Wanted {
  readonly document: ApiDocument
  readonly operation: Operation
  readonly context: Context
}

/** The places of what a step hands over. */
export function credentialsOf({ token, auth = {} }: AuthInput, wanted: Wanted): Credentials {
  const { document, context } = wanted
  const schemes = objectOf(objectOf(document.root['components'])['securitySchemes'])
  const given = Object.entries(auth)
  if (token !== undefined) given.push([schemeFor(wanted, Object.keys(schemes)), token])
  const headers: [string, SecretHandle][] = []
  let query: Credentials['query']
  for (const [name, credential] of given) {
    if (name !== '' && !Object.hasOwn(schemes, name)) {
      const suggestions = nearest(name, Object.keys(schemes))
      const hint = suggestions.length === 0 ? '' : ` Did you mean "${suggestions[0]}"?`
      const message = `The document has no security scheme "${name}".${hint}`
      context.fail('auth_unknown', message, { suggestions })
    }
    const scheme = name === '' ? { type: 'http', scheme: 'bearer' } : document.follow(schemes[name])
    const place = placeOf(scheme, credential, { name, context })
    if ('query' in place) query = place.query
    else headers.push(place.header)
  }
  return query === undefined ? { headers } : { headers, query }
}

/** The scheme that the operation asks for alone; none means a bearer token. */
function schemeFor({ document, operation, context }: Wanted, known: readonly string[]): string {
  const asked = operation.spec['security'] ?? document.root['security']
  const alone = listOf(asked)
    .filter(isObject)
    .map((one) => Object.keys(one))
    .filter((names) => names.length === 1)
    .flat()
  const name =
    alone.find((one) => known.includes(one)) ?? (known.length === 1 ? known[0] : undefined)
  if (name !== undefined) return name
  if (known.length === 0 || asked === undefined) return ''
  const message = `"${operation.name}" takes no single token. Say in "auth" which of ${known.join(', ')} is meant.`
  return context.fail('auth_unknown', message)
}

type Place =
  | { readonly header: [string, SecretHandle] }
  | { readonly query: NonNullable<Credentials['query']> }

function placeOf(
  scheme: JsonObject,
  credential: Credential,
  { name, context }: { name: string; context: Context },
): Place {
  const { type, in: place, scheme: kind, name: field = '' } = scheme
  const isBasic = type === 'http' && String(kind as string).toLowerCase() === 'basic'
  if ('user' in credential) {
    if (isBasic) {
      return { header: ['authorization', { ...credential.password, basic: credential.user }] }
    }
    return context.fail('auth_unknown', `"${name}" takes a secret alone, without a user.`)
  }
  if (isBasic) return context.fail('auth_unknown', `"${name}" takes { user, password }.`)
  if (type === 'apiKey' && typeof field === 'string') {
    if (place === 'query') return { query: { name: field, secret: credential } }
    if (place === 'cookie')
      return { header: ['cookie', { ...credential, template: `${field}={}` }] }
    return { header: [field, credential] }
  }
  const isToken = type === 'http' || type === 'oauth2' || type === 'openIdConnect'
  if (!isToken) {
    return context.fail('auth_unknown', `"${name}" is of a type that no secret can serve.`)
  }
  const word =
    type === 'http' && typeof kind === 'string' && kind.toLowerCase() !== 'bearer' ? kind : 'Bearer'
  return { header: ['authorization', { ...credential, template: `${word} {}` }] }
}
