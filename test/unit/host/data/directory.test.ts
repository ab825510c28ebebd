/**
 * Goal: a data directory that came from elsewhere is refused before it is read, and an
 * honest user is not locked out of the own one.
 */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { chooseDataDirectory, distrust, prepareDataDirectory } from '#engine/host/data/directory.ts'
import { openBundleCache } from '#engine/host/repository/bundle-cache.ts'

let top: string
let root: string
let dir: string
const untrusted = expect.objectContaining({ code: 'JOURNAL_UNTRUSTED' }) as Error

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'ionflux-data-'))
  root = join(top, 'repo')
  dir = join(root, '.ionflux')
  mkdirSync(root)
  vi.stubEnv('XDG_STATE_HOME', join(top, 'state'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(top, { recursive: true, force: true })
})

function git(...args: readonly string[]): void {
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org']
  execFileSync('git', [...who, ...args], { cwd: root })
}
/** One that ionflux made, and that was used. */
function used(): void {
  prepareDataDirectory(dir)
  writeFileSync(join(dir, 'journal.db'), 'runs')
}
/** One that somebody else made. */
function foreign(): void {
  mkdirSync(dir)
  writeFileSync(join(dir, 'journal.db'), 'runs')
}
const choose = (flag?: string): string => chooseDataDirectory({ flag, environment: {}, root })

describe('a directory that is ours', () => {
  test('is made with a mark and kept out of Git', () => {
    prepareDataDirectory(dir)
    expect(readFileSync(join(dir, '.gitignore'), 'utf8')).toBe('*\n')
    expect(readdirSync(dir).toSorted()).toEqual(['.gitignore', 'trust.json'])
  })

  test.runIf(process.platform !== 'win32')('is private, and so is the secret', () => {
    prepareDataDirectory(dir)
    expect(statSync(dir).mode & 0o777).toBe(0o700)
    expect(statSync(join(top, 'state/ionflux/trust.key')).mode & 0o777).toBe(0o600)
  })

  test('is taken again, also after the repository was moved', () => {
    used()
    expect(choose()).toBe(dir)
    renameSync(root, join(top, 'moved'))
    expect(distrust(join(top, 'moved/.ionflux'))).toBeUndefined()
  })

  test('is taken again when the file system gives it another inode', () => {
    used()
    cpSync(dir, join(top, 'copy'), { recursive: true })
    rmSync(dir, { recursive: true })
    renameSync(join(top, 'copy'), dir)
    expect(distrust(dir)).toBeUndefined()
  })

  test.runIf(existsSync('/proc/self'))(
    'in a file system that takes none is an error at once',
    () => {
      const named = chooseDataDirectory({ flag: '/proc/ionflux/data', environment: {}, root })
      expect(() => prepareDataDirectory(named)).toThrow(
        expect.objectContaining({ code: 'CLI_FILE_UNREADABLE' }) as Error,
      )
    },
  )

  test('may be missing or empty, and looking for it makes nothing', () => {
    expect(choose()).toBe(dir)
    expect(existsSync(dir)).toBe(false)
    mkdirSync(dir)
    expect(choose()).toBe(dir)
    expect(readdirSync(dir)).toEqual([])
    used()
    expect(choose()).toBe(dir)
  })
})

describe('a directory that is not ours is refused', () => {
  test('without a mark, and stays as it is', () => {
    foreign()
    expect(() => choose()).toThrow(untrusted)
    expect(() => prepareDataDirectory(dir)).toThrow(untrusted)
    expect(() => choose()).toThrow(`"${dir}"`)
    expect(() => choose()).toThrow('--data-dir')
    expect(readdirSync(dir)).toEqual(['journal.db'])
  })

  test('with the mark of another directory', () => {
    used()
    const elsewhere = join(top, 'elsewhere')
    cpSync(dir, elsewhere, { recursive: true })
    expect(distrust(elsewhere)).toBeDefined()
  })

  test('with the mark of another user', () => {
    used()
    vi.stubEnv('XDG_STATE_HOME', join(top, 'other'))
    prepareDataDirectory(join(top, 'theirs'))
    expect(() => choose()).toThrow(untrusted)
  })

  test.each(['', '{', '{}', '[]', '{"id":1,"byInode":"","byPath":""}', ' '.repeat(5000)])(
    'with the broken mark %#',
    (text) => {
      used()
      writeFileSync(join(dir, 'trust.json'), text)
      expect(() => choose()).toThrow(untrusted)
    },
  )

  test('as a link, wherever it leads', () => {
    used()
    renameSync(dir, join(top, 'real'))
    symlinkSync(join(top, 'real'), dir)
    expect(() => choose()).toThrow(untrusted)
    rmSync(dir)
    symlinkSync(join(top, 'nowhere'), dir)
    expect(() => prepareDataDirectory(dir)).toThrow(untrusted)
  })

  test.runIf(process.platform !== 'win32')('when others know the secret', () => {
    used()
    chmodSync(join(top, 'state/ionflux/trust.key'), 0o644)
    expect(() => choose()).toThrow(untrusted)
  })

  test('when the secret is to be looked for in the repository', () => {
    vi.stubEnv('XDG_STATE_HOME', 'state')
    vi.stubEnv('HOME', 'home')
    vi.stubEnv('USERPROFILE', 'home')
    foreign()
    expect(() => choose()).toThrow(untrusted)
  })

  describe.each(['2', '3', '4'])('when Git tracks it, in an index of version %s,', (version) => {
    test('however it is marked', () => {
      used()
      git('init', '--quiet')
      for (const name of ['.ioncube', '.ionfluy', 'a']) writeFileSync(join(root, name), name)
      git('-c', `index.version=${version}`, 'add', '.')
      if (version === '3') {
        writeFileSync(join(root, 'later'), 'x')
        git('add', '--intent-to-add', 'later')
      }
      git('update-index', `--index-version=${version}`)
      expect(distrust(dir)).toBeUndefined()
      git('add', '--force', '.ionflux/journal.db')
      expect(distrust(dir)).toBe('holds files that Git tracks')
    })
  })

  test.each(['--object-format=sha256', '--object-format=sha1'])(
    'when Git tracks it, with %s, and not for a namesake in another folder',
    (format) => {
      used()
      git('init', '--quiet', format)
      mkdirSync(join(root, 'sub/.ionflux'), { recursive: true })
      writeFileSync(join(root, 'sub/.ionflux/x'), 'x')
      git('add', '--force', 'sub')
      git('update-index', '--index-version=4')
      expect(distrust(dir)).toBeUndefined()
      git('update-index', '--index-version=2')
      expect(distrust(dir)).toBeUndefined()
      git('add', '--force', '.ionflux')
      expect(distrust(dir)).toBeDefined()
    },
  )

  test('when Git tracks it in a split index', () => {
    used()
    git('init', '--quiet')
    git('add', '--force', '.ionflux')
    git('update-index', '--split-index')
    expect(distrust(dir)).toBeDefined()
  })
})

describe('a directory that is named', () => {
  test('is trusted, and marked by the first call that writes', () => {
    foreign()
    expect(choose(dir)).toBe(dir)
    expect(readdirSync(dir)).toEqual(['journal.db'])
    prepareDataDirectory(dir)
    // Nothing of the folder's owner is hidden from Git.
    expect(readdirSync(dir).toSorted()).toEqual(['journal.db', 'trust.json'])
  })

  test('gets a .gitignore where it is new or empty', () => {
    for (const name of ['new', 'empty']) {
      const path = join(top, name)
      if (name === 'empty') mkdirSync(path)
      prepareDataDirectory(choose(path))
      expect(readFileSync(join(path, '.gitignore'), 'utf8')).toBe('*\n')
    }
  })
})

describe('without a place for a secret', () => {
  const unkept = expect.objectContaining({ code: 'CLI_FILE_UNREADABLE' }) as Error
  beforeEach(() => {
    writeFileSync(join(top, 'file'), '')
    vi.stubEnv('XDG_STATE_HOME', join(top, 'file'))
  })

  test('nothing is made that no later call would know', () => {
    expect(() => prepareDataDirectory(dir)).toThrow(unkept)
    expect(() => prepareDataDirectory(dir)).toThrow('XDG_STATE_HOME')
    expect(existsSync(dir)).toBe(false)
  })

  test('nor is an empty one taken', () => {
    mkdirSync(dir)
    expect(() => prepareDataDirectory(dir)).toThrow(unkept)
    expect(readdirSync(dir)).toEqual([])
  })

  test('one that is named is used, and another process is told to name it', () => {
    const named = join(top, 'named')
    prepareDataDirectory(choose(named))
    writeFileSync(join(named, 'journal.db'), 'runs')
    renameSync(named, dir)
    expect(() => choose()).toThrow(untrusted)
    expect(() => choose()).toThrow('every call has to name it')
    expect(() => choose()).not.toThrow(/delete/i)
  })

  test.runIf(existsSync('/proc/self'))('which takes no folders, it ends', () => {
    vi.stubEnv('XDG_STATE_HOME', '/proc/ionflux/state')
    expect(() => prepareDataDirectory(dir)).toThrow(unkept)
  })
})

describe('bundled code', () => {
  const key = 'sha256:0a'
  const file = (): string => join(dir, 'cache/bundles/0a.js')

  test('is given back, and the directory it makes is ours', () => {
    openBundleCache(dir).set(key, 'code()\nmore()')
    expect(openBundleCache(dir).get(key)).toBe('code()\nmore()')
    expect(choose()).toBe(dir)
  })

  test('that somebody else wrote, or wrote for another key, is none', () => {
    const cache = openBundleCache(dir)
    cache.set(key, 'code()')
    cpSync(file(), join(dir, 'cache/bundles/0b.js'))
    expect(cache.get('sha256:0b')).toBeUndefined()
    writeFileSync(file(), readFileSync(file(), 'utf8').replace('code', 'evil'))
    expect(cache.get(key)).toBeUndefined()
    writeFileSync(file(), 'evil()')
    expect(cache.get(key)).toBeUndefined()
  })
})
