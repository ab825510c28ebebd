/**
 * `doctor`: what this machine and this repository offer, and what stands in the way.
 *
 * It changes nothing: the data directory is only looked at, never made.
 */
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import type { Finding } from '#engine/host/doctor/finding.ts'
import { lookAtMachine } from '#engine/host/doctor/machine.ts'
import { lookAtRepository } from '#engine/host/doctor/repository.ts'
import { lookAtSecrets } from '#engine/host/doctor/secrets.ts'
import { lookAtStorage } from '#engine/host/doctor/storage.ts'
import { dataDirectory, findRoot } from '#engine/host/repository/root.ts'

export interface DoctorValues {
  readonly json?: boolean
  readonly repo?: string
  readonly dataDir?: string
}

/** Prints one line per finding; ends with 69 when something needed is missing or damaged. */
export async function doctor(terminal: Terminal, values: DoctorValues): Promise<number> {
  const root = findRoot(values.repo ?? '.')
  const wish = { flag: values.dataDir, environment: process.env, root: root ?? process.cwd() }
  const storage = await lookAtStorage(wish)
  const isUsable = storage[0]?.status !== 'error'
  const findings: readonly Finding[] = [
    ...(await lookAtMachine()),
    ...lookAtRepository(root, values.repo ?? process.cwd()),
    ...storage,
    ...(isUsable ? await lookAtSecrets(dataDirectory(wish), process.env) : []),
  ]
  const isBroken = findings.some(({ status }) => status === 'error')
  if (values.json === true) printJson(terminal, { findings })
  else for (const finding of findings) show(terminal, finding)
  return isBroken ? exits.unavailable : exits.done
}

function show(terminal: Terminal, { name, status, text, help, code }: Finding): void {
  const { glyphs, paint } = terminal
  const mark = {
    ok: paint('ok', glyphs.ok),
    warning: paint('warn', '!'),
    error: paint('fail', glyphs.fail),
  }
  const why = code === undefined ? '' : ` (${code})`
  terminal.data(`${mark[status]} ${name.padEnd(11)} ${printable(text)}${why}\n`)
  if (help !== undefined) terminal.data(`              ${paint('muted', printable(help))}\n`)
}
