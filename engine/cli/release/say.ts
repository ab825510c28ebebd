/**
 * `release …`: words to a registry about a namespace and its releases.
 */
import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import { rootOf } from '#engine/cli/lock/lock.ts'
import { printJson } from '#engine/cli/output.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { accept, announce, type Saying } from '#engine/host/publish/announce.ts'
import { openKey, type PublisherKey } from '#engine/host/publish/key.ts'
import { movedTags } from '#engine/host/publish/moved.ts'

import { addressOf, logKeyOf, type RegistryValues, settingsOf } from './settings.ts'
import { readSubmission, writeSubmission } from './submission.ts'

export interface SayValues extends RegistryValues {
  readonly out?: string
  readonly reason?: string
  readonly message?: string
  readonly range?: string
  readonly instead?: string
  readonly id?: string
  readonly severity?: string
  readonly fixed?: string
  readonly owner?: string
  readonly newKey?: string
  readonly reviewer?: string
  readonly since?: string
  readonly gone?: boolean
  readonly link?: string
}

/** `name@version` in its parts. */
function releaseIn(text: string): { readonly name: string; readonly version: string } {
  const [, name, version] = /^([a-z][a-z0-9-]*\/[a-z][a-z0-9-]*)@(.+)$/.exec(text) ?? []
  if (name === undefined || version === undefined)
    throw new IonError('CLI_USAGE', `"${text}" is no release; write namespace/name@1.2.0.`)
  return { name, version }
}

function needed(values: SayValues, option: 'reason' | 'message' | 'range' | 'id'): string {
  const value = values[option]
  if (value !== undefined) return value
  throw new IonError('CLI_USAGE', `It needs --${option}.`)
}

const severities = ['low', 'medium', 'high', 'critical'] as const

/** What each word is, from its subject and its options. */
export const words: Readonly<Record<string, (subject: string, values: SayValues) => Saying>> = {
  yank: (subject, values) => ({
    event: 'yank',
    ...releaseIn(subject),
    reason: needed(values, 'reason'),
    ...(values.gone === true ? { isGone: true } : {}),
  }),
  unyank: (subject) => ({ event: 'unyank', ...releaseIn(subject) }),
  deprecate: (name, values) => ({
    event: 'deprecate',
    name,
    message: needed(values, 'message'),
    ...(values.range === undefined ? {} : { range: values.range }),
    ...(values.instead === undefined ? {} : { instead: values.instead }),
  }),
  advise: (name, values) => {
    const severity = severities.find((one) => one === (values.severity ?? 'high'))
    if (severity === undefined)
      throw new IonError('CLI_USAGE', `--severity is one of ${severities.join(', ')}.`)
    return {
      event: 'advisory',
      name,
      id: needed(values, 'id'),
      range: needed(values, 'range'),
      severity,
      summary: needed(values, 'message'),
      ...(values.fixed === undefined ? {} : { fixed: values.fixed }),
      ...(values.link === undefined ? {} : { url: values.link }),
    }
  },
}

/** Says one of `words`. */
export async function say(
  terminal: Terminal,
  word: string,
  { subject, values }: { readonly subject: string; readonly values: SayValues },
): Promise<number> {
  const body = words[word]?.(subject, values)
  if (body === undefined) throw new Error(`there is no word "${word}"`)
  const namespace = subject.split('/', 1)[0] ?? ''
  return await told(terminal, values, { namespace, bodies: async () => [body] })
}

/** `claim NAMESPACE`: for the key that signs. */
export async function claim(
  terminal: Terminal,
  { namespace, ...values }: SayValues & { readonly namespace: string },
): Promise<number> {
  const { key } = settingsOf(values, namespace).key
  const owner = values.owner ?? `key:${key}`
  const body: Saying = { event: 'claim', namespace, owner, keys: [key] }
  const also = values.reviewer === undefined ? [] : [openKey(values.reviewer)]
  return await told(terminal, values, { namespace, bodies: async () => [body], also })
}

/** `key-add NAMESPACE --new-key FILE`: signed by the new one, too. */
export async function keyAdd(
  terminal: Terminal,
  { namespace, ...values }: SayValues & { readonly namespace: string },
): Promise<number> {
  if (values.newKey === undefined) throw new IonError('CLI_USAGE', 'It needs --new-key FILE.')
  const fresh = openKey(values.newKey)
  const body: Saying = { event: 'key-add', namespace, key: fresh.key }
  return await told(terminal, values, { namespace, bodies: async () => [body], also: [fresh] })
}

/** `key-revoke NAMESPACE KEY`. */
export async function keyRevoke(
  terminal: Terminal,
  values: SayValues & { readonly namespace: string; readonly publicKey: string },
): Promise<number> {
  const { namespace, publicKey: key, since } = values
  const body: Saying = {
    event: 'key-revoke',
    namespace,
    key,
    reason: needed(values, 'reason'),
    ...(since === undefined ? {} : { since }),
  }
  return await told(terminal, values, { namespace, bodies: async () => [body] })
}

/** `tags NAMESPACE`: tells of tags that were moved since they were released. */
export async function tags(
  terminal: Terminal,
  { namespace, ...values }: SayValues & { readonly namespace: string },
): Promise<number> {
  const bodies: Telling['bodies'] = async (registry, state) =>
    await movedTags(registry, state, { namespace })
  return await told(terminal, values, { namespace, bodies })
}

export interface Telling {
  readonly namespace: string
  readonly bodies: (
    ...args: [...Parameters<Parameters<typeof announce>[0]['say']>, signer: PublisherKey]
  ) => Promise<readonly Saying[]>
  /** Somebody else has to sign too, so nothing is written into the log yet. */
  readonly isHalf?: boolean
  readonly also?: readonly PublisherKey[]
}

/** Says it, or writes what was signed to `--out`. */
export async function told(
  terminal: Terminal,
  values: SayValues,
  telling: Telling,
): Promise<number> {
  const { namespace, also, isHalf = false } = telling
  const { logKey, ...settings } = settingsOf(values, namespace)
  const announced = await announce({
    ...settings,
    ...(isHalf ? {} : { logKey }),
    say: async (registry, state) => {
      const bodies = await telling.bodies(registry, state, settings.key)
      const message = bodies.map(({ event }) => `${event} ${namespace}`).join(', ')
      return { bodies, message, ...(also === undefined ? {} : { also }) }
    },
  })
  const { events, leaves, origin } = announced
  if (values.out !== undefined) writeSubmission(values.out, announced)
  else if (leaves.length < events.length)
    throw new IonError('CLI_USAGE', 'Nothing was written: give --log-key, or --out FILE.')
  if (values.json === true) printJson(terminal, { events, leaves: [...leaves] })
  else if (events.length === 0) terminal.note('There is nothing to say.')
  else
    for (const [index, { body }] of events.entries())
      terminal.note(`${body.event}: leaf ${leaves[index] ?? '(signed)'} of ${origin}`)
  return exits.done
}

/** `accept FILE`: takes what others signed into the log. */
export async function acceptFile(
  terminal: Terminal,
  { file, ...values }: SayValues & { readonly file: string },
): Promise<number> {
  const logKey = logKeyOf(values)
  if (logKey === undefined)
    throw new IonError('CLI_USAGE', 'Only the key of the log takes it: --log-key FILE.')
  const leaves = await accept({
    ...readSubmission(file),
    address: addressOf(values, '*'),
    root: rootOf(values.repo === undefined ? {} : { repo: values.repo }),
    logKey,
  })
  if (values.json === true) printJson(terminal, { leaves: [...leaves] })
  else terminal.note(`Taken: ${leaves.map((leaf) => `leaf ${leaf}`).join(', ')}.`)
  return exits.done
}
