/**
 * How an operation says who asks: the first of its ways that a plugin can go.
 *
 * A secret is an input of the action that takes `{ secret: NAME }`; the host puts it into
 * the header, and no code sees it.
 */
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'

import { textOf, type OpenApi } from './document.ts'

/** `header:X-Api-Key` names the header. */
export type AuthKind = 'none' | 'bearer' | 'basic' | `header:${string}`

export interface Auth {
  readonly properties: JsonObject
  readonly required: readonly string[]
  readonly request: JsonObject
}

interface Wish {
  readonly api: OpenApi
  readonly auth?: AuthKind
}

const nothing: Auth = { properties: {}, required: [], request: {} }

/** What to ask for; or, as a text, why there is no way. */
export function authOf(security: readonly Json[], { api, auth }: Wish): Auth | string {
  if (auth !== undefined) return auth === 'none' ? nothing : ofKind(auth, true)
  const ways = security.filter(isObject)
  if (ways.length === 0) return nothing
  const isOptional = ways.some((way) => Object.keys(way).length === 0)
  const refused: string[] = []
  for (const way of ways) {
    const names = Object.keys(way)
    if (names.length === 0) continue
    const [name = ''] = names
    const kind = names.length > 1 ? `several ways at once (${names.join(', ')})` : kindOf(api, name)
    if (kind === 'bearer' || kind === 'basic' || kind.startsWith('header:')) {
      return ofKind(kind as AuthKind, !isOptional)
    }
    refused.push(kind)
  }
  return isOptional ? nothing : `it asks for ${refused.join(', or ')}`
}

/** The kind, or words for one that a plugin cannot use. */
function kindOf({ schemes, resolve }: OpenApi, name: string): string {
  const scheme = resolve(schemes[name])
  if (!isObject(scheme)) return `the scheme "${name}", which is not described`
  const { type, in: where, name: key, scheme: word } = scheme
  if (type === 'oauth2' || type === 'openIdConnect') return 'bearer'
  if (type === 'http' && textOf(word).toLowerCase() === 'bearer') return 'bearer'
  if (type === 'http' && textOf(word).toLowerCase() === 'basic') return 'basic'
  if (type === 'apiKey' && where === 'header') return `header:${textOf(key)}`
  if (type === 'apiKey') return `a key in the ${textOf(where)}`
  return `"${textOf(word ?? type)}"`
}

const secret: JsonObject = {
  'x-secret': true,
  type: 'object',
  required: ['$secret'],
  properties: {
    $secret: { type: 'string' },
    template: { type: 'string' },
    basic: { type: 'string' },
  },
  additionalProperties: false,
}

function ofKind(kind: AuthKind, isRequired: boolean): Auth {
  const [word, header] = kind.split(':')
  const secretFor = (what: string): JsonObject => ({
    description: `${what}: { secret: NAME }.`,
    ...secret,
  })
  const needed = (...names: string[]): readonly string[] => (isRequired ? names : [])
  if (word === 'basic') {
    return {
      properties: { user: { type: 'string' }, password: secretFor('The password') },
      required: needed('user', 'password'),
      request: { auth: { kind: 'basic' } },
    }
  }
  if (word === 'header') {
    return {
      properties: { api_key: secretFor(`The value of the header ${header ?? ''}`) },
      required: needed('api_key'),
      request: { auth: { kind: 'header', name: header ?? '' } },
    }
  }
  return {
    properties: { token: secretFor('The token') },
    required: needed('token'),
    request: { auth: { kind: 'bearer' } },
  }
}
