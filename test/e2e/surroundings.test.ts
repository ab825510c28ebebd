/**
 * Where a user may be when they call: no repository, an empty one, broken files, a
 * directory that cannot be written, a terminal without colour.
 */
import { chmodSync, existsSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { call, folder, git, repository } from './cli.ts'

const flow = 'dsl: flux/1\nid: plain\nsteps:\n  - { id: one, let: 1 }\n'

describe('places', () => {
  test('a single flow file runs without a repository, and its runs are found again', async () => {
    using place = folder({ 'plain.flow.yaml': flow })
    const run = await call(['run', 'plain.flow.yaml'], { cwd: place.path })
    expect(run).toMatchObject({ code: 0, stdout: '1\n' })
    const runs = await call(['runs', 'ls', '--json'], { cwd: place.path })
    expect(JSON.parse(runs.stdout).runs).toMatchObject([{ flow: 'plain', status: 'done' }])
  })

  test('an empty folder has no flows, no runs and no problems', async () => {
    using place = folder()
    const at = { cwd: place.path }
    expect((await call(['check'], at)).code).toBe(0)
    expect((await call(['runs', 'ls', '--json'], at)).stdout).toBe('{\n  "runs": []\n}\n')
    expect(await call(['run', 'anything'], at)).toMatchObject({ code: 2 })
  })

  test('a repository without a commit runs flows that ask nothing of Git', async () => {
    using place = folder({ 'plain.flow.yaml': flow })
    git(place.path, 'init', '--quiet')
    const { code, stdout } = await call(['run', 'plain', '--json'], { cwd: place.path })
    expect(code).toBe(0)
    expect(JSON.parse(stdout).run).toMatchObject({ commit: null, output: 1 })
    expect(git(place.path, 'status', '--short')).not.toContain('.ionflux')
  })

  test('--repo works on another repository, with a flow from here', async () => {
    using place = folder({ 'where.flow.yaml': flow.replace('let: 1', 'let: "${{ run.commit }}"') })
    using other = repository()
    const { stdout } = await call(['run', 'where.flow.yaml', '--repo', other.path], {
      cwd: place.path,
    })
    expect(stdout).toBe(`${git(other.path, 'rev-parse', 'HEAD')}\n`)
    expect(
      (await call(['runs', 'ls', '--json', '--repo', other.path], { cwd: place.path })).stdout,
    ).toContain('plain')
  })

  test('a flow that comes with ionflux runs by its id, and says what is missing', async () => {
    using made = repository()
    const { code, stdout } = await call(['run', 'release-notes', '--json'], { cwd: made.path })
    expect(code).toBe(0)
    expect(JSON.parse(stdout).run.output.commits).toHaveLength(1)
    using place = folder()
    const none = await call(['run', 'release-notes'], { cwd: place.path })
    git(place.path, 'init', '--quiet')
    const empty = await call(['run', 'release-notes'], { cwd: place.path })
    expect([none.code, empty.code]).toEqual([1, 1])
    expect(none.stderr).toContain('MIRROR_REPOSITORY_MISSING')
    expect(empty.stderr).toContain('MIRROR_HISTORY_EMPTY')
  })

  test('a data directory that cannot be made ends with 69', async () => {
    using place = folder({ 'plain.flow.yaml': flow, file: '' })
    const run = await call(['run', 'plain.flow.yaml', '--data-dir', 'file/data'], {
      cwd: place.path,
    })
    expect(run).toMatchObject({ code: 69, stdout: '' })
    expect(run.stderr).toContain('--data-dir')
  })

  test('a file of inputs that cannot be read ends with 69 and one JSON document', async () => {
    using place = folder({ 'plain.flow.yaml': flow })
    const run = await call(['run', 'plain.flow.yaml', '-i', '@gone.json', '--json'], {
      cwd: place.path,
    })
    expect(run.code).toBe(69)
    expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: 'CLI_FILE_UNREADABLE' } })
  })

  test.skipIf(process.getuid?.() === 0)(
    'a read-only folder ends with 69 (root may write everywhere)',
    async () => {
      using place = folder({ 'plain.flow.yaml': flow })
      chmodSync(place.path, 0o500)
      const run = await call(['run', 'plain.flow.yaml'], { cwd: place.path })
      chmodSync(place.path, 0o700)
      expect(run).toMatchObject({ code: 69, stdout: '' })
    },
  )

  test('IONFLUX_DATA_DIR names the data directory, --data-dir wins over it', async () => {
    using place = folder({ 'plain.flow.yaml': flow })
    const at = { cwd: place.path, env: { IONFLUX_DATA_DIR: join(place.path, 'env') } }
    await call(['run', 'plain.flow.yaml'], at)
    await call(['run', 'plain.flow.yaml', '--data-dir', 'flag'], at)
    expect(readFileSync(join(place.path, 'env/.gitignore'), 'utf8')).toBe('*\n')
    expect(readFileSync(join(place.path, 'flag/.gitignore'), 'utf8')).toBe('*\n')
  })
})

describe('a repository that brings a data directory', () => {
  test('has nothing of it run: 4, until the directory is named', async () => {
    using theirs = repository()
    const made = await call(['run', 'nap', '--no-wait'], { cwd: theirs.path })
    expect(made.code).toBe(6)
    git(theirs.path, 'add', '--force', '.ionflux')
    git(theirs.path, 'commit', '--quiet', '-m', 'feat: runs')
    using place = folder()
    const cwd = join(place.path, 'clone')
    git(place.path, 'clone', '--quiet', theirs.path, cwd)
    for (const args of [['run', 'sum', '-i', 'a=1', '-i', 'b=2'], ['resume'], ['runs', 'ls']]) {
      const refused = await call(args, { cwd })
      expect(refused).toMatchObject({ code: 4, stdout: '' })
      expect(refused.stderr).toContain('JOURNAL_UNTRUSTED')
    }
    expect(await call(['doctor'], { cwd })).toMatchObject({ code: 69 })
    const named = await call(['runs', 'ls', '--data-dir', '.ionflux'], { cwd })
    expect(named).toMatchObject({ code: 0 })
  })

  test('check --fix writes to no file behind a link', async () => {
    using place = repository()
    using outside = folder({ 'a.flow.yaml': 'dsl: flux/1\nid: a\nsteps: [{ id: x, lett: 1 }]\n' })
    symlinkSync(outside.path, join(place.path, 'evil'))
    const before = readFileSync(join(outside.path, 'a.flow.yaml'), 'utf8')
    await call(['check', '--fix', 'evil/a.flow.yaml'], { cwd: place.path })
    expect(readFileSync(join(outside.path, 'a.flow.yaml'), 'utf8')).toBe(before)
  })
})

describe('broken files', () => {
  const broken = `dsl: flux/1
id: broken
steps:
  - id: all
    each: { in: "\${{ [1] }}", concurency: 2 }
    steps:
      - { id: one, let: 1, timout: 5s }
`
  test('run ends with 3 and shows the line', async () => {
    using place = folder({ 'broken.flow.yaml': broken })
    const { code, stdout, stderr } = await call(['run', 'broken.flow.yaml'], { cwd: place.path })
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(stderr).toContain('--> broken.flow.yaml:5:')
    expect(stderr).toMatch(/5 \| {5}each: .*\n +\| +\^\^\^/)
    expect(stderr).toContain('explain DSL_KEY_UNKNOWN')
    const json = await call(['run', 'broken.flow.yaml', '--json'], { cwd: place.path })
    expect(JSON.parse(json.stdout).problems[0]).toMatchObject({
      code: 'DSL_KEY_UNKNOWN',
      region: { startLine: 5 },
    })
  })

  test('check prints the same list as text, JSON, GitHub commands and SARIF', async () => {
    using place = folder({ 'broken.flow.yaml': broken })
    const [text, json, github, sarif] = await Promise.all(
      ['text', 'json', 'github', 'sarif'].map(async (format) => {
        const ended = await call(['check', '--format', format], { cwd: place.path })
        expect(ended.code).toBe(3)
        return ended.stdout
      }),
    )
    const { problems } = JSON.parse(json ?? '')
    const codes = problems.map((problem: { code: string }) => problem.code)
    expect(codes).toContain('DSL_KEY_UNKNOWN')
    expect(codes.length).toBeGreaterThan(1)
    expect(text?.match(/error\[(\w+)\]/g)).toEqual(codes.map((code: string) => `error[${code}]`))
    expect(github?.match(/^::error file=broken\.flow\.yaml,line=\d+/gm)).toHaveLength(codes.length)
    const { version, runs } = JSON.parse(sarif ?? '')
    expect(version).toBe('2.1.0')
    expect(runs[0].results.map((result: { ruleId: string }) => result.ruleId)).toEqual(codes)
  })

  test('check --fix mends what is safe and keeps every other byte', async () => {
    using place = folder({ 'broken.flow.yaml': broken.replace(', timout: 5s', '') })
    await call(['check', '--fix'], { cwd: place.path })
    const text = readFileSync(join(place.path, 'broken.flow.yaml'), 'utf8')
    expect(text).toBe(broken.replace(', timout: 5s', '').replace('concurency', 'concurrency'))
  })

  test('two flows with one id are told with both places', async () => {
    using place = folder({ 'a.flow.yaml': flow, 'b.flow.yaml': flow })
    const { code, stdout } = await call(['check', '--format', 'json'], { cwd: place.path })
    expect(code).toBe(3)
    expect(JSON.parse(stdout).problems).toMatchObject([
      { code: 'DSL_FLOW_DUPLICATE', file: 'b.flow.yaml', related: [{ file: 'a.flow.yaml' }] },
    ])
  })

  test(
    'neither of two flows with one id is run, called or locked',
    { timeout: 60_000 },
    async () => {
      const caller = 'dsl: flux/1\nid: caller\nsteps:\n  - { id: s, flow: twin }\n'
      const twin = 'dsl: flux/1\nid: twin\nsteps:\n  - { id: s, let: 1 }\n'
      using place = folder({
        'ionflux.yaml': 'namespace: me\n',
        'a.flow.yaml': twin,
        'b.flow.yaml': twin,
        'c.flow.yaml': caller,
      })
      const calls = [
        ['run', 'twin'],
        ['run', 'a.flow.yaml'],
        ['run', 'b.flow.yaml'],
        ['run', 'caller'],
        ['lock'],
      ]
      for (const args of calls) {
        const { code, stderr } = await call(args, { cwd: place.path })
        expect([args, code]).toEqual([args, 3])
        expect(stderr).toContain('DSL_FLOW_DUPLICATE')
        expect(stderr).toMatch(/a\.flow\.yaml[^]*b\.flow\.yaml|b\.flow\.yaml[^]*a\.flow\.yaml/)
      }
      expect(existsSync(join(place.path, 'ionflux.lock'))).toBe(false)
    },
  )

  test('flows that call each other in a ring are refused', async () => {
    const calls = (id: string, other: string): string =>
      `dsl: flux/1\nid: ${id}\nsteps:\n  - { id: go, flow: ${other} }\n`
    using place = folder({ 'a.flow.yaml': calls('a', 'b'), 'b.flow.yaml': calls('b', 'a') })
    const { code, stderr } = await call(['run', 'a'], { cwd: place.path })
    expect(code).toBe(3)
    expect(stderr).toContain('PLAN_FLOW_CYCLE')
  })

  test('an action needs what it needs, not all that its plugin asks for', async () => {
    const text = `dsl: flux/1
id: narrow
permissions: { git: [read], net: [api.example.com] }
steps:
  - { id: tags, use: std/git/tags }
  - { id: page, use: std/http/get, with: { url: 'https://api.example.com/' } }
`
    using place = folder({ 'narrow.flow.yaml': text })
    expect(await call(['check'], { cwd: place.path })).toMatchObject({ code: 0 })
  })

  test('an action without the permission it needs ends with 4', async () => {
    const text = 'dsl: flux/1\nid: denied\nsteps:\n  - { id: tags, use: std/git/tags }\n'
    using place = folder({ 'denied.flow.yaml': text })
    const { code, stderr } = await call(['check'], { cwd: place.path })
    expect(code).toBe(4)
    expect(stderr + (await call(['run', 'denied'], { cwd: place.path })).stderr).toContain(
      'PLAN_PERMISSION_MISSING',
    )
  })

  test('a mistake in the code of a transform points into the flow file', async () => {
    const text = `dsl: flux/1
id: code
steps:
  - id: bad
    transform: |
      export default (input) => {
        return input..x
      }
`
    using place = folder({ 'code.flow.yaml': text })
    const { code, stdout } = await call(['check', '--format', 'json'], { cwd: place.path })
    expect(code).toBe(3)
    expect(JSON.parse(stdout).problems).toMatchObject([
      { code: 'PLAN_CODE_MALFORMED', file: 'code.flow.yaml', region: { startLine: 7 } },
    ])
  })
})

describe('colour and glyphs', () => {
  test.each([
    ['never through a pipe', [], {}, false],
    ['with --color always', ['--color', 'always'], {}, true],
    ['with FORCE_COLOR', [], { FORCE_COLOR: '1' }, true],
    ['not with NO_COLOR', [], { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['with --color always, whatever NO_COLOR says', ['--color', 'always'], { NO_COLOR: '1' }, true],
  ])('colour: %s', async (_, args, env, isColored) => {
    using place = folder({ 'plain.flow.yaml': flow })
    const { stderr, stdout } = await call([...args, 'run', 'plain.flow.yaml'], {
      cwd: place.path,
      env,
    })
    expect(stderr.includes('\u001b[')).toBe(isColored)
    expect(stdout).toBe('1\n')
  })

  test('glyphs are ASCII where the locale is not UTF-8', async () => {
    using place = folder({ 'plain.flow.yaml': flow })
    const { stderr } = await call(['run', 'plain.flow.yaml'], {
      cwd: place.path,
      env: { LANG: 'C', LC_ALL: 'C' },
    })
    expect(stderr).toMatch(/^v one/m)
    expect(stderr).toMatch(/^[\x20-\x7e\n]*$/)
  })
})
