/** Goal: from an OpenAPI document to a flow that calls the API, by the command line alone. */
import { copyFileSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { call, folder, type Ended, write } from '#test/e2e/cli.ts'

const document = join(import.meta.dirname, '../../unit/host/openapi/petshop.yaml')
const asked: string[] = []
const server = createServer((request, response) => {
  asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`)
  response.setHeader('content-type', 'application/json').end('{"id":7,"name":"Muschi"}')
})
let origin: string
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

test('a document becomes a plugin that a flow calls', async () => {
  using at = folder({ 'ionflux.yaml': 'namespace: my\n' })
  copyFileSync(document, join(at.path, 'pets.yaml'))
  const plugin = async (...args: readonly string[]): Promise<Ended> =>
    await call(['plugin', ...args], { cwd: at.path })
  const made = await plugin('from-openapi', 'pets.yaml', '--server', `${origin}/v2`)
  expect(made).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/plugins\/my\/pet-shop: 7 actions.*left out .*cookie/s),
  })
  const tested = await plugin('test', 'plugins/my/pet-shop', '--json')
  expect(JSON.parse(tested.stdout)).toMatchObject({ passed: 7, failed: 0 })
  const manifest = (): string =>
    readFileSync(join(at.path, 'plugins/my/pet-shop/plugin.yaml'), 'utf8')
  const first = manifest()
  expect((await plugin('from-openapi', 'pets.yaml')).code).toBe(2)
  expect(
    (await plugin('from-openapi', 'pets.yaml', '--server', `${origin}/v2`, '--replace')).code,
  ).toBe(0)
  expect(manifest()).toBe(first)
  write(at.path, {
    'pets.flow.yaml': `dsl: flux/1
id: pets
permissions: { net: ["${origin}"], secrets: [PETS] }
steps:
  - id: create
    use: my/pet-shop/pets-create@^0.1
    with: { body: { name: Muschi }, token: { secret: PETS } }
    idempotency: one
outputs: { id: "\${{ steps.create.output.body.id + 1 }}" }
`,
  })
  expect(await call(['check'], { cwd: at.path })).toMatchObject({ code: 0 })
  const env = { IONFLUX_SECRET_PETS: 'long-secret-value' }
  const ran = await call(['run', 'pets', '--json'], { cwd: at.path, env })
  expect(JSON.parse(ran.stdout)).toMatchObject({ run: { status: 'done', output: { id: 8 } } })
  expect(asked).toEqual(['POST /v2/pets Bearer long-secret-value'])
}, 90_000)

test.each([
  [['gone.json'], 69],
  [['pets.yaml', '--operation', 'gone'], 2],
  [['pets.yaml', '--auth', 'magic'], 2],
  [['pets.yaml', '--name', 'Pets'], 2],
])('plugin from-openapi %j ends with %i', async (args, code) => {
  using at = folder({ 'ionflux.yaml': 'namespace: my\n' })
  copyFileSync(document, join(at.path, 'pets.yaml'))
  const ended = await call(['plugin', 'from-openapi', ...args], { cwd: at.path })
  expect(ended.code).toBe(code)
})
