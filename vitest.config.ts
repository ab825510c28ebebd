/** One suite: everything under `test/`. Slow tests say so in their own timeout. */
import { join } from 'node:path'

import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/vectors/**', 'node_modules/**'],
    pool: 'forks',
    // What ionflux keeps for its user is kept apart from what it keeps for its developer.
    env: { XDG_STATE_HOME: join(import.meta.dirname, 'node_modules/.cache/state') },
    testTimeout: 10_000,
    hookTimeout: 30_000,
    passWithNoTests: false,
  },
})
