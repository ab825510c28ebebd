/**
 * `release transfer` and `release cosign`: a namespace changes hands when both sides have signed,
 * on one machine or, by a file that goes from one to the other, on two.
 */
import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { openKey, signedBy } from '#engine/host/publish/key.ts'
import type { RegistryState } from '#registry/rules/state.ts'

import { type SayValues, told } from './say.ts'
import { readSubmission, writeSubmission } from './submission.ts'

export interface TransferValues extends SayValues {
  readonly namespace: string
  /** The public key of the new owner, who signs elsewhere. */
  readonly to?: string
  readonly callOff?: boolean
}

/** `transfer NAMESPACE`: to `--new-key FILE`, to `--to KEY`, or to nobody with `--call-off`. */
export async function transfer(
  terminal: Terminal,
  { namespace, ...values }: TransferValues,
): Promise<number> {
  const { to, newKey, callOff, owner } = values
  const ways = [to, newKey, callOff].filter((one) => one !== undefined)
  if (ways.length !== 1)
    throw usage(
      'Say to whom: --new-key FILE, --to PUBLIC-KEY for one who signs elsewhere, or --call-off.',
    )
  if (callOff === true) {
    const bodies: Parameters<typeof told>[2]['bodies'] = async (_, state, { key }) => [
      { event: 'transfer', namespace, owner: ownerOf(state, namespace), keys: [key] },
    ]
    return await told(terminal, values, { namespace, bodies })
  }
  if (to !== undefined && values.out === undefined)
    throw usage('--to needs --out FILE, which the new owner signs: ionflux release cosign FILE.')
  if (to !== undefined && !/^ed25519:[A-Za-z0-9+/]{43}=$/.test(to))
    throw usage(
      `"${to}" is no public key; the new owner's \`ionflux registry key FILE\` prints one.`,
    )
  const fresh = newKey === undefined ? undefined : openKey(newKey)
  const key = fresh?.key ?? to ?? ''
  const body = { event: 'transfer', namespace, owner: owner ?? `key:${key}`, keys: [key] } as const
  return await told(terminal, values, {
    namespace,
    bodies: async () => [body],
    isHalf: fresh === undefined,
    ...(fresh === undefined ? {} : { also: [fresh] }),
  })
}

function ownerOf(state: RegistryState, namespace: string): string {
  const known = state.namespaces.get(namespace)
  if (known?.handover !== undefined) return known.owner
  throw usage(`"${namespace}" is not being handed over.`)
}

export interface CosignValues {
  readonly file: string
  readonly key?: string
  readonly json?: boolean
}

/** `cosign FILE`: one more signature on what others signed. Whoever signs reads it first. */
export async function cosign(
  terminal: Terminal,
  { file, ...values }: CosignValues,
): Promise<number> {
  const path = values.key ?? process.env['IONFLUX_KEY'] ?? ''
  if (path === '') throw usage('Which key signs? Give --key FILE, or IONFLUX_KEY.')
  const key = openKey(path)
  const { events, files } = readSubmission(file)
  const signed = await Promise.all(
    events.map(async ({ body, signatures }) => {
      const { signatures: own } = await signedBy(body, [key])
      const others = signatures.filter((one) => one.key !== key.key)
      const all = [...others, ...own].toSorted((a, b) => (a.key < b.key ? -1 : 1))
      return { body, signatures: all }
    }),
  )
  writeSubmission(file, { events: signed, files })
  for (const { body } of signed) terminal.note(`Signed: ${JSON.stringify(body)}`)
  terminal.note(`Whoever keeps the log takes it: ionflux release accept ${file}`)
  return exits.done
}

function usage(message: string): IonError {
  return new IonError('CLI_USAGE', message)
}
