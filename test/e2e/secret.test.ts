/**
 * Goal: a secret is set by hand, used by a run, and nowhere to be found afterwards.
 * Method: the real command line, a server on loopback, and a look at every byte it left.
 */
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { execFileSync, spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { openFakeServer, type FakeServer } from '#test/fake/server.ts'

import { call, compileCache, type Ended, main } from './cli.ts'

const value = 'a-long-secret-value-4711'
const top = mkdtempSync(join(tmpdir(), 'ionflux-secret-'))
const env = { XDG_CONFIG_HOME: join(top, 'config'), IONFLUX_DATA_DIR: join(top, 'data') }
const ionflux = async (...args: readonly string[]): Promise<Ended> =>
  await call(args, { cwd: join(top), env })
const set = (name: string, input: string): ReturnType<typeof spawnSync> =>
  spawnSync(process.execPath, [main, 'secret', 'set', name], {
    cwd: top,
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache, ...env },
    input,
  })

let server: FakeServer
beforeAll(async () => {
  server = await openFakeServer()
  execFileSync('git', ['init', '-q', top])
  writeFileSync(join(top, 'ionflux.yaml'), 'namespace: test\n')
  writeFileSync(
    join(top, 'ask.flow.yaml'),
    `dsl: flux/1
id: ask
permissions: { net: ['${server.origin}'], secrets: [TOKEN] }
inputs: { type: object, properties: { where: { type: string } } }
steps:
  - id: ask
    use: std/http/get@^1
    with: { url: "\${{ inputs.where }}", auth: { bearer: { secret: TOKEN } } }
outputs: { body: "\${{ steps.ask.output.body.headers.authorization }}" }
`,
  )
})
afterAll(() => {
  server.close()
  rmSync(top, { recursive: true, force: true })
})

test('without a value, a run says what to do', async () => {
  const { code, stderr } = await ionflux('run', 'ask', '-i', `where=${server.origin}/echo`)
  expect(code).toBe(1)
  expect(stderr).toContain('error[CONN_SECRET_UNKNOWN]')
  expect(stderr).toContain('ionflux secret set TOKEN')
})

test('a value is set from stdin, listed by name and removed', async () => {
  expect(set('TOKEN', `${value}\n`).status).toBe(0)
  expect(await ionflux('secret', 'ls')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^TOKEN +sealed\n$/) as string,
  })
  expect(set('PIN', '1234').status).toBe(2)
  expect(set('lower', value).status).toBe(2)
  expect(set('OTHER', value).status).toBe(0)
  expect((await ionflux('secret', 'rm', 'OTHER')).code).toBe(0)
  expect((await ionflux('secret', 'rm', 'OTHER')).code).toBe(2)
  const { stdout } = await ionflux('secret', 'ls', '--json')
  expect(JSON.parse(stdout)).toEqual({ secrets: [{ name: 'TOKEN', from: 'sealed' }] })
})

test('a run uses it, and nothing that is printed or kept has it', async () => {
  const run = await ionflux('run', 'ask', '-i', `where=${server.origin}/echo`)
  expect(run).toMatchObject({ code: 0 })
  expect(server.arrived.at(-1)?.headers['authorization']).toBe(`Bearer ${value}`)
  expect(run.stdout).toContain('Bearer [secret TOKEN]')
  const shown = await ionflux('runs', 'show', 'last', '--json')
  const files = globSync('**/*', { cwd: top, dot: true } as object)
    .map((file) => join(top, file))
    .filter((file) => statSync(file).isFile())
  const kept = files.map((file) => readFileSync(file, 'latin1')).join('')
  const forms = [
    value,
    Buffer.from(value).toString('base64').slice(0, 20),
    Buffer.from(value).toString('hex'),
  ]
  for (const form of forms)
    expect(run.stdout + run.stderr + shown.stdout + kept).not.toContain(form)
  expect(files.length).toBeGreaterThan(3)
})

test('another host is denied with the exit code of a denial', async () => {
  const { code, stderr } = await ionflux('run', 'ask', '-i', 'where=http://127.0.0.1:1/')
  expect(code).toBe(4)
  expect(stderr).toContain('error[CAP_NOT_GRANTED]')
})
