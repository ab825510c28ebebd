#!/usr/bin/env node
/**
 * The door of the command line: one call in, one exit code out, and everything that went
 * wrong told with its code. Which commands there are is `program.ts`.
 */
import { exits } from './exit.ts'
import { openTerminal, type ColorWish } from './terminal.ts'

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
  if (argv[0] === 'run') await threadFor(argv.slice(1))
  const { perform } = await import('./run/perform.ts')
  exit = await perform(terminal, argv)
  await terminal.flush()
  return exit
}

/** A thread for code starts before the rest of the program is loaded: it takes as long as that. */
async function threadFor(args: readonly string[]): Promise<void> {
  const { startForRun } = await import('#engine/host/plugin/sandbox.ts')
  // What is wrong with the file is told by the run.
  await startForRun(args).catch(() => undefined)
}

/** The wish for colour, known before anything is parsed, because a wrong call is told in colour too. */
function colorOf(argv: readonly string[]): ColorWish {
  const index = argv.findIndex((arg) => arg === '--color' || arg.startsWith('--color='))
  const arg = argv[index]
  const value = arg === '--color' ? argv[index + 1] : arg?.slice('--color='.length)
  return value === 'always' || value === 'never' ? value : 'auto'
}

if (import.meta.main) {
  const exit = await main(process.argv.slice(2))
  process.exit(exit === exits.done ? (process.exitCode ?? exit) : exit)
}
