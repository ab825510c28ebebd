/**
 * Makes a small repository from a list of commits, for cases that read one.
 *
 * It is written as one `git fast-import` stream with fixed people and times, so the ids of
 * its objects are the same on every machine and a case may name them.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'

export interface HistoryFile {
  readonly path: string
  /** Absent deletes the path. */
  readonly content?: string
}

/** One commit on `main`, a minute after the one before it. */
export interface HistoryCommit {
  readonly message: string
  readonly files?: readonly HistoryFile[]
  readonly author?: string
  readonly email?: string
  /** Tag names; a leading `@` makes an annotated tag. */
  readonly tags?: readonly string[]
}

export interface History extends Disposable {
  readonly directory: string
}

const firstAt = 1_700_000_000

/** Makes the repository in a folder of its own, removed by `using`. Needs the program `git`. */
export function openHistory(commits: readonly HistoryCommit[]): History {
  const directory = mkdtempSync(join(tmpdir(), 'ionflux-case-'))
  const remove = (): void => rmSync(directory, { recursive: true, force: true })
  try {
    run(directory, ['init', '--quiet', '--initial-branch=main'])
    if (commits.length > 0) {
      run(directory, ['fast-import', '--quiet', '--date-format=raw'], streamOf(commits))
    }
  } catch (thrown) {
    remove()
    throw thrown
  }
  return { directory, [Symbol.dispose]: remove }
}

function run(directory: string, args: readonly string[], input?: Uint8Array): void {
  const { status, error, stderr } = spawnSync('git', args, {
    cwd: directory,
    ...(input === undefined ? {} : { input }),
    timeout: limits.gitTimeMsMax,
    env: { PATH: process.env['PATH'], HOME: directory, GIT_CONFIG_NOSYSTEM: '1' },
  })
  if (status === 0) return
  const why = error?.message ?? stderr?.toString().trim().split('\n')[0] ?? ''
  throw new IonError('MIRROR_READ_FAILED', `The commits of a case cannot be made: ${why}.`, {
    data: { command: args[0] ?? '' },
  })
}

function streamOf(commits: readonly HistoryCommit[]): Uint8Array {
  const parts: (string | Uint8Array)[] = []
  const data = (content: string): void => {
    const bytes = Buffer.from(content)
    parts.push(`data ${bytes.length}\n`, bytes, '\n')
  }
  for (const [index, commit] of commits.entries()) {
    const mark = index + 1
    const person = `${word(commit.author ?? 'Ada')} <${word(commit.email ?? 'ada@example.com')}>`
    const when = `${firstAt + mark * 60} +0000`
    parts.push(`commit refs/heads/main\nmark :${mark}\n`)
    parts.push(`author ${person} ${when}\ncommitter ${person} ${when}\n`)
    data(commit.message)
    for (const { path, content } of commit.files ?? []) {
      if (content === undefined) {
        parts.push(`D ${quoted(path)}\n`)
        continue
      }
      parts.push(`M 100644 inline ${quoted(path)}\n`)
      data(content)
    }
    for (const tag of commit.tags ?? []) {
      if (tag.startsWith('@')) {
        parts.push(`tag ${word(tag.slice(1))}\nfrom :${mark}\ntagger ${person} ${when}\n`)
        data(`Release ${tag.slice(1)}`)
      } else parts.push(`reset refs/tags/${word(tag)}\nfrom :${mark}\n\n`)
    }
  }
  return Buffer.concat(parts.map((part) => Buffer.from(part as string)))
}

/** What stands on one line of the stream: nothing in it may begin another. */
function word(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001f<>]/g, ' ')
}

/** A path in fast-import's quotes, byte for byte. */
function quoted(path: string): string {
  const isSafe = (byte: number): boolean => byte > 32 && byte < 127 && byte !== 34 && byte !== 92
  const text = [...Buffer.from(path)].map((byte) =>
    isSafe(byte) ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`,
  )
  return `"${text.join('')}"`
}
