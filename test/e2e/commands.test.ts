/**
 * Every command once, through the door: exit code, what is on stdout, what is said.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { call, type Ended, folder, git, repository } from './cli.ts'

let repo: ReturnType<typeof repository>
const ionflux = async (...args: readonly string[]): Promise<Ended> =>
  await call(args, { cwd: repo.path })

beforeAll(() => {
  repo = repository()
})
afterAll(() => repo[Symbol.dispose]())

describe('run', () => {
  test('prints the output on stdout and everything else on stderr', async () => {
    const { code, stdout, stderr } = await ionflux(
      'run',
      'flows/sum.flow.yaml',
      '-i',
      'a=2',
      '-i',
      'b=40',
    )
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'sum: 42\n' })
    expect(stderr).toMatch(
      /^run [0-9A-Z]{26} {2}sum {2}working tree on commit [0-9a-f]{12}\n✓ added .*\n✓ text .*\n✓ done in .*\nNext: ionflux runs show/s,
    )
  })

  test('finds a flow by its id and prints markdown as it is', async () => {
    const { code, stdout, stderr } = await ionflux('run', 'many')
    expect({ code, stdout }).toEqual({ code: 0, stdout: '# 6\n' })
    expect(stderr).toContain('3/3')
    expect(stderr).toContain('--json prints all')
  })

  test('--json prints exactly one document', async () => {
    const { code, stdout } = await ionflux('run', 'sum', '-i', 'a=1', '-i', 'b:=1', '--json')
    const { run } = JSON.parse(stdout)
    expect(code).toBe(0)
    expect(run).toMatchObject({
      flow: 'sum',
      commit: git(repo.path, 'rev-parse', 'HEAD'),
      status: 'done',
      input: { a: 1, b: 1, label: 'sum' },
      output: 'sum: 2',
      error: null,
      steps: [
        { path: 'added', status: 'done' },
        { path: 'text', status: 'done' },
      ],
    })
    expect(run.execDigest).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(Date.parse(run.endedAt)).toBeGreaterThanOrEqual(Date.parse(run.startedAt))
  })

  test('takes a file of inputs, and a later argument wins', async () => {
    writeFileSync(join(repo.path, 'in.json'), '{ "a": 5, "b": 6, "label": "file" }')
    const { stdout } = await ionflux('run', 'sum', '-i', '@in.json', '-i', 'b=1')
    expect(stdout).toBe('file: 6\n')
  })

  test('ends with 1 when the run failed, and says how to go on', async () => {
    const { code, stdout, stderr } = await ionflux('run', 'strict')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('error[out_of_stock]: Nothing left.')
    expect(stderr).toMatch(/Next: ionflux runs show/)
  })

  test('ends with 6 when the run waits and --no-wait was given', async () => {
    const { code, stdout } = await ionflux('run', 'nap', '--no-wait', '--json')
    const { run } = JSON.parse(stdout)
    expect(code).toBe(6)
    expect(run).toMatchObject({ status: 'parked', endedAt: null })
    const cancelled = await ionflux('runs', 'cancel', run.id, '--json')
    expect(cancelled.code).toBe(0)
    expect(JSON.parse(cancelled.stdout).run).toMatchObject({
      status: 'cancelled',
      error: { code: 'RUN_CANCELLED' },
    })
    expect(cancelled.stdout).toContain('guarded/tidy')
  })

  test('takes the flow from a commit with --at', async () => {
    const path = join(repo.path, 'flows/sum.flow.yaml')
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replace('sum }', 'changed }'))
    const now = await ionflux('run', 'sum', '-i', 'a=1', '-i', 'b=1')
    const then = await ionflux(
      'run',
      'flows/sum.flow.yaml',
      '-i',
      'a=1',
      '-i',
      'b=1',
      '--at',
      'HEAD',
    )
    writeFileSync(path, text)
    expect([now.stdout, then.stdout]).toEqual(['changed: 2\n', 'sum: 2\n'])
  })

  test.each([
    [
      'an unknown input',
      ['run', 'sum', '-i', 'a=1', '-i', 'b=1', '-i', 'lable=x'],
      'Did you mean "label"?',
    ],
    [
      'a value of another type',
      ['run', 'sum', '-i', 'a=one', '-i', 'b=1'],
      '"a" must be a whole number',
    ],
    ['every missing input', ['run', 'sum'], /-i a=….*The first number[^]*-i b=…/],
    ['an unknown flow', ['run', 'sun'], 'Did you mean "sum"?'],
    ['an unknown flow file', ['run', 'flows/sun.flow.yaml'], 'Did you mean "flows/sum.flow.yaml"?'],
    ['an unknown command', ['rum'], /Did you mean .*run/],
    ['an unknown option', ['run', 'sum', '--jsn'], '--json'],
    ['no command', [], 'Usage: ionflux'],
    ['an unknown commit', ['run', 'sum', '--at', 'nowhere'], 'MIRROR_REF_UNKNOWN'],
    ['an unknown run', ['runs', 'show', 'ABCD'], 'RUN_NOT_FOUND'],
    ['a --repo that is not there', ['run', 'sum', '--repo', 'nowhere'], 'is no folder'],
  ])('ends with 2 for %s', async (_, args, said) => {
    const { code, stdout, stderr } = await ionflux(...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(said)
  })
})

describe('runs', () => {
  test('ls lists newest first, show and verify look at one', async () => {
    const first = JSON.parse(
      (await ionflux('run', 'sum', '-i', 'a=1', '-i', 'b=1', '--json')).stdout,
    ).run.id
    const { runs } = JSON.parse((await ionflux('runs', 'ls', '--json')).stdout)
    expect(runs[0]).toMatchObject({ id: first, flow: 'sum', status: 'done' })
    expect(runs.map((run: { id: string }) => run.id)).toEqual(
      runs
        .map((run: { id: string }) => run.id)
        .toSorted()
        .toReversed(),
    )
    const shown = JSON.parse((await ionflux('runs', 'show', 'last', '--json')).stdout).run
    expect(shown).toMatchObject({ id: first, output: 'sum: 2' })
    expect(shown.records[0].record).toMatchObject({ kind: 'run.started', run: first })
    const text = await ionflux('runs', 'show', first.slice(-8))
    expect(text.stdout).toContain('✓ added')
    const verified = await ionflux('runs', 'verify', first, '--json')
    expect(verified.code).toBe(0)
    expect(JSON.parse(verified.stdout)).toMatchObject({
      run: first,
      ok: true,
      records: shown.records.length,
    })
  })

  test('retry goes on from the failed step', async () => {
    const failed = JSON.parse((await ionflux('run', 'strict', '--json')).stdout).run
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'out_of_stock' } })
    const { code, stdout } = await ionflux('runs', 'retry', failed.id, '--json')
    expect(code).toBe(1)
    expect(JSON.parse(stdout).run).toMatchObject({ id: failed.id, status: 'failed' })
    const done = JSON.parse(
      (await ionflux('run', 'sum', '-i', 'a=1', '-i', 'b=1', '--json')).stdout,
    ).run.id
    expect((await ionflux('runs', 'retry', done)).stderr).toContain('RUN_NOT_RETRYABLE')
    expect((await ionflux('runs', 'cancel', done)).stderr).toContain('RUN_ALREADY_ENDED')
  })

  test('resume has nothing to do when every run has ended', async () => {
    using made = repository()
    const { code, stdout } = await call(['resume', '--json'], { cwd: made.path })
    expect({ code, document: JSON.parse(stdout) }).toEqual({ code: 0, document: { runs: [] } })
  })
})

describe('check and graph', () => {
  test('check is quiet about files that are right', async () => {
    const { code, stdout, stderr } = await ionflux('check')
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toMatch(/no problems in 5 flows/)
  })

  test.each([
    ['text', /^sum {2}\(a, b, label[^]*added/],
    ['mermaid', /^flowchart TD/],
    ['svg', /^<svg xmlns/],
    ['json', /"execDigest": "sha256:/],
  ])('graph prints a plan as %s', async (format, shape) => {
    const { code, stdout } = await ionflux('graph', 'sum', '--format', format)
    expect(code).toBe(0)
    expect(stdout).toMatch(shape)
  })
})

describe('the rest', () => {
  test.each([
    [['run', '--bogus'], "unknown option '--bogus'"],
    [['run'], "missing required argument 'flow'"],
    [['runs', 'lss'], "unknown command 'lss' (Did you mean ls?)"],
    [['run', 'no-such-flow'], 'There is no flow'],
  ])('%j --json tells in one document what is wrong', async (words, message) => {
    const { code, stdout, stderr } = await ionflux(...words, '--json')
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'CLI_USAGE', message: expect.stringContaining(message) },
    })
    expect(stderr).toContain(message.split(' (')[0])
  })

  test('--version prints the version', async () => {
    expect(await ionflux('--version')).toMatchObject({ code: 0, stdout: '0.1.0\n' })
  })

  test('explain prints the section of a code, whatever its case', async () => {
    const { code, stdout } = await ionflux('explain', 'run_timeout')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^## RUN_TIMEOUT\n[^]*Way out/)
    expect(await ionflux('explain', 'RUN_TIMEUOT')).toMatchObject({ code: 2 })
    const { stdout: whole } = await ionflux('explain', 'RUN_TIMEOUT', '--json')
    expect(JSON.parse(whole)).toMatchObject({ code: 'RUN_TIMEOUT', retry: 'never', status: 504 })
  })

  test('no line of help is longer than a terminal is wide', async () => {
    const names = ['', 'run', 'check', 'doctor', 'plugin', 'plugin call', 'plugin new', 'release']
    for (const name of names) {
      const { stdout } = await ionflux(...name.split(' ').filter(Boolean), '--help')
      expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([])
    }
  })

  test('doctor finds what is there', async () => {
    const { code, stdout } = await ionflux('doctor', '--json')
    expect(code).toBe(0)
    const names = JSON.parse(stdout).findings.map((one: { name: string }) => one.name)
    expect(names.slice(0, 5)).toEqual(['ionflux', 'node', 'git', 'sandbox', 'repository'])
    expect(names).toEqual(expect.arrayContaining(['data', 'disk']))
  })

  test.each(['bash', 'zsh', 'fish'])('completion prints a script for %s', async (shell) => {
    const { code, stdout } = await ionflux('completion', shell)
    expect(code).toBe(0)
    expect(stdout).toMatch(/ionflux[^]*resume[^]*DSL_KEY_UNKNOWN/)
  })

  test('init makes a repository whose flow runs, and overwrites nothing', async () => {
    using place = folder()
    const made = await call(['init', 'hello'], { cwd: place.path })
    const cwd = join(place.path, 'hello')
    expect(made.code).toBe(0)
    expect(made.stderr).toContain('Next: cd hello && ionflux run hello')
    expect(readFileSync(join(cwd, 'flows/hello.flow.yaml'), 'utf8')).toMatch(
      /^# yaml-language-server: \$schema=/,
    )
    expect((await call(['check'], { cwd })).code).toBe(0)
    expect((await call(['fmt', '--check'], { cwd })).code).toBe(0)
    const run = await call(['run', 'hello', '-i', 'name=Ada'], { cwd })
    expect(run.stdout).toMatch(/^Hello, Ada!/)
    expect(git(cwd, 'status', '--short')).not.toContain('.ionflux/')
    writeFileSync(join(cwd, 'flows/hello.flow.yaml'), '# mine\n')
    expect((await call(['init'], { cwd })).stderr).toMatch(/kept .*hello\.flow\.yaml/)
    expect(readFileSync(join(cwd, 'flows/hello.flow.yaml'), 'utf8')).toBe('# mine\n')
  })
})
