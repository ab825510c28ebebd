/** A test file as text: what a person would have written, with the line that editors read. */
import type { Json } from '#engine/core/json.ts'
import { printLines } from '#engine/dsl/patch/print.ts'
import type { TestFile } from '#engine/testing/file.ts'

/** The YAML of `test`; it reads as the same value again. */
export function printTest(test: TestFile, schema: string): string {
  const style = { eol: '\n', step: 2, dash: 2 } as const
  const body = printLines(test as unknown as Json, { style, column: 0 })
  return `# yaml-language-server: $schema=${schema}\n${body}\n`
}
