/**
 * Goal: mail arrives as it was meant, over a line that is as safe as was asked for, and the
 * secret is seen by the server alone. Method: a real mail server on loopback.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { sendMail } from '#engine/connection/mail.ts'
import type { Failure } from '#engine/core/error.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import type { Permissions } from '#engine/dsl/world.ts'
import { openBlobs } from '#engine/durable/blobs.ts'
import { mailOperations } from '#engine/sandbox/capability/mail.ts'
import { openSmtp, smtpCertificate, type FakeSmtp } from '#test/fake/smtp.ts'

import { openStd, type Std } from './open.ts'

const password = 'long-password-of-ada'
const users = { ada: password }
const directory = mkdtempSync(join(tmpdir(), 'ionflux-mail-'))
const blobs = openBlobs(directory)
const wire = { resolve: async () => ['127.0.0.1'], connectMs: 2_000, ca: [smtpCertificate] }
let submission: FakeSmtp
let wrapped: FakeSmtp
let plain: FakeSmtp
let plugin: Std
let permissions: Permissions
beforeAll(async () => {
  submission = await openSmtp({ users })
  wrapped = await openSmtp({ users, isTls: true })
  plain = await openSmtp({ isPlain: true })
  const ports = [submission.port, wrapped.port, plain.port].map((port) => `localhost:${port}`)
  permissions = { net: [...ports, `http://localhost:${plain.port}`], blob: ['read'] }
  plugin = await openStd('email', {
    permissions,
    secrets: { PASSWORD: password, WRONG: 'another-password' },
    wrap: (_, book) =>
      mailOperations({
        send: async () => async (wish) => await sendMail(wish, wire),
        secrets: () => book,
        blobs: async () => blobs,
      }),
  })
})
afterAll(async () => {
  await plugin[Symbol.asyncDispose]()
  for (const server of [submission, wrapped, plain]) await server.close()
  rmSync(directory, { recursive: true, force: true })
})
beforeEach(() => {
  for (const { mails } of [submission, wrapped, plain]) mails.length = 0
})

const letter = {
  from: 'Ada <ada@example.com>',
  to: ['bob@example.com'],
  subject: 'Hällo',
  text: 'Hi!',
}
const safe = (): JsonObject => ({
  server: {
    host: 'localhost',
    port: submission.port,
    user: 'ada',
    password: { $secret: 'PASSWORD' },
  },
  ...letter,
})
const send = async (input: JsonObject, action = 'send'): Promise<Json> =>
  await plugin.call(action, { ...safe(), ...input })
const fails = async (input: JsonObject): Promise<Failure> =>
  await plugin.failure('send', { ...safe(), ...input })
const at = (server: JsonObject): JsonObject => ({ server: { host: 'localhost', ...server } })

describe('a mail', () => {
  test('arrives over STARTTLS, from the user who signed in', async () => {
    expect(await send({})).toEqual({
      message_id: expect.stringMatching(/^<[0-9a-f]{40}@example\.com>$/) as string,
      accepted: ['bob@example.com'],
      rejected: [],
    })
    const [mail] = submission.mails
    expect(mail).toMatchObject({ from: 'ada@example.com', user: 'ada', isSecure: true })
    expect(mail?.raw).toMatch(/^From: Ada <ada@example\.com>$/im)
    expect(mail?.raw).toMatch(/^Subject: =\?UTF-8\?/m)
    expect(mail?.raw).not.toMatch(/^X-Mailer/im)
  })

  test('has one id in every attempt', async () => {
    await send({})
    await send({})
    const ids = submission.mails.map(({ raw }) => /^Message-ID: (.*)$/im.exec(raw)?.[1])
    expect(ids[0]).toBe(ids[1])
  })

  test('arrives over TLS, and with a token of OAuth', async () => {
    const server = { port: wrapped.port, security: 'tls', user: 'ada' }
    await send(at({ ...server, password: { $secret: 'PASSWORD' } }))
    await send(at({ ...server, token: { $secret: 'PASSWORD' } }))
    expect(wrapped.mails).toMatchObject([{ isSecure: true }, { isSecure: true, user: 'ada' }])
  })

  test('arrives in the open only where that is wanted and granted', async () => {
    const server = { port: plain.port, security: 'none' }
    await send(at(server))
    expect(plain.mails).toMatchObject([{ isSecure: false, user: '' }])
    const net = [`localhost:${plain.port}`]
    const input = { ...safe(), ...at(server) }
    expect(
      await plugin.failure('send', input, { permissions: { ...permissions, net } }),
    ).toMatchObject({
      code: 'CAP_NOT_GRANTED',
      message: expect.stringContaining(`http://localhost:${plain.port}`) as string,
    })
  })

  test('has copies, hidden ones, answers elsewhere, HTML and attachments', async () => {
    const more = { cc: ['c@example.com'], bcc: ['d@example.com'], reply_to: ['e@example.com'] }
    const attachments = [
      { name: 'ü.csv', text: 'a,b', content_type: 'text/csv' },
      { name: 'a.bin', base64: '//4=' },
    ]
    await send({ ...more, html: '<p>Hi!</p>', attachments })
    const { to = [], raw = '' } = submission.mails[0] ?? {}
    expect(to).toEqual(['bob@example.com', 'c@example.com', 'd@example.com'])
    expect(raw).toMatch(/^Reply-To: e@example\.com$/im)
    expect(raw).not.toContain('d@example.com')
    expect(raw).toContain('Content-Type: text/csv')
    expect(raw).toContain('//4=')
  })

  test('takes a blob along that nobody had to read', async () => {
    const writer = await blobs.create()
    await writer.write(Buffer.alloc(200_000, 'x'))
    const { digest: $blob, bytes } = await writer.finish()
    const attachments = [{ name: 'large.txt', blob: { $blob, bytes } }]
    await send({ attachments }, 'send-files')
    const sent = submission.mails[0]?.raw.split('filename=large.txt')[1] ?? ''
    expect(sent.replaceAll(/[^A-Za-z0-9+/=]/g, '')).toContain(
      Buffer.alloc(150_000, 'x').toString('base64').slice(0, 150_000),
    )
  })

  test('has a part of its readers, where the server does not know the others', async () => {
    expect(await send({ to: ['bob@example.com', 'none@example.com'] })).toMatchObject({
      accepted: ['bob@example.com'],
      rejected: ['none@example.com'],
    })
  })
})

describe('a server', () => {
  test.each<[string, JsonObject, string]>([
    ['that knows no reader', { to: ['none@example.com'] }, 'rejected'],
    ['that is busy', { to: ['busy@example.com'] }, 'deferred'],
    ['that dislikes the subject', { subject: 'spam' }, 'rejected'],
  ])('%s has a word', async (_, input, code) => {
    expect(await fails(input)).toMatchObject({ code })
    expect(submission.mails).toEqual([])
  })

  test('that refuses the user does not get to say the password', async () => {
    const server = { port: submission.port, user: 'ada' }
    const failure = await fails(at({ ...server, password: { $secret: 'WRONG' } }))
    expect(failure).toMatchObject({ code: 'unauthorized', data: { status: 535 } })
    expect(JSON.stringify(failure)).not.toContain('another-password')
  })

  test('without STARTTLS gets no mail and no password', async () => {
    const server = { port: plain.port, user: 'ada', password: { $secret: 'PASSWORD' } }
    expect(await fails(at(server))).toMatchObject({ code: 'CONN_PROTOCOL' })
    expect(plain.mails).toEqual([])
  })

  test('that is not there cannot be reached', async () => {
    const closed = await openSmtp()
    await closed.close()
    const net = [`localhost:${closed.port}`]
    const input = { ...safe(), ...at({ port: closed.port }) }
    expect(await plugin.failure('send', input, { permissions: { net } })).toMatchObject({
      code: 'CONN_UNREACHABLE',
    })
  })

  test('that the flow does not name gets nothing', async () => {
    expect(await fails(at({ host: 'smtp.example.com' }))).toMatchObject({
      code: 'CAP_NOT_GRANTED',
      data: { capability: 'net: smtp.example.com:587', by: 'flow' },
    })
  })
})

test('a server whose certificate nobody trusts gets no mail', async () => {
  await using strict = await openStd('email', { permissions, secrets: { PASSWORD: password } })
  expect(await strict.failure('send', safe())).toMatchObject({ code: 'CONN_PROTOCOL' })
  expect(submission.mails).toEqual([])
})

test.each<[string, JsonObject]>([
  ['two addresses in one', { to: ['a@example.com, b@example.com'] }],
  ['a header in an address', { to: ['a@example.com\r\nBcc: b@example.com'] }],
  ['a header in a name', { from: 'Ada\r\nBcc: b@example.com <a@example.com>' }],
  ['no address', { to: ['nobody'] }],
  ['no reader', { to: [] }],
  ['a path for a name', { attachments: [{ name: '../a', text: 'x' }] }],
  ['a header for a type', { attachments: [{ name: 'a', text: 'x', content_type: 'a/b\r\nX: y' }] }],
  ['an empty attachment', { attachments: [{ name: 'a' }] }],
  ['a server that is none', at({ host: 'a b' })],
])('%s is refused', async (_, input) => {
  expect(await fails(input)).toMatchObject({ code: 'CONN_REQUEST_REFUSED' })
  expect(submission.mails).toEqual([])
})

test('a user without a secret is refused', async () => {
  expect(await fails(at({ port: submission.port, user: 'ada' }))).toMatchObject({
    code: 'CONN_REQUEST_REFUSED',
  })
})

test('a mail is no larger than it may be', async () => {
  const writer = await blobs.create()
  await writer.write(Buffer.alloc(11_000_000))
  const { digest: $blob, bytes } = await writer.finish()
  const attachments = ['a', 'b'].map((name) => ({ name, blob: { $blob, bytes } }))
  expect(await plugin.failure('send-files', { ...safe(), attachments })).toMatchObject({
    code: 'CONN_REQUEST_REFUSED',
  })
})
