/** One suite: everything under `test/`. Slow tests say so in their own timeout. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const cache = join(import.meta.dirname, 'node_modules/.cache')

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
    projects: [
      {
        extends: true,
        test: {
          name: 'command',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/setup/command.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'engine',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/vectors/**', 'node_modules/**'],
        },
      },
    ],
    pool: 'forks',
    // One more than there are cores: tests that wait for processes and timers leave theirs idle.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    env: {
      // What ionflux keeps for its user is kept apart from what it keeps for its developer.
      XDG_STATE_HOME: join(cache, 'state'),
      // For the many processes that tests start from the source.
      NODE_COMPILE_CACHE: join(cache, 'compile'),
    },
    testTimeout: 40_000,
    hookTimeout: 30_000,
    passWithNoTests: false,
  },
})
