/**
 * What `check`, `test` and `publish` tell with `--json`, as the summary of a workflow. A summary
 * is for people: what is long is cut, and the log has all of it.
 */
import { isObject, type JsonObject, wordOf } from '#engine/core/json.ts'
import { countOf } from '#engine/cli/data/words.ts'

import { cell, inlineCode } from './markdown.ts'

const rowsShownMax = 100

/** The problems with their places, or that there are none. */
export function checkSummary({ problems, flows, plugins, tests }: JsonObject): string {
  const all = listOf(problems)
  const errors = all.filter(({ severity }) => severity === 'error').length
  const what = [
    countOf(numberOf(flows), 'flow'),
    countOf(numberOf(plugins), 'plugin'),
    countOf(numberOf(tests), 'test file'),
  ].join(', ')
  if (all.length === 0) return heading('✅', `No problems in ${what}`)
  const rows = all.map(({ severity, file, region, code, message }) => {
    const line = isObject(region) ? `:${wordOf(region['startLine'])}` : ''
    const place = file === undefined ? '' : inlineCode(`${wordOf(file)}${line}`)
    const icon = severity === 'error' ? '❌' : '⚠️'
    return `| ${icon} | ${place} | ${inlineCode(wordOf(code))} | ${cell(wordOf(message))} |`
  })
  return lines(
    heading(
      errors === 0 ? '⚠️' : '❌',
      `${countOf(errors, 'error')}, ${countOf(all.length - errors, 'warning')}`,
    ),
    table('| | place | code | problem |', rows),
  )
}

/** How many cases passed, and which did not. */
export function testSummary(document: JsonObject): string {
  if (document['problems'] !== undefined) return checkSummary(document)
  const { passed, failed, files } = document
  const rows = listOf(files).flatMap(({ file, cases }) =>
    listOf(cases)
      .filter(({ ok }) => ok === false)
      .map(({ name, line, faults }) => {
        const [first] = listOf(faults)
        const place = inlineCode(`${wordOf(file)}:${wordOf(line)}`)
        return `| ❌ | ${place} | ${cell(wordOf(name))} | ${cell(wordOf(first?.['message']))} |`
      }),
  )
  const count = `${numberOf(passed)} passed, ${numberOf(failed)} failed`
  return lines(
    heading(failed === 0 ? '✅' : '❌', count),
    rows.length === 0 ? '' : table('| | place | case | what was expected |', rows),
  )
}

/** Which release it is, where it stands, and what it may do. */
export function publishSummary(document: JsonObject): string {
  const { release, commit, tests, leaf, isNew, isPublished, refusal } = document
  const { name, version, digest, caps } = isObject(release) ? release : {}
  const key = cell(`${wordOf(name)}@${wordOf(version)}`)
  const state =
    refusal !== undefined
      ? `${key} was tried; nothing was published`
      : isNew === true
        ? `${key} is published as leaf ${numberOf(leaf)}`
        : isPublished === true
          ? `${key} was published before`
          : `${key} is signed`
  const powers = Object.entries(isObject(caps) ? caps : {}).flatMap(([kind, list]) =>
    (Array.isArray(list) ? list : []).map((one) => inlineCode(`${kind}:${wordOf(one)}`)),
  )
  const passed = isObject(tests) ? tests['passed'] : undefined
  return lines(
    heading(typeof refusal === 'string' ? '⚠️' : '✅', state),
    typeof refusal === 'string' ? `${cell(refusal)}\n` : '',
    table('| | |', [
      `| commit | ${inlineCode(wordOf(commit))} |`,
      `| digest | ${inlineCode(wordOf(digest))} |`,
      `| tests passed | ${numberOf(passed)} |`,
      `| may | ${powers.length === 0 ? 'nothing' : powers.join(' ')} |`,
    ]),
  )
}

/** What stopped a command, in the shape that every command tells it. */
export function errorSummary({ error }: JsonObject): string {
  const { code, message } = isObject(error) ? error : {}
  return lines(heading('❌', wordOf(code)), cell(wordOf(message)))
}

function heading(icon: string, text: string): string {
  return `### ${icon} ${text}\n`
}

function table(head: string, rows: readonly string[]): string {
  const columns = head.split('|').length - 2
  const rest = rows.length - rowsShownMax
  const more = rest > 0 ? [`\n… and ${rest} more in the log`] : []
  const rule = `|${' --- |'.repeat(columns)}`
  return [head, rule, ...rows.slice(0, rowsShownMax), ...more].join('\n')
}

function lines(...parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n')}\n`
}

function listOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonObject[]).filter(isObject) : []
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
