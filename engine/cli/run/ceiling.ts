/**
 * `--grant`: the most that whoever starts a run lets its flow do, whatever the flow asks for.
 */
import { IonError } from '#engine/core/error.ts'
import { powersBeyond, readGrant } from '#engine/dsl/power/ceiling.ts'
import type { Power } from '#engine/dsl/power/kinds.ts'
import type { Permissions } from '#engine/dsl/world.ts'

/**
 * Refuses a flow that may do more than `texts` say, such as `net:api.example.com`,
 * `secrets:TOKEN` or `git:read`. Without any, the flow's own permissions are the only ceiling.
 * Throws `CAP_NOT_GRANTED` with all that is missing, and `CLI_USAGE` for a text that is none.
 */
export function holdCeiling(permissions: Permissions, texts: readonly string[] | undefined): void {
  if (texts === undefined) return
  const missing = powersBeyond(permissions, texts.map(grantOf))
  if (missing.length === 0) return
  throw new IonError(
    'CAP_NOT_GRANTED',
    `The flow may do more than was granted: ${missing.join(', ')}. Add \`--grant\` for each, or take it out of the flow's permissions.`,
    { data: { missing } },
  )
}

function grantOf(text: string): Power {
  const grant = readGrant(text)
  if (grant !== undefined) return grant
  throw new IonError(
    'CLI_USAGE',
    `"${text}" is no grant: write net:HOST, secrets:NAME, git:read, git:write:BRANCH, state:write, files:read:PATH or blob:write.`,
  )
}
