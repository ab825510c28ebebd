/**
 * The repositories that the contract of Git is tested on, and the three ways to read them:
 * the system's git, isomorphic-git, and the same in its thread.
 */
import { afterAll, expect } from 'vitest'

import { openIsomorphic } from '#engine/mirror/git.ts'
import { openIsolated } from '#engine/mirror/isolated.ts'
import { openNative } from '#engine/mirror/native.ts'
import type { GitPort } from '#engine/mirror/port.ts'
import { repository, type Fixture, type FixtureCommit } from '#test/fake/repository.ts'

const fixtures: Fixture[] = []
afterAll(() => {
  for (const fixture of fixtures) fixture.remove()
})

/** A repository that is gone when the tests of the file are done. */
export function built(
  commits: Iterable<FixtureCommit>,
  options: { readonly bare?: boolean } = {},
): Fixture {
  const fixture = repository(commits, options)
  fixtures.push(fixture)
  return fixture
}

/** Matches an error by its code. */
export const code = (wanted: string): unknown => expect.objectContaining({ code: wanted })
export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

export const plain = built([
  {
    message: 'feat: one\n\nBody of one.\n\nReviewed-by: Z',
    files: [{ path: 'a.txt', content: 'one\r\n' }],
    tags: ['v1', 'not-last'],
  },
  {
    message: 'fix: two',
    files: [{ path: 'dir/b.sh', content: '#!', mode: '100755' }],
    tags: ['@v2'],
    zone: '+0530',
  },
  {
    message: 'side',
    branch: 'topic/side',
    parents: [0],
    files: [{ path: 'side.txt', content: 's' }],
  },
  { message: 'Merge side', parents: [1, 2], files: [{ path: 'side.txt', content: 's' }] },
  {
    message: 'spoken twice\nover two lines\n\nand a body\n',
    author: 'Žofie 💡 Nováková',
    email: 'Z@Example.com',
    files: [{ path: 'a.txt' }],
  },
])
export const packed = built([
  {
    message: 'one',
    files: [{ path: 'x', content: 'x'.repeat(5_000) }],
    tags: ['@nested', 'light'],
  },
  { message: 'two', files: [{ path: 'x', content: 'x'.repeat(5_001) }] },
])
packed.git('tag', '-a', '-m', 'tag of a tag', 'outer', 'nested')
packed.git('tag', 'of-a-tree', 'HEAD^{tree}')
packed.git('pack-refs', '--all')
packed.git('gc', '--quiet')
export const empty = built([])
export const odd = built([
  {
    message: 'odd names',
    files: [
      { path: 'new\nline', content: 'n' },
      { path: 'quote"\'\\ tab\t', content: 'q' },
      { path: Buffer.from([0x62, 0xff, 0xfe]), content: 'bytes' },
      { path: '-rf', content: 'dash' },
      { path: ':(top)*', content: 'magic' },
      { path: 'žluť/日本語/💡.md', content: 'unicode' },
      { path: 'link', content: '/etc/passwd', mode: '120000' },
      { path: 'module', content: '1234567890123456789012345678901234567890', mode: '160000' },
    ],
  },
])
export const timeless = built([
  { message: 'no files at all' },
  { message: Buffer.from([0x63, 0x61, 0x66, 0xe9]), at: 1 },
  { message: '\n\n   \n', author: '', at: 99_999_999_999 },
])
export const octopus = built([
  { message: 'root', files: [{ path: 'r', content: 'r' }] },
  ...['a', 'b', 'c'].map((branch) => ({
    message: branch,
    branch,
    parents: [0],
    at: 1_700_000_500,
  })),
  { message: 'all of them', parents: [1, 2, 3] },
])

export const adapters: readonly (readonly [string, (dir: string) => Promise<GitPort>])[] = [
  ['native', openNative],
  ['isomorphic', openIsomorphic],
  ['isolated', openIsolated],
]

/** The repositories above never change, so each stays open: a thread for each test costs more than the tests. */
const lasting = new Set([plain, packed, empty, odd, timeless, octopus].map(({ dir }) => dir))
const ports = new Map<string, Promise<GitPort>>()
afterAll(async () => {
  for (const port of await Promise.all(ports.values())) await port.close()
})

/** Opens the repository at `dir` for the time of `use`. */
export async function using<T>(
  open: (dir: string) => Promise<GitPort>,
  dir: string,
  use: (git: GitPort) => Promise<T>,
): Promise<T> {
  if (lasting.has(dir)) {
    const key = `${open.name} ${dir}`
    const port = ports.get(key) ?? open(dir)
    ports.set(key, port)
    return await use(await port)
  }
  const git = await open(dir)
  try {
    return await use(git)
  } finally {
    await git.close()
  }
}
