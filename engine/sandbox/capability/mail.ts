/**
 * `mail.send`: one message to one server, with a secret that the guest does not see.
 *
 * A server is granted like any other host, `smtp.example.com:587`; one that is spoken to
 * without TLS needs a grant that says `http://`. Everything that a guest says is read and
 * bounded here; an attachment may be a blob and never passes through the guest.
 */
import { IonError } from '#engine/core/error.ts'
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { isAllowed, patternOf, readTarget, type Target } from '#engine/connection/egress.ts'
import type { Attachment, Delivery, Letter, MailWish, Security } from '#engine/connection/mail.ts'
import type { SecretBook } from '#engine/connection/secret.ts'
import { readHandle as readBlob, type Blobs } from '#engine/runtime/blobs.ts'
import type { CallContext, HostOperations } from '#engine/sandbox/operations.ts'
import { readHandle, refused, textOf } from '#engine/sandbox/request/handle.ts'
import { takeSecrets } from '#engine/sandbox/request/secret.ts'

import { blobRead, demandPower } from './demand.ts'

export interface MailPowers {
  readonly send: () => Promise<(wish: MailWish) => Promise<Delivery>>
  readonly secrets: () => SecretBook | Promise<SecretBook>
  readonly blobs: () => Promise<Blobs>
}

const op = 'mail.send'
const anything = '*'

/** The host's side of `ctx.mail`. */
export function mailOperations({ send, secrets, blobs }: MailPowers): HostOperations {
  return {
    call: async (asked, args, context) => {
      if (asked !== op || !isObject(args))
        throw new IonError('CAP_NOT_GRANTED', `The host offers no operation "${asked}".`)
      demandChange(context)
      const { target, security } = readServer(args)
      demandHost(target, context)
      const letter = await readLetter(args, { context, blobs })
      const book = await secrets()
      const auth = await readAuth(args, context, book)
      const redactor = await book.redactorFor(context.granted.secrets ?? [])
      const mail = await send()
      const { signal } = context
      const timeMs = limits.httpTimeMsMax
      const wish = {
        target,
        security,
        letter,
        timeMs,
        signal,
        ...(auth === undefined ? {} : { auth }),
      }
      const delivery = await mail(wish)
      if (delivery.ok) return { ...delivery, messageId: letter.messageId }
      return { ...delivery, said: redactor?.text(delivery.said) ?? delivery.said }
    },
  }
}

function demandChange({ asker, effects }: CallContext): void {
  if (effects !== 'pure' && effects !== 'read') return
  const message = `"${asker.name}" sends mail, and its manifest says "effects: ${effects}". Write "effects: unsafe" there.`
  throw new IonError('CAP_NOT_GRANTED', message, { data: { op, by: 'plugin', effects } })
}

function readServer(args: JsonObject): { readonly target: Target; readonly security: Security } {
  const { host, port = 587, security = 'starttls' } = args
  if (typeof host !== 'string' || !/^[A-Za-z0-9.:[\]-]{1,253}$/.test(host))
    throw refused('A mail needs the name of a server.')
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535)
    throw refused('The port of a server is a number.')
  if (security !== 'starttls' && security !== 'tls' && security !== 'none')
    throw refused('"security" is starttls, tls or none.')
  const scheme = security === 'none' ? 'http' : 'https'
  return { target: readTarget(`${scheme}://${host}:${port}/`), security }
}

function demandHost(target: Target, { asker, granted }: CallContext): void {
  const { net: asked = [] } = asker.capabilities
  const isAsked = asked.includes(anything) || isAllowed(asked, target, 'SMTP')
  const by = !isAsked ? 'plugin' : isAllowed(granted.net ?? [], target, 'SMTP') ? undefined : 'flow'
  if (by === undefined) return
  const host = patternOf(target)
  const data = { capability: `net: ${host}`, op, unit: asker.name, by }
  const message =
    by === 'plugin'
      ? `"${asker.name}" sends mail through "${host}" without asking for it. Add "capabilities: { net: ['${host}'] }" to its manifest.`
      : `"${asker.name}" sends mail through "${host}", which the flow does not allow. Add "permissions: { net: ['${host}'] }" to the flow.`
  throw new IonError('CAP_NOT_GRANTED', message, { data })
}

async function readAuth(
  { user, password, token }: JsonObject,
  context: CallContext,
  book: SecretBook,
): Promise<MailWish['auth']> {
  if (user === undefined && password === undefined && token === undefined) return undefined
  const handle = readHandle(password) ?? readHandle(token)
  if (typeof user !== 'string' || user === '' || user.length > 256 || handle === undefined)
    throw refused('Who sends is a user with a password or a token, which is a secret.')
  const values = await takeSecrets([handle.secret], { op, context, book })
  const text = textOf(handle, values)
  return readHandle(password) === undefined ? { user, token: text } : { user, password: text }
}

interface Sources {
  readonly context: CallContext
  readonly blobs: () => Promise<Blobs>
}

async function readLetter(args: JsonObject, sources: Sources): Promise<Letter> {
  const { subject = '', text, html } = args
  if (typeof subject !== 'string' || subject.length > limits.mailSubjectCharsMax)
    throw refused(`The subject is a text of at most ${limits.mailSubjectCharsMax} characters.`)
  const [to, cc, bcc] = [readPeople(args['to']), readPeople(args['cc']), readPeople(args['bcc'])]
  const count = to.length + cc.length + bcc.length
  if (count === 0 || count > limits.mailRecipientsMax)
    throw refused(`A mail goes to somebody, at most ${limits.mailRecipientsMax}.`)
  const [from] = readPeople([args['from'] ?? null])
  if (from === undefined) throw refused('A mail needs a sender.')
  const attachments = await readAttachments(args['attachments'] ?? [], sources)
  const bytes = attachments.reduce((sum, one) => sum + one.bytes, 0) + sizeOf(text) + sizeOf(html)
  if (bytes > limits.mailBytesMax) throw refused(`A mail has at most ${limits.mailBytesMax} bytes.`)
  return {
    from,
    to,
    cc,
    bcc,
    replyTo: readPeople(args['replyTo']),
    subject,
    ...(typeof text === 'string' ? { text } : {}),
    ...(typeof html === 'string' ? { html } : {}),
    attachments,
    messageId: readId(args['messageId']),
  }
}

function sizeOf(text: Json | undefined): number {
  return typeof text === 'string' ? Buffer.byteLength(text) : 0
}

function readId(id: Json | undefined): string {
  if (
    typeof id === 'string' &&
    /^<[\x21-\x3b\x3d\x3f\x41-\x7e]{1,200}@[A-Za-z0-9.-]{1,200}>$/.test(id)
  )
    return id
  throw refused('The id of a mail is <name@host>.')
}

/** One address each; nothing in it may begin another one or another header. */
const address =
  /^(?:"?([^"<>\r\n\0]{0,200}?)"?\s*<([^<>\s,;:"()\\]{1,64}@[^<>\s,;:"()\\@]{1,253})>|([^<>\s,;:"()\\]{1,64}@[^<>\s,;:"()\\@]{1,253}))$/

function readPeople(value: Json | undefined): Letter['to'] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw refused('Addresses are a list.')
  return (value as readonly Json[]).map((one) => {
    const [whole, name = '', inside, alone] =
      typeof one === 'string' ? (address.exec(one.trim()) ?? []) : []
    if (whole !== undefined) return { name: name.trim(), address: inside ?? alone ?? '' }
    const shown = typeof one === 'string' ? one.slice(0, 100) : 'null'
    throw refused(`"${shown}" is no address: write ada@example.com or "Ada <ada@example.com>".`)
  })
}

async function readAttachments(
  value: Json,
  { context, blobs }: Sources,
): Promise<readonly (Attachment & { readonly bytes: number })[]> {
  if (!Array.isArray(value) || value.length > limits.mailAttachmentsMax)
    throw refused(`A mail has at most ${limits.mailAttachmentsMax} attachments.`)
  const open = async (
    handle: Json | undefined,
  ): Promise<Pick<Attachment, 'content'> & { bytes: number }> => {
    const blob = readBlob(handle)
    if (blob === undefined) throw refused('An attachment is text, base64 or a blob.')
    demandPower(op, blobRead, context)
    const store = await blobs()
    const bytes = await store.size(blob.$blob)
    if (bytes !== undefined) return { bytes, content: store.stream(blob.$blob) }
    throw new IonError('JOURNAL_PAYLOAD_MISSING', `There is no blob "${blob.$blob}" here to send.`)
  }
  return await Promise.all(
    (value as readonly Json[]).map(async (one) => {
      const { name, contentType, text, base64, blob } = isObject(one) ? one : {}
      if (typeof name !== 'string' || !/^[^\p{Cc}/\\]{1,255}$/u.test(name))
        throw refused('An attachment needs a name, which is no path.')
      const bytes =
        typeof text === 'string'
          ? Buffer.from(text)
          : typeof base64 === 'string'
            ? Buffer.from(base64, 'base64')
            : undefined
      const type = typeof contentType === 'string' ? contentType : undefined
      if (type !== undefined && !/^[\w.+-]+\/[\w.+-]+(?:; ?[\w.+-]+=[\w.+-]+)*$/.test(type))
        throw refused(`"${type.slice(0, 100)}" is no type of content.`)
      const content =
        bytes === undefined ? await open(blob) : { content: bytes, bytes: bytes.byteLength }
      return { name, ...content, ...(type === undefined ? {} : { contentType: type }) }
    }),
  )
}
