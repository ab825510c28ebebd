/** Goal: people find what they mean, the best first. Method: a small shelf of known entries. */
import { beforeAll, describe, expect, test } from 'vitest'

import { utf8 } from '#registry/bytes.ts'
import type { PublishEvent } from '#registry/event.ts'
import { printIndex } from '#registry/search/build.ts'
import { SearchIndex, type SearchWish } from '#registry/search/search.ts'
import { wordsOf } from '#registry/search/words.ts'
import { keyFor, RegistryLab } from '#test/fake/registry.ts'

let index: SearchIndex

const shelf: readonly (readonly [string, Partial<PublishEvent>])[] = [
  [
    'acme/slack-notify',
    {
      description: 'Sends messages to a channel.',
      caps: { net: ['slack.com'], secrets: ['TOKEN'] },
      keywords: ['chat'],
      tests: { passed: 9 },
    },
  ],
  ['acme/mailer', { description: 'Sends letters, also to Slack.', caps: { net: ['*'] } }],
  ['globex/slack', { description: 'Channels and messages.', caps: { net: ['slack.com'] } }],
  [
    'globex/csv',
    {
      description: 'Reads and writes tables.',
      actions: [{ name: 'parse', description: 'Rows of a file.' }],
    },
  ],
  [
    'globex/invoice-intake',
    { kind: 'flow', description: 'Prüft Rechnungen.', requires: ['acme/mailer@1.0.0'] },
  ],
  ['globex/gone', { description: 'Slack, too.' }],
]

beforeAll(async () => {
  const lab = await RegistryLab.begin()
  for (const one of ['acme', 'globex']) await lab.claim(one)
  for (const [name, more] of shelf) await lab.publish(name, '1.0.0', more)
  await lab.say(
    { event: 'yank', name: 'globex/gone', version: '1.0.0', reason: '' },
    keyFor('globex'),
  )
  index = new SearchIndex(printIndex(await lab.state()))
})

const names = (text: string, more: Partial<SearchWish> = {}): readonly string[] =>
  index.search({ text, limit: 10, today: 20_500, ...more }).hits.map(({ name }) => name)

test.each([
  ['a name', 'slack', ['globex/slack', 'acme/slack-notify', 'acme/mailer']],
  ['a whole name', 'acme/mailer', ['acme/mailer']],
  ['a beginning', 'sla', ['acme/slack-notify', 'globex/slack', 'acme/mailer']],
  ['a mistake', 'slcak', ['acme/slack-notify', 'globex/slack', 'acme/mailer']],
  ['two words', 'send message', ['acme/slack-notify']],
  ['a word of an action', 'rows', ['globex/csv']],
  ['a keyword', 'chat', ['acme/slack-notify']],
  ['a word without its marks', 'pruft', ['globex/invoice-intake']],
  ['a word that nobody has', 'quantum', []],
])('%s is found', (_, text, expected) => {
  expect(names(text)).toEqual(expected)
})

test.each<[string, Partial<SearchWish>, readonly string[]]>([
  ['a kind', { kind: 'flow' }, ['globex/invoice-intake']],
  ['a power', { power: 'secrets' }, ['acme/slack-notify']],
  ['no power', { isPure: true, namespace: 'globex' }, ['globex/csv', 'globex/invoice-intake']],
  ['a namespace', { namespace: 'acme' }, ['acme/mailer', 'acme/slack-notify']],
])('%s narrows what is shown', (_, more, expected) => {
  expect(names('', more).toSorted()).toEqual(expected)
})

test('all hits are counted and the limit is kept', () => {
  const { found, hits } = index.search({ text: 'slack', limit: 1, today: 20_500 })
  expect([found, hits.length]).toEqual([3, 1])
  expect(hits[0]).toEqual({
    name: 'globex/slack',
    kind: 'plugin',
    version: '1.0.0',
    description: 'Channels and messages.',
    powers: ['net'],
    score: expect.any(Number) as number,
    users: 0,
  })
})

test.each(['', '{}', '{"search":1}'])('the bytes %j are no index', (text) => {
  expect(() => new SearchIndex(utf8(text))).toThrow(
    expect.objectContaining({ code: 'REG_LOG_BROKEN' }) as Error,
  )
})

describe('words', () => {
  test.each([
    ['Posts HTTP-requests', ['post', 'http', 'request']],
    ['Größe, status & address', ['große', 'status', 'address']],
    ['', []],
  ])('of %j', (text, expected) => {
    expect(wordsOf(text)).toEqual(expected)
  })
})
