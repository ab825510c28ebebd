/**
 * Prints the closing line of the suite: `N passed, N failed`, then `, N skipped` if any.
 *
 * The line is written when the process ends, so that nothing can come after it, and it
 * never looks better than the suite was: a file that could not be loaded and an error
 * outside a test count as failures, and so does a suite that did not come to its end.
 */
import { writeSync } from 'node:fs'
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** Counts the tests of `modules`, and every failure that is not a test's own. */
export function tally(
  modules: readonly TestModule[],
  unhandled: readonly SerializedError[],
): Tally {
  let passed = 0
  let failed = unhandled.length
  let skipped = 0
  for (const module of modules) {
    failed += module.errors().length
    for (const suite of module.children.allSuites()) failed += suite.errors().length
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') passed += 1
      else if (state === 'failed') failed += 1
      else skipped += 1
    }
  }
  return { passed, failed, skipped }
}

/** Writes a tally as the closing line. */
export function closingLine({ passed, failed, skipped }: Tally): string {
  const line = `${passed} passed, ${failed} failed`
  return skipped > 0 ? `${line}, ${skipped} skipped` : line
}

/** The reporter that vitest makes from this file. */
export class ClosingLine implements Reporter {
  #tally: Tally = { passed: 0, failed: 1, skipped: 0 }

  onInit(): void {
    process.once('exit', () => {
      writeSync(1, `${closingLine(this.#tally)}\n`)
    })
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    this.#tally = tally(modules, unhandled)
  }
}

// Vitest takes a reporter file's default export.
// oxlint-disable-next-line import/no-default-export
export default ClosingLine
