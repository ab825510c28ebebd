/**
 * Whether others can get what a tag names: the tag has to be where the release says that it comes
 * from, at the same commit. A version that is published is taken for ever, so this is asked before.
 */
import { tokenFor } from '#engine/host/lock/token.ts'
import { remoteTags } from '#engine/mirror/write/push.ts'

import { refused, type Tagged } from './tag.ts'

/**
 * Throws `REG_TAG_REFUSED` where `url` does not have the tag at this commit, and
 * `MIRROR_FETCH_FAILED` where it cannot be asked.
 */
export async function demandPushed(
  { url, token }: { readonly url: string; readonly token?: string },
  { tag, commit }: Pick<Tagged, 'tag' | 'commit'>,
): Promise<void> {
  const there = (await remoteTags(url, [tag], token ?? (await tokenFor(url, process.env)))).get(tag)
  if (there === commit) return
  if (there === undefined)
    throw refused(tag, `"${url}" does not have it. Push it: git push origin ${tag}`)
  throw refused(
    tag,
    `it is ${there.slice(0, 12)} at "${url}" and ${commit.slice(0, 12)} here. Tag a new version`,
  )
}
