/** Goal: a document of the real world is enough to work with an API of the real world. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import type { JsonObject } from '#engine/core/json.ts'
import { openGitHub, token } from '#test/fake/github.ts'

import { openStd } from '#test/unit/sandbox/std/open.ts'

test("GitHub's own document is enough to work with GitHub", async () => {
  await using github = await openGitHub()
  const permissions = { net: [github.origin] }
  await using plugin = await openStd('openapi', { permissions, secrets: { GITHUB: token } })
  const file = join(
    import.meta.dirname,
    '../../../../vectors/github-openapi/github-rest-subset.json',
  )
  const document = JSON.parse(readFileSync(file, 'utf8')) as JsonObject
  const common = { document, server: github.origin, token: { $secret: 'GITHUB' } }
  const repo = { owner: 'ada', repo: 'shop' }
  const { operations } = await plugin.call<{ operations: readonly JsonObject[] }>('list', {
    document,
  })
  expect(operations.length).toBeGreaterThan(100)
  const issue = await plugin.call('call', {
    ...common,
    operation: 'issues/create',
    parameters: repo,
    body: { title: 'By its document' },
  })
  expect(issue).toMatchObject({ status: 201, body: { number: 1 } })
  const listed = await plugin.call('read', {
    ...common,
    operation: 'issues/list-for-repo',
    parameters: { ...repo, per_page: 5 },
  })
  expect(listed).toMatchObject({ body: [{ title: 'By its document' }] })
  const wrong = { ...common, operation: 'issues/creat', parameters: repo }
  expect(await plugin.failure('call', wrong)).toMatchObject({
    data: { suggestions: expect.arrayContaining(['issues/create']) as unknown },
  })
})
