/** Goal: a program that calls the command line learns what was made, and reads no prose. */
import { expect, test } from 'vitest'

import { call, folder, type Ended } from '#test/e2e/cli.ts'

const plugin = async ({ path }: ReturnType<typeof folder>, ...args: string[]): Promise<Ended> =>
  await call(['plugin', ...args], { cwd: path })
const json = ({ stdout }: Ended): unknown => JSON.parse(stdout)

test('what makes something says what it made, as one document', async () => {
  using at = folder({ 'ionflux.yaml': 'namespace: my\n', 'api.yaml': api })
  const made = await plugin(at, 'new', 'my/words', '--json')
  expect(json(made)).toMatchObject({
    plugin: 'my/words',
    folder: 'plugins/my/words',
    created: expect.arrayContaining(['plugin.yaml', 'main.ts', 'types.ts']) as unknown,
    kept: [],
    isFound: true,
    next: 'ionflux plugin test plugins/my/words',
  })
  expect(json(await plugin(at, 'new', 'my/words', '--json'))).toMatchObject({
    error: { code: 'CLI_USAGE', data: { plugin: 'my/words' } },
  })
  const types = json(await plugin(at, 'types', 'my/words', '--json'))
  expect(types).toMatchObject({ plugin: 'my/words', types: 'current' })
  const generated = await plugin(at, 'from-openapi', 'api.yaml', '--name', 'my/api', '--json')
  expect(json(generated)).toMatchObject({ plugin: 'my/api', actions: ['get-it'], left: [] })
  const started = await call(['init', 'new', '--json'], { cwd: at.path })
  expect(json(started)).toMatchObject({ next: 'cd new && ionflux run hello -i name=Ada' })
  const explained = await call(['explain', 'cap-not-granted', '--json'], { cwd: at.path })
  expect(json(explained)).toMatchObject({ code: 'CAP_NOT_GRANTED', retry: 'never', exit: 4 })
})

test('a secret of a call is written as in a flow, or as code gets it', async () => {
  using at = folder({
    'ionflux.yaml': 'namespace: my\n',
    'plugins/my/it/plugin.yaml': `plugin: my/it
version: 1.0.0
entry: main.ts
capabilities: { secrets: [TOKEN] }
actions: { go: { effects: pure } }
`,
    'plugins/my/it/main.ts': 'export const go = (input: unknown) => input\n',
  })
  const options = { cwd: at.path, env: { MY_TOKEN: 'a-value-of-some-length' } }
  const given =
    '{ "as": { "secret": "TOKEN" }, "all": [{ "$secret": "TOKEN" }, { "secret": "X" }] }'
  const args = ['plugin', 'call', 'my/it', 'go', '-i', given, '--secret', 'TOKEN=MY_TOKEN']
  const handle = { $secret: 'TOKEN' }
  expect(json(await call([...args, '--json'], options))).toMatchObject({
    output: { as: handle, all: [handle, { secret: 'X' }] },
  })
})

const api = `openapi: 3.1.0
info: { title: It, version: "1" }
servers: [{ url: "https://it.example.com" }]
paths: { /it: { get: { operationId: getIt, responses: { "200": { description: It. } } } } }
`
