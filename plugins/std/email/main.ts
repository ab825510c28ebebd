/** Mail. The host speaks to the server and has the secret; the message is made here. */
import type { Action, MailAnswer, MailAttachment, MailLetter } from 'ionflux/plugin'

type Server = Pick<MailLetter, 'host' | 'port' | 'security' | 'user' | 'password' | 'token'>

interface Send extends Pick<MailLetter, 'from' | 'to' | 'cc' | 'bcc' | 'text' | 'html'> {
  readonly server: Server
  readonly reply_to?: readonly string[]
  readonly subject: string
  readonly attachments?: readonly (MailAttachment & { readonly content_type?: string })[]
}

type Sent = {
  readonly message_id: string
  readonly accepted: readonly string[]
  readonly rejected: readonly string[]
}

export const send: Action<Send, Sent> = async (input, context) => {
  const { server, reply_to: replyTo, attachments = [], ...letter } = input
  const [, host = 'localhost'] = /@([A-Za-z0-9.-]+)>?$/.exec(input.from.trim()) ?? []
  const wish: MailLetter = {
    ...server,
    ...letter,
    ...(replyTo === undefined ? {} : { replyTo }),
    attachments: attachments.map(({ content_type: contentType, ...one }) => ({
      ...one,
      ...(contentType === undefined ? {} : { contentType }),
    })),
    messageId: `<${await idOf(context.run.key)}@${host}>`,
  }
  const answer = await context.mail.send(wish)
  if (answer.ok) {
    const { messageId, accepted, rejected } = answer
    return { message_id: messageId, accepted, rejected }
  }
  const { status, said } = answer
  const message = `The server "${server.host}" refuses the mail: ${said}`
  return context.fail(wordOf(answer), message, { status, said })
}

/** The same, allowed to read blobs. */
export const sendFiles = send

function wordOf({ about, status }: Exclude<MailAnswer, { readonly ok: true }>): string {
  // 421 and 450 to 452: the server has too much to do, or knows the sender too little.
  if (status >= 400 && status < 500) return 'deferred'
  return about === 'user' ? 'unauthorized' : 'rejected'
}

/** The key of a step may be any text; a digest of it can stand in a header. */
async function idOf(key: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key))
  return new Uint8Array(digest).toHex().slice(0, 40)
}
