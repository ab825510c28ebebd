/**
 * `outdated`, `audit` and `verify`: what registries say now of what is locked.
 */
import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { withReader } from '#engine/cli/place.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { auditInFlight, pinnedIn } from '#engine/host/lock/in-flight.ts'
import { auditLock, type AuditRow } from '#engine/host/lock/audit.ts'
import { lockIn } from '#engine/host/lock/lock-in.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'
import type { Lock } from '#engine/plan/lock/lock.ts'

import { rootOf } from './lock.ts'

export interface AuditValues {
  readonly name?: string | undefined
  readonly rebuild?: boolean
  readonly json?: boolean
  readonly repo?: string
  readonly dataDir?: string
}

/** Which packages have newer releases, in their range or outside of it; ends with 5 when one has. */
export async function outdated(terminal: Terminal, values: AuditValues): Promise<number> {
  const { rows } = await auditOf(values)
  const old = rows.filter(({ latest, wanted }) => latest !== undefined || wanted !== undefined)
  const broken = rows.filter(({ faults }) => faults.length > 0)
  for (const { key } of broken)
    terminal.note(`${printable(key)} is not what its log says: \`ionflux verify\` says why.`)
  if (values.json === true) printJson(terminal, { outdated: old })
  else if (old.length > 0) showOutdated(terminal, old)
  else if (broken.length === 0) terminal.note('Everything is at its newest.')
  return old.length === 0 ? exits.done : exits.changes
}

function showOutdated(terminal: Terminal, rows: readonly AuditRow[]): void {
  const table = [
    ['package', 'locked', 'wanted', 'newest', 'asked'],
    ...rows.map(({ name, version, wanted, latest, asked = '*' }) => [
      name,
      version,
      wanted?.version ?? version,
      latest?.version ?? wanted?.version ?? version,
      asked,
    ]),
  ].map((row) => row.map(printable))
  const widths = [0, 1, 2, 3].map((at) => Math.max(...table.map((row) => row[at]?.length ?? 0)))
  for (const [at, row] of table.entries()) {
    const line = row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ')
    terminal.data(`${terminal.paint(at === 0 ? 'muted' : 'bold', line.trimEnd())}\n`)
    for (const text of grownIn(rows[at - 1]))
      terminal.data(`  ${terminal.paint('warn', printable(text))}\n`)
  }
}

/** Which powers the newer releases of a row would have besides those that were consented to. */
function grownIn(row: AuditRow | undefined): readonly string[] {
  const { wanted, latest } = row ?? {}
  const both = wanted?.version === latest?.version ? [latest] : [wanted, latest]
  return both.flatMap((one) =>
    one === undefined || one.grown.length === 0
      ? []
      : [`${one.version} newly asks for ${one.grown.join(', ')}`],
  )
}

/** Yanks, advisories and moved tags; ends with 1 when there is something to know. */
export async function audit(terminal: Terminal, values: AuditValues): Promise<number> {
  const { rows: locked, lock } = await auditOf(values)
  const pinned = await withReader(values, pinnedIn)
  const rows = [...locked, ...(await auditInFlight({ root: rootOf(values), lock }, pinned))]
  const told = rows.filter(({ faults, notes }) => faults.length + notes.length > 0)
  const runs = new Map(pinned.map((one) => [one.exec, one.runs]))
  if (values.json === true) {
    printJson(terminal, {
      audited: rows.length,
      findings: told.map((row) => ({ ...row, runs: runs.get(row.exec) ?? [] })),
    })
  } else {
    for (const row of told) {
      const rest = row.isLocked ? '' : ' (not locked any more)'
      terminal.data(`${terminal.paint('bold', printable(row.key))}${rest}\n`)
      for (const fault of row.faults)
        terminal.data(`  ${terminal.paint('fail', printable(fault))}\n`)
      for (const note of row.notes) terminal.data(`  ${terminal.paint('warn', printable(note))}\n`)
      const under = runs.get(row.exec) ?? []
      if (under.length > 0) terminal.data(`  runs under way: ${under.join(', ')}\n`)
    }
    terminal.note(`${rows.length} audited, ${told.length} with something to know`)
  }
  return told.length === 0 ? exits.done : exits.failed
}

/** Whether each package is in its log as it was locked; ends with 1 when one is not. */
export async function verify(terminal: Terminal, values: AuditValues): Promise<number> {
  const { rows } = await auditOf(values)
  if (values.name !== undefined && rows.length === 0)
    throw new IonError('CLI_USAGE', `The lock has no "${values.name}" from a registry.`)
  const broken = rows.filter(({ faults }) => faults.length > 0)
  if (values.json === true) printJson(terminal, { verified: rows, isTrusted: broken.length === 0 })
  else
    for (const { key, leaf, faults, sigstore } of rows) {
      const isGood = faults.length === 0
      const mark = terminal.paint(
        isGood ? 'ok' : 'fail',
        isGood ? terminal.glyphs.ok : terminal.glyphs.fail,
      )
      terminal.data(`${mark} ${printable(key)}${leaf === undefined ? '' : ` leaf ${leaf}`}\n`)
      for (const fault of faults) terminal.data(`    ${printable(fault)}\n`)
      if (sigstore !== undefined) terminal.data(`    ${printable(signedWords(sigstore))}\n`)
    }
  return broken.length === 0 ? exits.done : exits.failed
}

function signedWords({
  isVerified,
  identity = '',
  issuer = '',
}: NonNullable<AuditRow['sigstore']>): string {
  if (isVerified) return `signed by ${identity} (${issuer})`
  if (identity !== '') return `its Sigstore bundle names ${identity} (${issuer})`
  return 'it has a Sigstore bundle that nobody verified; `sigstore:` of its registry in ionflux.yaml says who has to have signed'
}

async function auditOf(
  values: AuditValues,
): Promise<{ readonly rows: readonly AuditRow[]; readonly lock: Lock }> {
  const root = rootOf(values)
  const { lock, problem } = lockIn(openWorkingTree(root))
  if (problem !== undefined) throw new IonError('LOCK_MALFORMED', problem.message)
  if (lock === undefined)
    throw new IonError('CLI_USAGE', 'There is no ionflux.lock here. `ionflux lock` writes it.')
  const isRebuilt = values.rebuild === true
  return { lock, rows: await auditLock({ root, lock, name: values.name, isRebuilt }) }
}
