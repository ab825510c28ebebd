/**
 * Goal: every action of every plugin here does what its cases say. Method: each file of a
 * plugin's `cases` folder is data, run by the runner that authors of plugins have, too.
 */
import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { readCases } from '#engine/host/plugin/case-file.ts'
import { buildFolder, openPlugin } from '#engine/host/plugin/folder.ts'
import { CaseRunner } from '#engine/host/plugin/run-cases.ts'

const root = join(import.meta.dirname, '../../../plugins')
const folders = globSync('*/*/plugin.yaml', { cwd: root }).map(dirname).toSorted()
const plugins = await Promise.all(
  folders.map(async (name) => {
    const folder = openPlugin(join(root, name))
    return { name, folder, ...(await readCases(folder)) }
  }),
)

test('the plugins are found', () => {
  expect(folders).toEqual(expect.arrayContaining(['std/git', 'std/json', 'std/text']))
})

describe.each(plugins)('$name', ({ folder, files, problems }) => {
  const actions = folder.manifest?.actions ?? {}

  test('describes every action, and has a case for each', () => {
    expect([...folder.problems, ...problems]).toEqual([])
    const tried = new Set(files.flatMap(({ cases }) => cases.map((one) => one.action)))
    expect([...tried].toSorted()).toEqual(Object.keys(actions).toSorted())
    for (const action of Object.values(actions)) {
      expect(action).toMatchObject({ description: expect.stringMatching(/\.$/) as string })
      expect(Object.keys(action)).toEqual(expect.arrayContaining(['effects', 'input', 'output']))
    }
  })

  let runner: CaseRunner
  beforeAll(async () => {
    const { built, problems: found } = await buildFolder(folder)
    if (built === undefined) throw new Error(JSON.stringify(found))
    runner = new CaseRunner(built)
  })
  afterAll(async () => await runner?.[Symbol.asyncDispose]())

  describe.each(files)('$path', (file) => {
    test.each(file.cases)('$action: $name', async (one) => {
      expect(await runner.run(file, one)).toMatchObject({ ok: true, differences: [] })
    })
  })
})
