import { createRequire } from 'node:module'

import { describe, expect, test } from 'vitest'

import { bundle, bundlerVersion } from '#engine/sandbox/bundle.ts'

const one = [{ name: 'default', from: 'default' }]
const files = (texts: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(texts))

test('the cache key names the bundler that is installed', () => {
  const { version } = createRequire(import.meta.url)('esbuild/package.json') as { version: string }
  expect(bundlerVersion).toContain(`esbuild ${version},`)
})

describe('bundling', () => {
  test('gives the same bytes for the same files, and names no place of the machine', async () => {
    const texts = {
      'main.ts': "import { a } from './lib/a.ts'\nexport default () => a",
      'lib/a.ts': 'export const a: number = 1',
    }
    const first = await bundle({ entry: 'main.ts', files: files(texts), exports: one })
    const again = await bundle({ entry: 'main.ts', files: files(texts), exports: one })
    expect(first).toEqual(again)
    expect(first).toMatchObject({
      ok: true,
      code: expect.not.stringContaining(process.cwd()) as string,
    })
  })

  test.each([
    [
      'types of the plugin door',
      {
        'main.ts':
          "import type { Action } from 'ionflux/plugin'\nexport default (() => 1) satisfies Action",
      },
    ],
    [
      'types that are not marked as such',
      {
        'main.ts':
          "import { Action } from 'ionflux/plugin'\nconst a: Action = () => 1\nexport default a",
      },
    ],
    [
      'JSON files',
      {
        'main.ts': "import data from './data.json'\nexport default () => data",
        'data.json': '{"a":1}',
      },
    ],
    [
      'files around its folder',
      {
        'a/main.ts': "import { b } from '../b.ts'\nexport default () => b",
        'b.ts': 'export const b = 1',
      },
    ],
  ])('takes %s', async (_, texts: Readonly<Record<string, string>>) => {
    const [entry = ''] = Object.keys(texts)
    expect(await bundle({ entry, files: files(texts), exports: one })).toMatchObject({ ok: true })
  })

  test.each([
    ['a package', "import fs from 'node:fs'\nexport default () => fs", "'node:fs'"],
    [
      'a file that is not there',
      "\n\nimport { a } from './a.ts'\nexport default () => a",
      "'./a.ts'",
    ],
    [
      'a file above the folder',
      "import { a } from '../../etc/passwd'\nexport default () => a",
      "'../../etc/passwd'",
    ],
    [
      'an absolute path',
      "import { a } from '/etc/passwd'\nexport default () => a",
      "'/etc/passwd'",
    ],
    ['what is no code', 'export default (', ''],
    [
      'a value of the plugin door',
      "import { Action } from 'ionflux/plugin'\nexport default () => Action()",
      'Action',
    ],
  ])('refuses %s, with its place', async (_, text, marked) => {
    const bundled = await bundle({
      entry: 'main.ts',
      files: files({ 'main.ts': text }),
      exports: one,
    })
    if (bundled.ok) throw new Error('bundled')
    const [problem] = bundled.problems
    expect(problem).toMatchObject({ code: 'PLAN_CODE_MALFORMED', file: 'main.ts' })
    expect(text.slice(problem?.span?.start, problem?.span?.end)).toContain(marked)
  })

  test('places a problem behind text that is not ASCII', async () => {
    const text = "const s = 'é😀'; import a from 'left-pad'\nexport default () => a + s"
    const bundled = await bundle({
      entry: 'main.ts',
      files: files({ 'main.ts': text }),
      exports: one,
    })
    if (bundled.ok) throw new Error('bundled')
    const span = bundled.problems[0]?.span
    expect(text.slice(span?.start, span?.end)).toBe("'left-pad'")
  })

  test('names the export that is missing', async () => {
    const bundled = await bundle({
      entry: 'main.ts',
      files: files({ 'main.ts': 'export const log = () => 1' }),
      exports: [
        { name: 'log', from: 'log' },
        { name: 'read-file', from: 'readFile' },
      ],
    })
    expect(bundled).toMatchObject({
      ok: false,
      problems: [
        { code: 'PLAN_CODE_MALFORMED', message: expect.stringContaining('"readFile"') as string },
      ],
    })
  })

  test('refuses more source than it may take', async () => {
    const text = `export default () => '${'x'.repeat(600 * 1024)}'`
    expect(
      await bundle({ entry: 'main.ts', files: files({ 'main.ts': text }), exports: one }),
    ).toMatchObject({
      ok: false,
      problems: [{ code: 'DSL_LIMIT_EXCEEDED' }],
    })
  })

  test('asks the cache first, and tells it what is new', async () => {
    const kept = new Map<string, string>()
    const cache = {
      get: (key: string) => kept.get(key),
      set: (key: string, code: string) => void kept.set(key, code),
    }
    const request = {
      entry: 'main.js',
      files: files({ 'main.js': 'export default () => 7' }),
      exports: one,
    }
    const first = await bundle(request, cache)
    expect([...kept.values()]).toEqual([first.ok ? first.code : ''])
    for (const key of kept.keys()) kept.set(key, 'kept')
    expect(await bundle(request, cache)).toEqual({ ok: true, code: 'kept' })
    const other = { ...request, files: files({ 'main.js': 'export default () => 8' }) }
    expect(await bundle(other, cache)).not.toEqual({ ok: true, code: 'kept' })
  })
})
