/**
 * `explain CODE`: the section of `docs/errors.md` about one code, without a network.
 */
import { readFileSync } from 'node:fs'

import { codes, type Code } from '#engine/core/codes.ts'
import { IonError } from '#engine/core/error.ts'
import { exitOfFailure, exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { suggest } from '#engine/dsl/suggest.ts'
import { installation } from '#engine/host/installation.ts'

/** Prints what `code` means and what to do about it. */
export function explain(
  terminal: Terminal,
  wanted: string,
  { json = false }: { readonly json?: boolean } = {},
): number {
  const code = wanted.toUpperCase().replaceAll('-', '_')
  if (!Object.hasOwn(codes, code)) {
    const near = suggest(code, Object.keys(codes))
    throw new IonError(
      'CLI_USAGE',
      `There is no code "${wanted}".` + (near === undefined ? '' : ` Did you mean "${near}"?`),
      { data: { code: wanted } },
    )
  }
  const text = readFileSync(installation().errors, 'utf8')
  const section = sectionOf(text, code)
  if (json) {
    const { retry, status } = codes[code as Code]
    printJson(terminal, { code, text: section, retry, status, exit: exitOfFailure(code) })
    return exits.done
  }
  terminal.data(terminal.isDataSeen ? painted(terminal, section) : section)
  return exits.done
}

/** From the heading of `code` to the next heading. */
function sectionOf(text: string, code: string): string {
  const start = text.indexOf(`## ${code}\n`)
  const end = text.indexOf('\n## ', start + 1)
  return text.slice(start, end === -1 ? undefined : end).trim() + '\n'
}

function painted(terminal: Terminal, section: string): string {
  return section
    .replace(/^## (.*)$/m, (_, code: string) => terminal.paint('bold', code))
    .replaceAll(/\*\*(.+?)\*\*/g, (_, word: string) => terminal.paint('bold', word))
}
