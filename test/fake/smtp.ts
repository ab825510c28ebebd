/** A mail server on loopback: it wants TLS and a user, as told, and keeps what it takes. */
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { SMTPServer } from 'smtp-server'

export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  /** The user who signed in; empty when nobody did. */
  readonly user: string
  readonly isSecure: boolean
  /** Headers and body as they came. */
  readonly raw: string
}

export interface FakeSmtp {
  readonly port: number
  readonly mails: Mail[]
  close(): Promise<void>
}

export interface SmtpOptions {
  /** Whether the line is TLS from its first byte. */
  readonly isTls?: boolean
  /** Whether it knows no STARTTLS. */
  readonly isPlain?: boolean
  /** Whose mail it takes; anybody's unless told. */
  readonly users?: Readonly<Record<string, string>>
}

const pems = JSON.parse(
  readFileSync(join(import.meta.dirname, '../unit/connection/certificates.json'), 'utf8'),
) as Readonly<Record<'here' | 'elsewhere', Readonly<Record<'cert' | 'key', string>>>>

const pem = (kind: string, base64: string): string =>
  `-----BEGIN ${kind}-----\n${base64}\n-----END ${kind}-----\n`

/** What to trust, so that the server is who it says it is: `localhost`. */
export const smtpCertificate = pem('CERTIFICATE', pems.here.cert)

/** Recipients: `busy@` is put off, `none@` does not exist. A subject with "spam" is refused. */
export async function openSmtp({
  isTls = false,
  isPlain = false,
  users,
}: SmtpOptions = {}): Promise<FakeSmtp> {
  const mails: Mail[] = []
  const no = (code: number, text: string): Error =>
    Object.assign(new Error(text), { responseCode: code })
  const server = new SMTPServer({
    secure: isTls,
    cert: smtpCertificate,
    key: pem('PRIVATE KEY', pems.here.key),
    disabledCommands: isPlain ? ['STARTTLS'] : [],
    authOptional: users === undefined,
    authMethods: ['PLAIN', 'XOAUTH2'],
    onAuth: (auth, _, done) => {
      const { username = '', password, accessToken } = auth
      const isRight = users?.[username] === (password ?? accessToken)
      if (isRight) done(null, { user: username })
      else done(no(535, `no such user or password: ${password ?? ''}`))
    },
    onRcptTo: ({ address }, _, done) => {
      if (address.startsWith('busy@')) done(no(451, 'come again later'))
      else if (address.startsWith('none@')) done(no(550, 'no such mailbox'))
      else done()
    },
    onData: (stream, session, done) => {
      const pieces: Buffer[] = []
      stream.on('data', (piece: Buffer) => pieces.push(piece))
      stream.on('end', () => {
        const raw = Buffer.concat(pieces).toString()
        if (/^subject: .*spam/im.test(raw)) return done(no(554, 'not here'))
        const { envelope, user = '', secure: isSecure } = session
        const from = envelope.mailFrom === false ? '' : (envelope.mailFrom?.address ?? '')
        const to = envelope.rcptTo.map(({ address }) => address)
        mails.push({ from, to, user: String(user), isSecure, raw })
        return done()
      })
    },
  })
  server.on('error', () => undefined) // a client that hangs up is no fault of the server
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve())
  })
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    close: async () => await new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
