/**
 * The files and lines by which a step of GitHub Actions speaks to its runner.
 */
import { limits } from '#engine/core/limits.ts'
import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'

import type { Terminal } from '#engine/cli/terminal.ts'

export interface Runner {
  /** A value for later steps: `steps.<id>.outputs.<name>`. */
  output(name: string, value: string): void
  /** Markdown for the page of the workflow run. */
  summary(markdown: string): void
  /** Keeps every value of a secret out of the log. */
  mask(value: string): void
}

type Environment = Readonly<Record<string, string | undefined>>

/** The runner of this process; what it has no file for goes nowhere. */
export function openRunner(terminal: Terminal, env: Environment): Runner {
  return {
    output(name, value) {
      // A delimiter that the value cannot know, so that no value can add another output.
      const end = `end-${randomUUID()}`
      append(env['GITHUB_OUTPUT'], `${name}<<${end}\n${value}\n${end}\n`)
    },
    summary: (markdown) =>
      append(env['GITHUB_STEP_SUMMARY'], `${markdown.slice(0, limits.jobSummaryCharsMax)}\n`),
    mask(value) {
      for (const line of value.split(/\r?\n/))
        if (line.trim() !== '') terminal.data(`::add-mask::${line.replaceAll('%', '%25')}\n`)
    },
  }
}

function append(path: string | undefined, text: string): void {
  if (path !== undefined && path !== '') appendFileSync(path, text)
}
