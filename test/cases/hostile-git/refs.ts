/**
 * Lists of refs as no honest server sends them: the name of the case, the bytes, the code.
 */
import { limits } from '#engine/core/limits.ts'
import { delim, flush, packet } from '#engine/mirror/wire/packet.ts'

export type RefCase = readonly [name: string, body: Uint8Array, code: string]

const oid = 'a'.repeat(40)
const malformed = 'MIRROR_REMOTE_MALFORMED'
const list = (...lines: string[]): Buffer =>
  Buffer.concat([...lines.map((line) => packet(line)), flush])

const names = [
  'refs/heads/..',
  'refs/heads/a..b',
  'refs/heads/../../../etc/passwd',
  'refs/heads/.hidden',
  'refs/heads/main.lock',
  'refs/heads/main.lock/x',
  'refs/heads//main',
  'refs/heads/main/',
  'refs/heads/main.',
  'refs/heads/a~1',
  'refs/heads/a^',
  'refs/heads/a:b',
  'refs/heads/a?',
  'refs/heads/*',
  'refs/heads/[a',
  'refs/heads/a\\b',
  'refs/heads/a@{0}',
  'refs/heads/a\u0007b',
  'refs/heads/a\u007f',
  'heads/main',
  '/etc/passwd',
  'C:\\config',
  `refs/heads/${'x'.repeat(limits.gitRefCharsMax)}`,
]

export const refCases: readonly RefCase[] = [
  ...names.map((name): RefCase => [
    `the name "${name.slice(0, 40)}"`,
    list(`${oid} ${name}`),
    malformed,
  ]),
  ['a name that is no UTF-8', bytesLine(Buffer.from([0xff, 0xfe])), malformed],
  ['a branch of HEAD that is none', list(`${oid} HEAD symref-target:refs/heads/../x`), malformed],
  ['an id that is short', list(`${'a'.repeat(39)} refs/heads/main`), malformed],
  ['an id in capitals', list(`${'A'.repeat(40)} refs/heads/main`), malformed],
  ['an id of SHA-256', list(`${'a'.repeat(64)} refs/heads/main`), malformed],
  ['a commit behind a tag that is none', list(`${oid} refs/tags/v1 peeled:../../x`), malformed],
  ['a line of another protocol', list(`version 1`), malformed],
  [
    'what it says itself',
    list('ERR access denied \u001b[31m or not exported'),
    'MIRROR_FETCH_FAILED',
  ],
  ['no end', packet(`${oid} refs/heads/main`), malformed],
  ['nothing', Buffer.alloc(0), malformed],
  ['more after the end', Buffer.concat([list(`${oid} refs/heads/a`), packet('x')]), malformed],
  ['a section', Buffer.concat([delim, flush]), malformed],
  ['a packet that is cut', Buffer.from('0032aaaa'), malformed],
  ['a packet without a length', Buffer.from('zzzz0000'), malformed],
  ['a packet shorter than its length', Buffer.from('00030000'), malformed],
  [
    'a packet longer than there are',
    Buffer.concat([Buffer.from('fff5'), Buffer.alloc(65_536)]),
    malformed,
  ],
  ['a page of the web', Buffer.from('<!doctype html><title>Sign in</title>'), malformed],
  ['100,000 refs', manyRefs(100_000), 'MIRROR_LIMIT_EXCEEDED'],
]

function bytesLine(name: Buffer): Buffer {
  const line = Buffer.concat([Buffer.from(`${oid} refs/heads/`), name, Buffer.from('\n')])
  return Buffer.concat([Buffer.from((line.length + 4).toString(16).padStart(4, '0')), line, flush])
}

function manyRefs(count: number): Buffer {
  return list(...Array.from({ length: count }, (_, i) => `${oid} refs/tags/v${i}`))
}
