/**
 * One call of the command line: parsed, carried out, and told with its code when it fails.
 */
import { CommanderError } from 'commander'

import { IonError } from '#engine/core/error.ts'
import { exitOfCode, exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { buildProgram } from '#engine/cli/program.ts'
import { printable, printableLines } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'

/** Carries out `argv` and returns the exit code. Never throws. */
export async function perform(terminal: Terminal, argv: readonly string[]): Promise<number> {
  let exit: number = exits.done
  const program = buildProgram(terminal, (code) => (exit = code))
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return exit
  } catch (thrown) {
    return await report(terminal, thrown, argv.includes('--json'))
  }
}

/** Tells what stopped the call, and what the process ends with. */
async function report(terminal: Terminal, thrown: unknown, isJson: boolean): Promise<number> {
  const { paint } = terminal
  if (thrown instanceof CommanderError) {
    if (thrown.exitCode === 0) return exits.done
    // Its words are on stderr already.
    if (isJson) printJson(terminal, { error: { code: 'CLI_USAGE', message: usageText(thrown) } })
    return exits.usage
  }
  if (thrown instanceof IonError) {
    const { code, message } = thrown
    terminal.hear?.({ error: thrown.toFailure() })
    if (isJson) printJson(terminal, { error: thrown.toFailure() })
    terminal.note(
      `${paint('fail', `error[${code}]`)}${paint('bold', `: ${printableLines(message)}`)}`,
    )
    terminal.note(`  = ${paint('muted', `docs: ionflux explain ${code}`)}`)
    return exitOfCode(code)
  }
  const { refusalOf } = await import('#engine/host/place/refusal.ts')
  const refusal = refusalOf(thrown)
  if (refusal !== undefined) return await report(terminal, refusal, isJson)
  const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  if (isJson) printJson(terminal, { error: { code: 'RUN_INTERNAL', message: printable(message) } })
  terminal.note(
    `${paint('fail', 'bug')}: this should not have happened; the run's journal is safe.`,
  )
  terminal.note(printableLines(text))
  return exits.bug
}

function usageText({ code, message }: CommanderError): string {
  if (code === 'commander.help') return 'The command is not whole; --help shows the form.'
  return printable(message.replace(/^error: /, '').replaceAll('\n', ' '))
}
