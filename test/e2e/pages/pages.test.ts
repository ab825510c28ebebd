/**
 * Goal: every flow in the documentation is right, and gives what the page says. Method: the
 * flows of a page stand in one repository, are checked and compiled, and those with an output
 * are run by the real engine on a real disk.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import {
  findTarget,
  freshRunId,
  loadFlow,
  openRunReader,
  openSession,
  viewOf,
} from '#engine/index.ts'
import { page, render } from '#scripts/language.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { filesOf } from './pages.ts'

const pages = [
  'docs/reference/language.md',
  'docs/reference/serverless-workflow.md',
  'docs/guides/from-github-actions.md',
  'docs/guides/from-kestra.md',
  'docs/guides/from-n8n.md',
  'docs/guides/from-step-functions.md',
]

test('the tables of the language are those of the schemas: node scripts/language.ts', () => {
  const text = readFileSync(page, 'utf8')
  expect(render(text)).toBe(text)
})

describe.each(pages)('%s', (name) => {
  const files = filesOf(name)
  const flows = files.filter(({ id }) => id !== undefined)
  let root = ''
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'ionflux-page-'))
    writeFileSync(join(root, 'ionflux.yaml'), 'namespace: page\n')
    for (const { path, text } of files) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  test('has flows, each of them once', () => {
    expect(flows.length).toBeGreaterThan(0)
    expect(new Set(files.map(({ path }) => path)).size).toBe(files.length)
  })

  test.each(flows)('$id is a flow without problems', async ({ path }) => {
    const { files: tree } = await findTarget({ flow: join(root, path), repo: root })
    const { loaded, problems } = await loadFlow(tree, path)
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(loaded).toBeDefined()
  })

  test('the flows give what the page says', { timeout: 60_000 }, async () => {
    const asked = flows.filter(({ gives }) => gives !== undefined)
    const session = await openSession(join(root, '.ionflux'), { carriesOn: false })
    const given: Record<string, unknown> = {}
    try {
      for (const { id = '', path } of asked) {
        const target = await findTarget({ flow: join(root, path), repo: root })
        const { loaded } = await loadFlow(target.files, path)
        if (loaded === undefined) continue
        const run = freshRunId()
        const { digest: plan, blobs } = loaded
        await session.start({ run, plan, blobs, input: {}, source: target.source })
        await session.follow({ run, until: 'ended', hear: () => {} })
        const reader = openRunReader(join(root, '.ionflux'))
        const { output, error } = viewOf(reader, run)
        reader.close()
        given[id] = error === null ? output : error
      }
    } finally {
      await session.close()
    }
    expect(given).toEqual(Object.fromEntries(asked.map(({ id = '', gives }) => [id, gives])))
  })
})
