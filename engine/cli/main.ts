#!/usr/bin/env node
/**
 * The door of the command line: one call in, one exit code out, and everything that went
 * wrong told with its code. Which commands there are is `program.ts`.
 */
import { CommanderError } from 'commander'

import { IonError } from '#engine/core/error.ts'

import { exitOfCode, exits } from './exit.ts'
import { buildProgram } from './program.ts'
import { printJson } from './output.ts'
import { printable, printableLines } from './source.ts'
import { openTerminal, type ColorWish, type Terminal } from './terminal.ts'

/** Runs one call and returns its exit code. Never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  let exit: number = exits.done
  const terminal = openTerminal(colorOf(argv))
  if (argv[0] === '--version' || argv[0] === '-V') {
    const { version } = await import('#engine/host/installation.ts')
    terminal.data(version() + '\n')
    await terminal.flush()
    return exit
  }
  const program = buildProgram(terminal, (code) => (exit = code))
  try {
    await program.parseAsync([...argv], { from: 'user' })
  } catch (thrown) {
    exit = report(terminal, thrown, argv.includes('--json'))
  }
  await terminal.flush()
  return exit
}

/** The wish for colour, known before anything is parsed, because a wrong call is told in colour too. */
function colorOf(argv: readonly string[]): ColorWish {
  const index = argv.findIndex((arg) => arg === '--color' || arg.startsWith('--color='))
  const arg = argv[index]
  const value = arg === '--color' ? argv[index + 1] : arg?.slice('--color='.length)
  return value === 'always' || value === 'never' ? value : 'auto'
}

/** Tells what stopped the call, and what the process ends with. */
function report(terminal: Terminal, thrown: unknown, isJson: boolean): number {
  const { paint } = terminal
  if (thrown instanceof CommanderError) {
    return thrown.exitCode === 0 ? exits.done : exits.usage
  }
  if (thrown instanceof IonError) {
    const { code, message } = thrown
    if (isJson) printJson(terminal, { error: thrown.toFailure() })
    terminal.note(
      `${paint('fail', `error[${code}]`)}${paint('bold', `: ${printableLines(message)}`)}`,
    )
    terminal.note(`  = ${paint('muted', `docs: ionflux explain ${code}`)}`)
    return exitOfCode(code)
  }
  const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  if (isJson) printJson(terminal, { error: { code: 'RUN_INTERNAL', message: printable(message) } })
  terminal.note(
    `${paint('fail', 'bug')}: this should not have happened; the run's journal is safe.`,
  )
  terminal.note(printableLines(text))
  return exits.bug
}

if (import.meta.main) {
  const exit = await main(process.argv.slice(2))
  process.exit(exit === exits.done ? (process.exitCode ?? exit) : exit)
}
