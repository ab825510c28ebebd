/**
 * Goal: whatever way a value came to a guest, it does not leave the call. Method: callers
 * that know the value and tell it everywhere.
 */
import { expect, test } from 'vitest'

import { environmentSecrets, SecretBook } from '#engine/connection/secret.ts'
import type { Caller, CallRequest, CallResult, LogLine } from '#engine/runtime/ports.ts'
import { redacting } from '#engine/sandbox/capability/redacting.ts'

const value = 'long-secret/value+1'
const book = new SecretBook([environmentSecrets({ IONFLUX_SECRET_TOKEN: value })])

const lines: LogLine[] = []
const caller = (result: CallResult): Caller =>
  redacting(
    {
      call: async (request) => {
        request.log({ at: 0, level: 'info', text: `I know ${value}` })
        return result
      },
    },
    async (names) => await book.redactorFor(names),
  )
const request = (secrets: readonly string[]): CallRequest => ({
  ...({
    run: 'R',
    path: 'p',
    attempt: 1,
    key: 'k',
    input: null,
    source: {},
  } as unknown as CallRequest),
  permissions: { secrets },
  signal: new AbortController().signal,
  log: (line) => void lines.push(line),
})

test('a call of a flow with secrets shows none in its output, its log or its failure', async () => {
  const output = { deep: [`a ${value}`, Buffer.from(value).toString('hex')] }
  expect(await caller({ ok: true, output }).call(request(['TOKEN']))).toEqual({
    ok: true,
    output: { deep: ['a [secret TOKEN]', '[secret TOKEN]'] },
  })
  expect(lines.at(-1)?.text).toBe('I know [secret TOKEN]')
  const error = { code: 'x', message: `no ${value}`, data: { value } }
  expect(await caller({ ok: false, error }).call(request(['TOKEN']))).toEqual({
    ok: false,
    error: { code: 'x', message: 'no [secret TOKEN]', data: { value: '[secret TOKEN]' } },
  })
})

test('a call of a flow without secrets is left alone', async () => {
  const result = { ok: true, output: value } as const
  expect(await caller(result).call(request([]))).toBe(result)
  expect(await caller(result).call(request(['NONE']))).toBe(result)
})
