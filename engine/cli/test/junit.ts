/**
 * What came of tests as JUnit XML, which CI systems show as a table.
 */
import type { FileResult } from '#engine/host/testing/run-tests.ts'

import { lineOf } from './report.ts'

/** The whole document. */
export function junitText(files: readonly FileResult[]): string {
  const suites = files.filter(({ cases }) => cases.length > 0).map(suiteText)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="ionflux">\n${suites.join('')}</testsuites>\n`
}

function suiteText({ test, cases }: FileResult): string {
  const failed = cases.filter(({ faults }) => faults.length > 0).length
  const time = seconds(cases.reduce((sum, { wallMs }) => sum + wallMs, 0))
  const rows = cases.map(({ name, faults, wallMs, at }) => {
    const line = lineOf(test.document, at)
    const head = `    <testcase classname="${escape(test.file)}" name="${escape(name)}" file="${escape(test.file)}" line="${line}" time="${seconds(wallMs)}"`
    if (faults.length === 0) return `${head}/>\n`
    const failures = faults.map((fault) => {
      const place = `${test.file}:${lineOf(test.document, fault.at)}`
      const more = (fault.differences ?? []).map(
        (one) =>
          `at ${one.at === '' ? 'the whole' : one.at}\n- ${shown(one.expected)}\n+ ${shown(one.actual)}`,
      )
      const text = [fault.message, place, ...more].join('\n')
      return `      <failure message="${escape(fault.message)}">${escape(text)}</failure>\n`
    })
    return `${head}>\n${failures.join('')}    </testcase>\n`
  })
  return `  <testsuite name="${escape(test.file)}" tests="${cases.length}" failures="${failed}" errors="0" time="${time}">\n${rows.join('')}  </testsuite>\n`
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}

function shown(value: unknown): string {
  return value === undefined ? '(nothing)' : JSON.stringify(value)
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
}

/** Text for XML 1.0; what it cannot hold at all becomes a question mark. */
function escape(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[&<>"\n]/g, (char) => entities[char] ?? char)
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '?')
}
