/** Requests as actions. The host sends them, checks where they go and puts the secrets in. */
import type { Action, Context } from 'ionflux/plugin'

import { graphqlOf, type GraphqlInput } from './graphql.ts'
import { pagesOf, type PaginateInput, type Pages } from './pages.ts'
import { send, type Answer, type RequestInput } from './send.ts'

export const get: Action<RequestInput, Answer> = (input, context) =>
  send({ method: 'GET', ...input }, context)

export const request: Action<RequestInput, Answer> = (input, context) =>
  send(
    { method: 'POST', ...input, headers: { ...keyHeader(input, context), ...input.headers } },
    context,
  )

export const paginate: Action<PaginateInput, Pages> = (input, context) => pagesOf(input, context)

export const graphql: Action<GraphqlInput> = (input, context) => graphqlOf(input, context)

/** Equal in every attempt of the step, also after a crash. */
function keyHeader(
  { headers = {}, idempotency_header: name = 'Idempotency-Key' }: RequestInput,
  { run }: Context,
): Record<string, string> {
  const isGiven = Object.keys(headers).some((one) => one.toLowerCase() === name.toLowerCase())
  return name === '' || isGiven ? {} : { [name]: run.key }
}
