/** Answers that are too large for a flow, kept as blobs. */
import type { BlobHandle, Context } from 'ionflux/plugin'

import { fetchChecked, type CommonInput } from './send.ts'

export type Saved = {
  readonly status: number
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly blob: BlobHandle
}

/** Keeps the body; it never passes through here. */
export async function blobOf(input: CommonInput, context: Context): Promise<Saved> {
  const response = await fetchChecked({ ...input, method: 'GET' }, context, true)
  const { status, url, headers, saved } = response
  if (saved !== null) return { status, url, headers: Object.fromEntries(headers), blob: saved }
  return context.fail('unexpected_status', `${input.url} answered ${status}, which is not kept.`, {
    status,
  })
}
