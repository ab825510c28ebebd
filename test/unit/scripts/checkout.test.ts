/**
 * Goal: a checkout installs itself once, whoever asks first, and is then out of the way.
 * Method: a copy of the scripts in an empty folder, with an `npm` that only writes down
 * that it was called, and a command line that prints how it was called.
 */
import { execFile, execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

import { afterEach, beforeEach, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..', '..', '..')
const run = promisify(execFile)

let top: string
let checkout: string
let environment: NodeJS.ProcessEnv

/** An `npm` that takes half a second and leaves what an installation leaves. */
const npm = `#!/bin/sh
echo "$*" >>"$CALLS"
sleep 0.4
mkdir -p node_modules/.bin
ln -sf "$NODE" node_modules/.bin/node
[ -z "\${FAIL-}" ]
`

beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'ionflux-checkout-')))
  checkout = join(top, 'a checkout')
  for (const folder of ['scripts', 'engine/cli'])
    mkdirSync(join(checkout, folder), { recursive: true })
  for (const name of ['ionflux', 'install']) {
    copyFileSync(join(root, 'scripts', name), join(checkout, 'scripts', name))
  }
  mkdirSync(join(top, 'bin'))
  writeFileSync(join(top, 'bin', 'npm'), npm)
  chmodSync(join(top, 'bin', 'npm'), 0o755)
  symlinkSync(process.execPath, join(top, 'bin', 'node'))
  writeFileSync(join(checkout, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(checkout, 'package-lock.json'), '{}')
  utimesSync(join(checkout, 'package-lock.json'), 1_000_000_000, 1_000_000_000)
  writeFileSync(
    join(checkout, 'engine/cli/main.ts'),
    'console.log(JSON.stringify({ cwd: process.cwd(), args: process.argv.slice(2) as string[] }))\n',
  )
  environment = {
    PATH: `${join(top, 'bin')}:/usr/bin:/bin`,
    NODE: process.execPath,
    CALLS: join(top, 'calls'),
  }
})

afterEach(() => rmSync(top, { recursive: true, force: true }))

const calls = (): readonly string[] =>
  existsSync(join(top, 'calls')) ? readFileSync(join(top, 'calls'), 'utf8').trim().split('\n') : []

async function ionflux(args: readonly string[], cwd: string = top): Promise<string> {
  const { stdout } = await run(join(checkout, 'scripts/ionflux'), args, { cwd, env: environment })
  return stdout
}

test('the first call installs, the second does not, and both keep arguments and folder', async () => {
  expect(JSON.parse(await ionflux(['run', 'a b', '']))).toEqual({
    cwd: top,
    args: ['run', 'a b', ''],
  })
  expect(JSON.parse(await ionflux([]))).toEqual({ cwd: top, args: [] })
  expect(calls()).toHaveLength(1)
  expect(calls()[0]).toMatch(/^ci .*--include=dev/)
})

test('a changed lock file installs again', async () => {
  await ionflux([])
  const soon = Date.now() / 1000 + 60
  utimesSync(join(checkout, 'package-lock.json'), soon, soon)
  await ionflux([])
  expect(calls()).toHaveLength(2)
})

test('calls at the same time install once', async () => {
  await Promise.all([ionflux(['1']), ionflux(['2']), ionflux(['3'])])
  expect(calls()).toHaveLength(1)
  expect(existsSync(join(checkout, '.install.lock'))).toBe(false)
})

test('the lease of a dead installation is taken over', async () => {
  mkdirSync(join(checkout, '.install.lock'))
  const dead = execFileSync('/bin/sh', ['-c', 'echo $$'], { encoding: 'utf8' })
  writeFileSync(join(checkout, '.install.lock', 'pid'), dead)
  await ionflux([])
  expect(calls()).toHaveLength(1)
})

test('an installation that npm did not finish is told, and tried again next time', async () => {
  environment = { ...environment, FAIL: '1' }
  await expect(ionflux([])).rejects.toMatchObject({ code: 69, stdout: '' })
  environment = { ...environment, FAIL: '' }
  expect(JSON.parse(await ionflux([]))).toMatchObject({ args: [] })
  expect(calls()).toHaveLength(2)
})

test('a link to the command works from anywhere', async () => {
  mkdirSync(join(top, 'links'))
  symlinkSync('../a checkout/scripts/ionflux', join(top, 'links/flux'))
  symlinkSync('links/flux', join(top, 'flux'))
  const { stdout } = await run(join(top, 'flux'), ['x'], { cwd: tmpdir(), env: environment })
  expect(JSON.parse(stdout)).toMatchObject({ args: ['x'] })
})

test('a machine without Node.js is told what to do', async () => {
  rmSync(join(top, 'bin', 'node'))
  environment = { ...environment, PATH: join(top, 'bin') }
  for (const tool of ['dirname', 'readlink', 'sh', 'cat']) {
    symlinkSync(`/usr/bin/${tool}`, join(top, 'bin', tool))
  }
  await expect(ionflux([])).rejects.toMatchObject({
    code: 69,
    stderr: expect.stringContaining('nodejs.org') as string,
  })
})

test.each(['20.20.2', '24.11.1', '8.0.0'])(
  'the package on Node.js %s says what it needs',
  (version) => {
    const script = [
      `Object.defineProperty(process.versions, 'node', { value: '${version}' })`,
      `require(${JSON.stringify(join(root, 'bin/ionflux.js'))})`,
    ].join('\n')
    expect(() => execFileSync(process.execPath, ['-e', script], { stdio: 'pipe' })).toThrow(
      expect.objectContaining({
        status: 69,
        stderr: expect.objectContaining({}) as unknown,
        message: expect.stringContaining('24.12') as string,
      }) as Error,
    )
  },
)
