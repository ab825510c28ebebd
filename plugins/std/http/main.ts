/** Requests as actions. The host sends them, checks where they go and puts the secrets in. */
import type { Action, BlobHandle, Context } from 'ionflux/plugin'

import { graphqlOf, type GraphqlInput } from './graphql.ts'
import { pagesOf, type PaginateInput, type Pages } from './pages.ts'
import { blobOf, type Saved } from './transfer.ts'
import { send, type Answer, type CommonInput, type RequestInput } from './send.ts'

export const get: Action<RequestInput, Answer> = (input, context) =>
  send({ method: 'GET', ...input }, context)

export const request: Action<RequestInput, Answer> = (input, context) =>
  send(
    { method: 'POST', ...input, headers: { ...keyHeader(input, context), ...input.headers } },
    context,
  )

export const paginate: Action<PaginateInput, Pages> = (input, context) => pagesOf(input, context)

export const graphql: Action<GraphqlInput> = (input, context) => graphqlOf(input, context)

export const download: Action<CommonInput, Saved> = (input, context) => blobOf(input, context)

export const upload: Action<RequestInput & { readonly blob: BlobHandle }, Answer> = (
  input,
  context,
) => {
  const { blob, headers = {} } = input
  const isTyped = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')
  const type = isTyped ? {} : { 'content-type': blob.mediaType ?? 'application/octet-stream' }
  const all = { ...type, ...keyHeader(input, context), ...headers }
  return send({ method: 'PUT', ...input, headers: all }, context)
}

/** Equal in every attempt of the step, also after a crash. */
function keyHeader(
  { headers = {}, idempotency_header: name = 'Idempotency-Key' }: RequestInput,
  { run }: Context,
): Record<string, string> {
  const isGiven = Object.keys(headers).some((one) => one.toLowerCase() === name.toLowerCase())
  return name === '' || isGiven ? {} : { [name]: run.key }
}
