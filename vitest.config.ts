/** One suite: everything under `test/`. Slow tests say so in their own timeout. */
import { join } from 'node:path'

import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What takes longest begins first, so that no core waits for it in the end. */
const longest = ['test/sim/', 'test/e2e/pack', 'test/e2e/', 'test/unit/sandbox/hostile']

function rank({ moduleId }: TestSpecification): number {
  const found = longest.findIndex((part) => moduleId.includes(`/${part}`))
  return found < 0 ? longest.length : found
}

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => rank(a) - rank(b))
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/vectors/**', 'node_modules/**'],
    pool: 'forks',
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    // What ionflux keeps for its user is kept apart from what it keeps for its developer.
    env: { XDG_STATE_HOME: join(import.meta.dirname, 'node_modules/.cache/state') },
    testTimeout: 40_000,
    hookTimeout: 30_000,
    passWithNoTests: false,
  },
})
