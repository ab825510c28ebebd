/** The actions that the flows of the golden journals call. */
import type { Json } from '#engine/core/json.ts'

const post = ['idempotent', (input: Json) => input] as const
const add = ['pure', (input: Json) => (input as { n: number }).n + 1] as const
const large = ['read', () => 'large '.repeat(2_000)] as const
const stuck = ['unsafe', async () => new Promise<Json>(() => undefined)] as const
const failure = Object.assign(new Error('down'), { code: 'net' })
const flaky = [
  'idempotent',
  (input: Json, call: { readonly attempt: number }): Json => {
    if (call.attempt === 1) throw failure
    return input
  },
] as const
export const actions = { post, add, large, flaky, stuck }
