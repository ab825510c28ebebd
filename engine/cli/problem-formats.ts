/**
 * Problems for machines: GitHub's workflow commands, SARIF 2.1.0 and one JSON
 * document. The same list as the text, in the same order.
 */
import type { JsonObject } from '#engine/core/json.ts'
import type { Problem, Related, Span } from '#engine/core/problem.ts'

import type { Source } from './source.ts'

type Sources = (file: string) => Source | undefined

/** One `::error file=…` line per problem, as a GitHub runner turns into annotations. */
export function problemsForGithub(problems: readonly Problem[], sources: Sources): string {
  const level = { error: 'error', warning: 'warning', info: 'notice' } as const
  return problems
    .map((problem) => {
      const region = regionOf(problem.file, problem.span, sources)
      const properties = [
        problem.file === undefined ? undefined : `file=${escapeProperty(problem.file)}`,
        region === undefined ? undefined : `line=${region.startLine},endLine=${region.endLine}`,
        region !== undefined && region.startLine === region.endLine
          ? `col=${region.startColumn},endColumn=${region.endColumn}`
          : undefined,
        `title=${problem.code}`,
      ].filter((part) => part !== undefined)
      const text =
        problem.help === undefined ? problem.message : `${problem.message}\n${problem.help}`
      return `::${level[problem.severity]} ${properties.join(',')}::${escapeData(text)}\n`
    })
    .join('')
}

/** A SARIF 2.1.0 log with one run; columns count UTF-16 code units. */
export function problemsForSarif(
  problems: readonly Problem[],
  sources: Sources,
  tool: { readonly version: string },
): JsonObject {
  const codes = [...new Set(problems.map((problem) => problem.code))].toSorted()
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'ionflux',
            version: tool.version,
            rules: codes.map((code) => ({
              id: code,
              help: { text: `ionflux explain ${code}` },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: problems.map((problem) =>
          sarifResult(problem, sources, codes.indexOf(problem.code)),
        ),
      },
    ],
  }
}

/** A problem as `check --format json` prints it: with lines and columns beside the span. */
export function problemForJson(problem: Problem, sources: Sources): JsonObject {
  const region = regionOf(problem.file, problem.span, sources)
  const related = (problem.related ?? []).map((one) => relatedForJson(one, problem.file, sources))
  return {
    code: problem.code,
    severity: problem.severity,
    message: problem.message,
    at: problem.at,
    ...(problem.file === undefined ? {} : { file: problem.file }),
    ...(problem.span === undefined ? {} : { span: { ...problem.span } }),
    ...(region === undefined ? {} : { region: { ...region } }),
    ...(related.length === 0 ? {} : { related }),
    ...(problem.help === undefined ? {} : { help: problem.help }),
    ...(problem.fix === undefined
      ? {}
      : {
          fix: {
            title: problem.fix.title,
            applicability: problem.fix.applicability,
            edits: problem.fix.edits.map(({ span, text }) => ({ span: { ...span }, text })),
          },
        }),
  }
}

interface Region {
  readonly startLine: number
  readonly startColumn: number
  readonly endLine: number
  readonly endColumn: number
}

function regionOf(
  file: string | undefined,
  span: Span | undefined,
  sources: Sources,
): Region | undefined {
  if (span === undefined || file === undefined) return undefined
  const source = sources(file)
  if (source === undefined) return undefined
  const start = source.place(span.start)
  const end = source.place(span.end)
  return {
    startLine: start.line,
    startColumn: start.column,
    endLine: end.line,
    endColumn: end.column,
  }
}

function relatedForJson(related: Related, file: string | undefined, sources: Sources): JsonObject {
  const region = regionOf(related.file ?? file, related.span, sources)
  return {
    message: related.message,
    ...(related.file === undefined ? {} : { file: related.file }),
    ...(related.at === undefined ? {} : { at: related.at }),
    ...(region === undefined ? {} : { region: { ...region } }),
  }
}

function sarifResult(problem: Problem, sources: Sources, ruleIndex: number): JsonObject {
  const level = { error: 'error', warning: 'warning', info: 'note' } as const
  const text = problem.help === undefined ? problem.message : `${problem.message} ${problem.help}`
  const related = (problem.related ?? []).map((one) => ({
    ...sarifLocation(one.file ?? problem.file, one.span, sources),
    message: { text: one.message },
  }))
  const fixes = sarifFixes(problem, sources)
  return {
    ruleId: problem.code,
    ruleIndex,
    level: level[problem.severity],
    message: { text },
    locations:
      problem.file === undefined ? [] : [sarifLocation(problem.file, problem.span, sources)],
    ...(related.length === 0 ? {} : { relatedLocations: related }),
    ...(fixes === undefined ? {} : { fixes }),
  }
}

function sarifLocation(
  file: string | undefined,
  span: Span | undefined,
  sources: Sources,
): JsonObject {
  if (file === undefined) return {}
  const region = regionOf(file, span, sources)
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(file) },
      ...(region === undefined ? {} : { region: { ...region } }),
    },
  }
}

function sarifFixes(problem: Problem, sources: Sources): readonly JsonObject[] | undefined {
  const { fix, file } = problem
  if (fix === undefined || file === undefined) return undefined
  const replacements = fix.edits.map(({ span, text }) => {
    const region = regionOf(file, span, sources)
    return {
      deletedRegion: region === undefined ? {} : { ...region },
      insertedContent: { text },
    }
  })
  return [
    {
      description: { text: fix.title },
      artifactChanges: [{ artifactLocation: { uri: uriOf(file) }, replacements }],
    },
  ]
}

function uriOf(file: string): string {
  return file.split('/').map(encodeURIComponent).join('/')
}

/** Text of a workflow command. */
export function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

/** A value before the text of a workflow command. */
export function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
