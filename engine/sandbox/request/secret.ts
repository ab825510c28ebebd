/**
 * Whether a guest may have a secret used, and the values of those that it may.
 *
 * A secret is used when the flow allows it and the plugin names it, or takes whatever it
 * is handed (`*`) and the step itself hands it over. Its value stays on this side.
 */
import { IonError } from '#engine/core/error.ts'
import type { SecretBook } from '#engine/connection/secret.ts'
import type { CallContext } from '#engine/sandbox/operations.ts'

const anything = '*'

/** The values of `names`. Throws `CAP_NOT_GRANTED`, or what the book throws. */
export async function takeSecrets(
  names: readonly string[],
  { op, context, book }: { op: string; context: CallContext; book: SecretBook },
): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, string>()
  for (const name of names) values.set(name, '')
  for (const name of values.keys()) demandSecret(op, name, context)
  for (const name of values.keys()) values.set(name, await book.get(name))
  return values
}

/** Throws `CAP_NOT_GRANTED`. */
export function demandSecret(op: string, name: string, context: CallContext): void {
  const { asker, granted, secrets = [] } = context
  const { secrets: asked = [] } = asker.capabilities
  const isAsked = asked.includes(name) || (asked.includes(anything) && secrets.includes(name))
  const by = !isAsked ? 'plugin' : granted.secrets?.includes(name) === true ? undefined : 'flow'
  if (by === undefined) return
  const shown = name.slice(0, 70)
  const data = { capability: `secrets: ${shown}`, op, unit: asker.name, by }
  const message = asked.includes(anything)
    ? `"${asker.name}" uses the secret "${shown}", which its step does not hand over. Write { secret: ${shown} } in its parameters, and allow it in permissions.secrets.`
    : by === 'plugin'
      ? `"${asker.name}" uses the secret "${shown}" without asking for it. Add "capabilities: { secrets: [${shown}] }" to its manifest.`
      : `"${asker.name}" uses the secret "${shown}", which the flow does not allow. Add "permissions: { secrets: [${shown}] }" to the flow.`
  throw new IonError('CAP_NOT_GRANTED', message, { data })
}
