/**
 * Objects as Git itself would not take them: the name of the case, the kind, the bytes.
 */
import type { EntryKind } from '#engine/mirror/pack/entries.ts'

export type ObjectCase = readonly [name: string, kind: EntryKind, bytes: Uint8Array]

const id = Buffer.alloc(20, 0xaa)
const line = (name: string | Buffer, mode = '100644', oid = id): Buffer =>
  Buffer.concat([Buffer.from(`${mode} `), Buffer.from(name as string), Buffer.from([0]), oid])
const tree = (name: string, ...lines: Buffer[]): ObjectCase => [name, 'tree', Buffer.concat(lines)]

const names = [
  '..',
  '.',
  '',
  '.git',
  '.GIT',
  '.gIt',
  '.git ',
  '.git.',
  '.git. . .',
  '.git::$INDEX_ALLOCATION',
  '.git:config',
  'git~1',
  'GIT~2',
  '.g\u200cit',
  '\u200e.git',
  '.gi\ufefft',
  'a/b',
  '../x',
  '/etc',
  'a\\b',
]
const people = 'author A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nx\n'

export const objectCases: readonly ObjectCase[] = [
  ...names.map((name) => tree(`a tree with the name "${name}"`, line(name))),
  tree('a tree with a name twice', line('a'), line('a')),
  tree('a tree with a name as file and folder', line('a'), line('a', '40000')),
  tree('a tree out of order', line('b'), line('a')),
  tree('a tree with an executable for all', line('a', '100777')),
  tree('a tree with the mode of nothing', line('a', '0')),
  tree('a tree with a padded mode', line('a', '040000')),
  tree('a tree with a device', line('a', '020000')),
  tree('a tree with the object of zeros', line('a', '100644', Buffer.alloc(20))),
  tree('a tree that is cut', line('a').subarray(0, -1)),
  tree('a tree without a name', Buffer.from('100644')),
  ['a commit without a tree', 'commit', Buffer.from(people)],
  ['a commit with a tree that is none', 'commit', Buffer.from(`tree ../x\n${people}`)],
  ['a commit without an author', 'commit', Buffer.from(`tree ${'a'.repeat(40)}\n\nx\n`)],
  [
    'a commit with a zero in its head',
    'commit',
    Buffer.from(`tree ${'a'.repeat(40)}\nauthor \0\n\n`),
  ],
  ['a tag without an object', 'tag', Buffer.from('type commit\ntag v1\n\nx\n')],
  [
    'a tag of a type that there is not',
    'tag',
    Buffer.from(`object ${'a'.repeat(40)}\ntype x\ntag v\n\n`),
  ],
]
