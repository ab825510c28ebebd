/**
 * Goal: an organisation is followed with one command, and a listing only ever adds.
 */
import { join } from 'node:path'

import { expect, test } from 'vitest'

import type { JsonObject } from '#engine/core/json.ts'
import { call, type Ended, folder } from '#test/e2e/cli.ts'
import { openForge } from '#test/fake/git/forge.ts'

const repository = (id: number, more: JsonObject = {}): JsonObject => ({
  id,
  full_name: `acme/flows-${id}`,
  clone_url: `https://github.example/acme/flows-${id}.git`,
  default_branch: 'trunk',
  topics: ['ionflux'],
  archived: false,
  ...more,
})

test('its repositories are added once, and never taken away', async () => {
  await using forge = await openForge()
  using place = folder()
  const env = { IONFLUX_SECRET_FORGE_TOKEN: 'a token of the forge' }
  const data = ['--data-dir', join(place.path, 'data')]
  const ionflux = async (...words: readonly string[]): Promise<Ended> =>
    await call(['mirror', ...words, ...data, '--json'], { cwd: place.path, env })
  const addOrg = async (...more: readonly string[]): Promise<Ended> =>
    await ionflux('add-org', 'github.example/acme', '--forge', forge.origin, ...more)
  const token = ['--token', 'FORGE_TOKEN']
  forge.repositories.push(repository(1), repository(2, { topics: [] }), repository(3))
  forge.repositories.push(repository(4, { archived: true }))

  const elsewhere = { clone_url: 'https://evil.example/acme/flows-5.git' }
  forge.repositories.push(repository(5, elsewhere))

  const first = await addOrg('--topic', 'ionflux', ...token)
  expect(JSON.parse(first.stdout)).toEqual({
    added: ['acme/flows-1', 'acme/flows-3'],
    known: 0,
    archived: 1,
  })
  forge.repositories.splice(0, 1)
  expect(JSON.parse((await addOrg(...token)).stdout)).toMatchObject({
    added: ['acme/flows-2'],
    known: 1,
  })
  const { stdout } = await ionflux('ls')
  for (const id of [1, 2, 3]) expect(stdout).toContain(`https://github.example/acme/flows-${id}"`)
  expect(stdout).toContain('"branch": "trunk"')

  forge.repositories.length = 0
  expect(await addOrg(...token)).toMatchObject({ code: 69 })
  expect(await addOrg()).toMatchObject({ code: 2 })
  expect(await ionflux('add-org', 'acme', ...token)).toMatchObject({ code: 2 })
  expect(forge.strays).toEqual([])
})
