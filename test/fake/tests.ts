/**
 * Flow tests in a folder of their own: files as text, run as the command line runs them.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { openWorkingTree } from '#engine/host/repository/files.ts'
import { testsOf } from '#engine/host/testing/find.ts'
import { runTests, type TestRun } from '#engine/host/testing/run-tests.ts'

export interface TestFolder extends Disposable {
  readonly path: string
  run(wish?: { readonly filter?: string; readonly isUpdate?: boolean }): Promise<TestRun>
}

/** A folder with `files`, removed by `using`. */
export function testFolder(files: Readonly<Record<string, string>>): TestFolder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'ionflux-tests-')))
  for (const [name, text] of Object.entries({ 'ionflux.yaml': '', ...files })) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), text)
  }
  return {
    path,
    run: async (wish = {}) => {
      const tree = openWorkingTree(path)
      const directory = join(path, '.ionflux')
      const paths = testsOf(tree, [])
      return await runTests({ files: tree, paths, directory, source: {}, ...wish })
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** A plugin `lab/world` whose actions read and change a world that is not there. */
export const worldPlugin: Readonly<Record<string, string>> = {
  'plugins/lab/world/plugin.yaml': `
plugin: lab/world
version: 1.0.0
entry: main.ts
actions:
  ask:
    effects: read
    input: { type: object, properties: { of: { type: string, default: all } } }
    output: { type: object, required: [n], properties: { n: { type: integer } } }
  post: { effects: unsafe }
  double:
    effects: pure
    input: { type: object, required: [n], properties: { n: { type: integer } } }
    output: { type: integer }
`,
  'plugins/lab/world/main.ts': `
export const ask = () => ({ n: 1 })
export const post = (input: unknown) => ({ posted: input })
export const double = ({ n }: { n: number }) => 2 * n
`,
}

/** Every fault of a run as `case: place: message`. */
export function faultsOf(run: TestRun): readonly string[] {
  return run.files.flatMap(({ cases }) =>
    cases.flatMap(({ name, faults, at }) =>
      faults.map((fault) => `${name}: ${fault.at.slice(at.length)}: ${fault.message}`),
    ),
  )
}

/** The problems of a run as `place: message`. */
export function problemsOf(run: TestRun): readonly string[] {
  return run.problems.map(({ at, message, help }) =>
    [`${at}: ${message}`, ...(help === undefined ? [] : [help])].join(' '),
  )
}
