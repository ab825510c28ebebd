/**
 * `graph FLOW`: the plan of a flow as a tree, a Mermaid chart, an SVG or JSON.
 */
import { IonError } from '#engine/core/error.ts'
import { hasErrors } from '#engine/core/problem.ts'
import { exitOfProblems, exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { showProblems } from '#engine/cli/show-problems.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { suggest } from '#engine/dsl/suggest.ts'
import { loadFlow } from '#engine/host/repository/load.ts'
import { findTarget } from '#engine/host/target.ts'
import { graphSvg } from '#engine/plan/graph-draw.ts'
import { graphJson, graphMermaid, graphText } from '#engine/plan/graph-print.ts'
import { graphOf } from '#engine/plan/graph.ts'
import { semDigest } from '#engine/plan/meaning.ts'

export interface GraphValues {
  readonly flow: string
  readonly format?: string
  readonly json?: boolean
  readonly repo?: string
  readonly at?: string
}

const formats = ['text', 'mermaid', 'svg', 'json']

/** Prints the plan; ends with 3 when the flow has problems. */
export async function graph(terminal: Terminal, values: GraphValues): Promise<number> {
  const format = values.json === true ? 'json' : (values.format ?? 'text')
  if (!formats.includes(format)) {
    const near = suggest(format, formats)
    const hint = near === undefined ? `It can be ${formats.join(', ')}.` : `Did you mean "${near}"?`
    throw new IonError('CLI_USAGE', `There is no format "${format}". ${hint}`)
  }
  const target = await findTarget(values)
  const { loaded, problems } = await loadFlow(target.files, target.file)
  if (loaded === undefined || hasErrors(problems)) {
    showProblems({ terminal, readText: target.readText }, problems)
    return exitOfProblems(problems)
  }
  const drawn = graphOf(loaded.plan)
  if (format === 'json') {
    const digests = { execDigest: loaded.digest, semDigest: semDigest(loaded.plan) }
    printJson(terminal, { ...graphJson(drawn), ...digests })
  }
  if (format === 'mermaid') terminal.data(graphMermaid(drawn))
  else if (format === 'svg') terminal.data(graphSvg(drawn))
  else if (format === 'text') terminal.data(graphText(drawn).split('\n').map(printable).join('\n'))
  return exits.done
}
