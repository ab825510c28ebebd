/**
 * Asks the person at the terminal, where there is one.
 */
import { createInterface } from 'node:readline/promises'

/** Whether somebody can answer. */
export function isAsked(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

/** One line of an answer, without the spaces around it. */
export async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await lines.question(question)).trim()
  } finally {
    lines.close()
  }
}

/** Whether the answer was yes. */
export async function isAccepted(question: string): Promise<boolean> {
  return /^y(?:es)?$/i.test(await ask(`${question} [y/N] `))
}
