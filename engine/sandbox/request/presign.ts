/**
 * `http.presign`: a URL with a signature by AWS Signature Version 4, for somebody who has
 * no key. It is made and not sent, so it may go only where a request might go.
 *
 * The URL shows the id of the key and, with a session, its token: both would be taken out
 * of what the guest is told, so they cannot come from secrets here.
 */
import { IonError } from '#engine/core/error.ts'
import { isObject, type Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { readTarget, type Target } from '#engine/connection/egress.ts'
import type { SecretBook } from '#engine/connection/secret.ts'
import { presignAws4 } from '#engine/connection/signing/aws4.ts'
import type { CallContext } from '#engine/sandbox/operations.ts'

import { refused } from './handle.ts'
import { takeSecrets } from './secret.ts'
import { awsKeyOf, handlesOf, readAws, type AskedAws } from './sign.ts'

interface AskedUrl {
  readonly target: Target
  readonly method: string
  readonly seconds: number
  readonly sign: AskedAws
}

export interface PresignPowers {
  readonly book: () => Promise<SecretBook> | SecretBook
  readonly nowMs: number
  /** Throws when a request of that method might not go there. */
  readonly demandHost: (target: Target, method: string) => void
}

/** Throws `CONN_REQUEST_REFUSED`, `CAP_NOT_GRANTED` or what the secrets throw. */
export async function presignFor(
  args: Json,
  context: CallContext,
  { book, nowMs, demandHost }: PresignPowers,
): Promise<Json> {
  const { target, method, seconds, sign } = readUrl(args)
  demandHost(target, method)
  const names = handlesOf(sign).map(({ secret }) => secret)
  const values = await takeSecrets(names, { op: 'http.presign', context, book: await book() })
  const { region, service } = sign
  const wish = { url: target.url, method, headers: [], seconds, nowMs, region, service }
  return { url: presignAws4(wish, awsKeyOf(sign, values)) }
}

function readUrl(args: Json): AskedUrl {
  if (!isObject(args)) throw refused('A URL to sign is an object with a url.')
  const { url, method = 'GET', seconds = limits.presignSecondsDefault, sign } = args
  if (typeof url !== 'string') throw refused('A URL to sign needs a url.')
  if (method !== 'GET' && method !== 'PUT' && method !== 'HEAD' && method !== 'DELETE')
    throw refused('A URL is signed for GET, HEAD, PUT or DELETE.')
  const isTime = typeof seconds === 'number' && Number.isInteger(seconds) && seconds > 0
  if (!isTime || seconds > limits.presignSecondsMax)
    throw refused(`"seconds" is a whole number, at most ${limits.presignSecondsMax}.`)
  if (!isObject(sign)) throw refused('A URL to sign needs "sign".')
  const asked = readAws(sign)
  if (typeof asked.id === 'string' && asked.session === undefined)
    return { target: readTarget(url), method, seconds, sign: asked }
  const message =
    'A signed URL shows the id of its key, and the token of a session: give the id as text, and no session.'
  throw new IonError('CONN_REQUEST_REFUSED', message)
}
