/**
 * Goal: the flows that come with ionflux are right on any repository. Method: the real
 * command line, in repositories that have what makes such flows go wrong.
 */
import { afterAll, describe, expect, test } from 'vitest'

import type { JsonObject } from '#engine/core/json.ts'
import { repository, type FixtureCommit } from '#test/fake/repository.ts'

import { call, folder } from './cli.ts'

const removals: (() => void)[] = []
afterAll(() => {
  for (const remove of removals) remove()
})

interface Ran {
  readonly code: number | null
  readonly status: string
  readonly output: JsonObject & { readonly markdown: string }
  readonly error: { readonly code: string } | null
}

async function run(commits: Iterable<FixtureCommit>, ...args: readonly string[]): Promise<Ran> {
  const { dir, remove } = repository(commits)
  removals.push(remove)
  const { code, stdout } = await call(['run', ...args, '--json'], { cwd: dir })
  return { code, ...(JSON.parse(stdout) as { run: Omit<Ran, 'code'> }).run }
}

const history: readonly FixtureCommit[] = [
  { message: 'chore: begin', files: [{ path: 'a', content: '1' }], tags: ['v0.1.0'] },
  { message: 'feat(api)!: new shape', email: 'ADA@example.com' },
  { message: 'fix: a *star* and a [link](x)\n\nBREAKING CHANGE: the old way\nis gone' },
  { message: 'Something else entirely', author: 'Žofie 💡', email: 'z@example.com' },
  { message: 'docs: side', branch: 'side', parents: [0], files: [{ path: 'b', content: '2' }] },
  { message: "Merge branch 'side'", parents: [3, 4], tags: ['@v1.0.0'] },
]

describe('release-notes', () => {
  test('begins after the newest tag before the end, and sorts by kind', async () => {
    const { code, output } = await run(history, 'release-notes')
    expect(code).toBe(0)
    expect(output).toMatchObject({
      sections: [
        { kind: 'feat', commits: [{ scope: 'api', subject: 'new shape' }] },
        { kind: 'fix', commits: [{ subject: 'a *star* and a [link](x)' }] },
        { kind: 'docs', commits: [{ subject: 'side' }] },
        { kind: 'other', commits: [{ subject: 'Something else entirely' }] },
      ],
      range: { merges: 1 },
      authors: [
        { name: 'Ada', commits: 3 },
        { name: 'Žofie 💡', commits: 1 },
      ],
    })
    expect(output['commits']).toHaveLength(5)
    const text = output.markdown
    expect(text).toContain('Changes since `v0.1.0`: 4 commits by 2 authors, 1 merge not listed.')
    expect(text).toContain('## Breaking changes\n\n- the old way is gone (')
    expect(text).toContain('**api:** new shape (')
    expect(text).toContain('a \\*star\\* and a \\[link\\]')
  })

  test('takes the range and the title that were asked for', async () => {
    const wish = ['-i', 'from=v0.1.0', '-i', 'to=main~1', '-i', 'title=One # two']
    const { output } = await run(history, 'release-notes', ...wish)
    expect(output['commits']).toHaveLength(3)
    expect(output.markdown).toMatch(/^# One # two\n/)
    const all = await run(history, 'release-notes', '-i', 'from=*')
    expect(all.output['commits']).toHaveLength(6)
    expect(all.output.markdown).toContain('All changes')
  })

  test('takes everything where there is no tag, and nothing where nothing changed', async () => {
    const bare = await run([{ message: 'one' }, { message: '' }], 'release-notes')
    expect(bare.output['commits']).toHaveLength(2)
    expect(bare.output.markdown).toContain('(no message)')
    const none = await run(history, 'release-notes', '-i', 'from=main')
    expect(none.output).toMatchObject({ commits: [], sections: [], authors: [] })
  })

  test('says what is wrong with an empty history, an unknown ref and no repository', async () => {
    expect(await run([], 'release-notes')).toMatchObject({
      code: 1,
      error: { code: 'MIRROR_HISTORY_EMPTY' },
    })
    expect(await run(history, 'release-notes', '-i', 'from=v9')).toMatchObject({
      code: 1,
      error: { code: 'MIRROR_REF_UNKNOWN' },
    })
    using place = folder()
    const { stdout } = await call(['run', 'release-notes', '--json'], { cwd: place.path })
    expect(stdout).toContain('MIRROR_REPOSITORY_MISSING')
  })

  test('reads ten thousand commits within ten seconds', { timeout: 120_000 }, async () => {
    const timed = async (cwd: string): Promise<readonly [ms: number, stdout: string]> => {
      const started = performance.now()
      const { stdout } = await call(['run', 'release-notes', '--json'], { cwd })
      return [performance.now() - started, stdout]
    }
    const few = repository([{ message: 'feat: one' }])
    const many = Array.from({ length: 10_000 }, (_, i) => ({
      message: `feat(x${i % 9}): number ${i}`,
    }))
    const { dir, remove } = repository(many)
    removals.push(remove, few.remove)
    const [shortMs] = await timed(few.dir)
    const [ms, stdout] = await timed(dir)
    // What a busy machine takes for one commit it may take again and again.
    expect(ms).toBeLessThan(Math.max(10_000, 12 * shortMs))
    expect(JSON.parse(stdout).run.output.commits).toHaveLength(10_000)
  })
})

describe('repo-health', () => {
  const secret = `ghp_${'q7Zr2LmX9vKd4TbW8sNy3HfJ6pGc1RaE5uVo0QiM'.slice(0, 36)}`
  const files = [
    { path: 'good.yaml', content: 'a: 1\n' },
    { path: 'deep/bad.yml', content: 'a: 1\nb: [1\nc: 2\n' },
    { path: 'bad.json', content: '{"a": 1,}' },
    { path: 'config.txt', content: `line\n${secret}\n` },
    { path: 'README.md', content: '[gone](gone.md)\n[there](deep/bad.yml)\n' },
    { path: 'link', content: '/etc/passwd', mode: '120000' as const },
    { path: 'vendored/bad.json', content: '{' },
    { path: '.gitattributes', content: 'vendored/** linguist-vendored\n' },
    { path: 'odd\nname "x".json', content: '[' },
  ]

  test('reports each kind of mistake with file and line, and never a secret', async () => {
    const { code, output } = await run([{ message: 'files', files }], 'repo-health')
    expect(code).toBe(0)
    const places = (
      output['findings'] as unknown as { file: string; line: number; rule: string }[]
    ).map(({ file, line, rule }) => `${file}:${line} ${rule}`)
    expect(places).toEqual([
      'README.md:1 link',
      'bad.json:1 json',
      'config.txt:2 secret',
      'deep/bad.yml:3 yaml',
      'odd\nname "x".json:1 json',
    ])
    expect(output['summary']).toMatchObject({
      files: 7,
      skipped: 1,
      links: 1,
      errors: 5,
      is_healthy: false,
    })
    expect(JSON.stringify(output)).not.toContain(secret.slice(0, 12))
    expect(output.markdown).toContain('`deep/bad.yml:3`')
  })

  test('leaves out what was excluded, and looks below one folder', async () => {
    const commit = { message: 'files', files }
    const { output } = await run(
      [commit],
      'repo-health',
      '-i',
      'exclude=["bad.json","**/*.yml","README.md","config.txt","odd*"]',
    )
    expect(output['summary']).toMatchObject({ errors: 0, is_healthy: true })
    const below = await run([commit], 'repo-health', '-i', 'path=deep')
    expect(below.output['summary']).toMatchObject({ files: 1, errors: 1 })
  })

  test('finds an empty tree healthy', async () => {
    const { output } = await run([{ message: 'nothing' }], 'repo-health')
    expect(output['summary']).toMatchObject({ files: 0, is_healthy: true })
  })
})
