/** GraphQL over HTTP: one operation, its data, its errors. */
import type { Context, Json, JsonObject } from 'ionflux/plugin'

import { fetchChecked, parseJson, type CommonInput } from './send.ts'

export interface GraphqlInput extends Omit<CommonInput, 'query' | 'expect'> {
  readonly query: string
  readonly variables?: JsonObject
  readonly operation?: string
  readonly allow_errors?: boolean
}

/** Sends the operation. An answer with errors fails with `graphql_errors` unless they are allowed. */
export async function graphqlOf(input: GraphqlInput, context: Context): Promise<JsonObject> {
  const { query, variables, operation, allow_errors: mayErr = false, ...common } = input
  const json = {
    query,
    ...(variables === undefined ? {} : { variables }),
    ...(operation === undefined ? {} : { operationName: operation }),
  }
  const headers = {
    accept: 'application/graphql-response+json, application/json',
    'idempotency-key': context.run.key,
    ...common.headers,
  }
  const asked = { ...common, headers, json, method: 'POST', expect: ['2xx', 400] }
  const response = await fetchChecked(asked, context)
  const answer = parseJson(await response.text(), input.url, context)
  const { data = null, errors = [] } = (
    typeof answer === 'object' && answer !== null ? answer : {}
  ) as { readonly data?: Json; readonly errors?: readonly Json[] }
  const hasData = typeof answer === 'object' && answer !== null && 'data' in answer
  const isAnswer = Array.isArray(errors) && ((response.ok && hasData) || errors.length > 0)
  if (!isAnswer) return context.fail('no_graphql', `The answer of ${input.url} is no GraphQL.`)
  if (errors.length > 0 && !mayErr) {
    const message = `The operation has ${errors.length} errors: ${messageOf(errors[0])}`
    return context.fail('graphql_errors', message, { errors, data })
  }
  return { data, errors }
}

function messageOf(error: Json | undefined): string {
  const { message } = (typeof error === 'object' && error !== null ? error : {}) as {
    readonly message?: unknown
  }
  return typeof message === 'string' ? message : 'without a message'
}
