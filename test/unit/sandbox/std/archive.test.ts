/** Goal: archives that are made here are archives elsewhere. Method: tar reads what was packed. */
import { execFileSync } from 'node:child_process'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { openStd, type Std } from './open.ts'

let plugin: Std
beforeAll(async () => {
  plugin = await openStd('archive', { permissions: {} })
})
afterAll(async () => await plugin[Symbol.asyncDispose]())

const long = `${'folder/'.repeat(30)}ü.txt`
const files = [
  { path: 'a.txt', text: 'hällo' },
  { path: 'empty', text: '' },
  { path: 'bytes/b', base64: '//4AAQ==' },
  { path: long, text: 'x'.repeat(1_000) },
]

test.each(['zip', 'tar'])(
  'a packed %s archive is read again, and is always the same',
  async (format) => {
    const data = await plugin.call<string>('pack', { files, format })
    expect(await plugin.call('pack', { files, format })).toBe(data)
    const read = await plugin.call<readonly { path: string; content: string }[]>('files', {
      data,
      as: 'base64',
    })
    expect(read.map(({ path }) => path)).toEqual(files.map(({ path }) => path))
    expect(read[2]?.content).toBe('//4AAQ==')
  },
)

test('a packed tar archive is one for tar', async () => {
  const data = await plugin.call<string>('pack', { files, format: 'tar' })
  const input = Buffer.from(data, 'base64')
  const listed = execFileSync('tar', ['-tf', '-'], { input }).toString()
  expect(listed.trim().split('\n')).toHaveLength(files.length)
  expect(execFileSync('tar', ['-xOf', '-', 'a.txt'], { input }).toString()).toBe('hällo')
})
