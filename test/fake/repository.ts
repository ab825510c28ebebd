/**
 * Builds fixture repositories with the system's git, thousands of commits in one process.
 *
 * History is written as a `git fast-import` stream, so a fixture is a few lines of data
 * and its object ids are the same on every machine.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface FixtureFile {
  /** Bytes as they are; text becomes UTF-8. A path may be bytes too. */
  readonly path: string | Uint8Array
  /** Absent deletes the path. */
  readonly content?: string | Uint8Array
  readonly mode?: '100644' | '100755' | '120000' | '160000'
}

export interface FixtureCommit {
  readonly message: string | Uint8Array
  readonly files?: readonly FixtureFile[]
  readonly author?: string
  readonly email?: string
  /** Seconds since 1970; by default each commit is a minute after the one before it. */
  readonly at?: number
  readonly zone?: string
  readonly branch?: string
  /** Indices of earlier commits; by default the one before it on the same branch. */
  readonly parents?: readonly number[]
  /** Tag names; a leading `@` makes an annotated tag. */
  readonly tags?: readonly string[]
}

export interface Fixture {
  readonly dir: string
  /** Commit ids in the order given. */
  readonly ids: readonly string[]
  git(...args: readonly string[]): string
  remove(): void
}

const firstAt = 1_700_000_000

/** Makes a repository with `commits`; with none it has no history. */
export function repository(
  commits: Iterable<FixtureCommit>,
  options: { readonly bare?: boolean } = {},
): Fixture {
  const dir = mkdtempSync(join(tmpdir(), 'ionflux-git-'))
  const git = (...args: readonly string[]): string => run(dir, args)
  git('init', '--quiet', '--initial-branch=main', ...(options.bare === true ? ['--bare'] : []))
  const stream = streamOf(commits)
  run(dir, ['fast-import', '--quiet', '--export-marks=.marks', '--date-format=raw'], stream.bytes)
  const marks = stream.count === 0 ? '' : readMarks(dir)
  const ids = marks.split('\n').flatMap((line) => {
    const [mark, id] = line.split(' ')
    return mark?.startsWith(':') === true && id !== undefined
      ? [[Number(mark.slice(1)), id] as const]
      : []
  })
  return {
    dir,
    ids: ids.sort(([a], [b]) => a - b).map(([, id]) => id),
    git,
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}

/** Runs git in `dir` with fixed people and no settings of the machine. */
export function run(dir: string, args: readonly string[], input?: Uint8Array): string {
  const result = spawnSync('git', ['-c', 'protocol.file.allow=always', ...args], {
    cwd: dir,
    ...(input === undefined ? {} : { input }),
    maxBuffer: 1024 * 1024 * 1024,
    env: {
      PATH: process.env['PATH'],
      HOME: dir,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Ada',
      GIT_AUTHOR_EMAIL: 'ada@example.com',
      GIT_AUTHOR_DATE: `${firstAt} +0000`,
      GIT_COMMITTER_NAME: 'Ada',
      GIT_COMMITTER_EMAIL: 'ada@example.com',
      GIT_COMMITTER_DATE: `${firstAt} +0000`,
    },
  })
  if (result.status !== 0)
    throw new Error(`git ${args.join(' ')}: ${result.stderr?.toString() ?? ''}`)
  return result.stdout.toString('utf8').trimEnd()
}

function readMarks(dir: string): string {
  const file = join(dir, '.marks')
  const text = readFileSync(file, 'utf8')
  rmSync(file)
  return text
}

function streamOf(commits: Iterable<FixtureCommit>): {
  readonly bytes: Buffer
  readonly count: number
} {
  const parts: (string | Uint8Array)[] = []
  const data = (content: string | Uint8Array): void => {
    const bytes = Buffer.from(content as string)
    parts.push(`data ${bytes.length}\n`, bytes, '\n')
  }
  const started = new Set<string>()
  let count = 0
  for (const commit of commits) {
    count++
    const branch = commit.branch ?? 'main'
    const person = `${commit.author ?? 'Ada'} <${commit.email ?? 'ada@example.com'}>`
    const when = `${commit.at ?? firstAt + count * 60} ${commit.zone ?? '+0000'}`
    parts.push(`commit refs/heads/${branch}\nmark :${count}\n`)
    parts.push(`author ${person} ${when}\ncommitter ${person} ${when}\n`)
    data(commit.message)
    const [first, ...merged] = commit.parents ?? []
    if (first !== undefined) parts.push(`from :${first + 1}\n`)
    else if (commit.parents !== undefined && started.has(branch))
      parts.push('from 0000000000000000000000000000000000000000\n')
    for (const parent of merged) parts.push(`merge :${parent + 1}\n`)
    started.add(branch)
    for (const file of commit.files ?? []) writeFile(parts, data, file)
    for (const tag of commit.tags ?? []) {
      if (tag.startsWith('@')) {
        parts.push(`tag ${tag.slice(1)}\nfrom :${count}\ntagger ${person} ${when}\n`)
        data(`Release ${tag.slice(1)}`)
      } else parts.push(`reset refs/tags/${tag}\nfrom :${count}\n\n`)
    }
  }
  return { bytes: Buffer.concat(parts.map((part) => Buffer.from(part as string))), count }
}

function writeFile(
  parts: (string | Uint8Array)[],
  data: (content: string | Uint8Array) => void,
  { path, content, mode = '100644' }: FixtureFile,
): void {
  if (content === undefined) return void parts.push('D ', quoted(path), '\n')
  if (mode === '160000') return void parts.push(`M ${mode} ${String(content)} `, quoted(path), '\n')
  parts.push(`M ${mode} inline `, quoted(path), '\n')
  data(content)
}

/** A path in fast-import's quotes, byte for byte. */
function quoted(path: string | Uint8Array): string {
  const bytes = [...Buffer.from(path as string)]
  const safe = (byte: number): boolean => byte > 32 && byte < 127 && byte !== 34 && byte !== 92
  return `"${bytes.map((byte) => (safe(byte) ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`)).join('')}"`
}
