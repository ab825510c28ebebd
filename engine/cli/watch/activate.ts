/**
 * `mirror activate`, `mirror rollback` and `plan approve`: what a person decides about the
 * version of a mirror that is active. They need no watcher; one that works sees what they did.
 */
import { isDigest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import { countOf } from '#engine/cli/data/words.ts'
import { printJson } from '#engine/cli/output.ts'
import { dataDirOf, type PlaceValues } from '#engine/cli/place.ts'
import { whoAmI } from '#engine/cli/run/who.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { placeOf } from '#engine/host/activate/proposed.ts'
import { approvePlan, organisationMirror, withActivator } from '#engine/host/activate/by-hand.ts'
import { type Outcome, rollBack, tryActivate } from '#engine/host/activate/activate.ts'

import { heldJson, heldLines } from './held.ts'

export interface ActivateValues extends PlaceValues {
  readonly name: string
  readonly environment?: string
  readonly json?: boolean
}

export interface VersionValues extends ActivateValues {
  /** A branch, a tag or a commit; absent means the newest version. */
  readonly ref?: string | undefined
}

/** Ends with 4 when the version is held. */
export async function activate(terminal: Terminal, values: VersionValues): Promise<number> {
  const { json = false, environment, ref } = values
  const where = { ...whereOf(values), environment }
  return await withActivator(where, async ({ activator, mirror, find }) => {
    const version = ref === undefined ? undefined : await find(ref)
    const outcome = await tryActivate(activator, mirror, version)
    if (outcome.kind === 'none')
      throw new IonError(outcome.code ?? 'MIRROR_PLAN_UNAPPROVED', outcome.reason)
    if (outcome.kind === 'held') {
      tellHeld(terminal, values, outcome)
      return exits.denied
    }
    const { commit, flows, planDigest } = outcome.activation
    if (json)
      printJson(terminal, { active: { commit, planDigest, flows: flows.map(({ id }) => id) } })
    else {
      const isPinned = outcome.kind === 'activated' && version?.isOlder === true
      const held = isPinned ? ', and the mirror is on hold' : ''
      terminal.data(
        `${mirror.name}: ${commit} is active, ${countOf(flows.length, 'flow')}${held}\n`,
      )
    }
    return exits.done
  })
}

function tellHeld(
  terminal: Terminal,
  { json = false, repo, dataDir }: VersionValues,
  { proposal, held }: Extract<Outcome, { readonly kind: 'held' }>,
): void {
  const { verdict, version } = proposal
  const { planDigest } = held
  const reasons = verdict.may ? [] : verdict.reasons
  const place = { repo, dataDir }
  if (json) {
    const told = { commit: version.commit, planDigest, reasons, ...heldJson(held, place) }
    printJson(terminal, { held: told } as never)
  }
  for (const { code, message } of reasons)
    terminal.note(`${terminal.paint('fail', `error[${code}]`)}: ${printable(message)}`)
  for (const line of heldLines(terminal.paint, held, place)) terminal.note(`  ${line}`)
  if (!json) terminal.data(`plan ${planDigest}\n`)
}

/** Goes back to the version that was active before, and holds the mirror. */
export async function rollback(terminal: Terminal, values: ActivateValues): Promise<number> {
  return await withActivator(whereOf(values), ({ activator, mirror }) => {
    const { commit, flows } = rollBack(activator, mirror)
    if (values.json === true)
      printJson(terminal, { active: { commit, flows: flows.map(({ id }) => id) } })
    else terminal.data(`${mirror.name}: ${commit} is active again, and the mirror is on hold\n`)
    return exits.done
  })
}

export interface PolicyValues extends PlaceValues {
  readonly name?: string | undefined
  readonly clear?: boolean
  readonly json?: boolean
}

/** Names the repository whose policy counts for all others, or says which it is. */
export async function policy(terminal: Terminal, values: PolicyValues): Promise<number> {
  if (values.clear === true && values.name !== undefined)
    throw new IonError('CLI_USAGE', 'Write either a name or --clear, not both.')
  const wanted = values.clear === true ? null : values.name
  const name = await organisationMirror(dataDirOf(values), wanted)
  if (values.json === true) printJson(terminal, { policy: name ?? null })
  else if (name === undefined) terminal.data('each mirror has its own policy only\n')
  else terminal.data(`the policy of ${name} counts for every mirror\n`)
  return exits.done
}

export interface ApproveValues extends PlaceValues {
  readonly digest: string
  readonly as?: string
  /** Also a plan that is not proposed here yet. */
  readonly ahead?: boolean
  readonly json?: boolean
}

/** Records that the person at this terminal approves a plan. */
export function approve(terminal: Terminal, values: ApproveValues): number {
  const { digest } = values
  if (!isDigest(digest)) {
    const message = `"${printable(digest.slice(0, 100))}" is no digest of a plan: "sha256:" and 64 hex digits, as \`ionflux plan\` and \`ionflux watch\` print it.`
    throw new IonError('CLI_USAGE', message, { data: { digest: digest.slice(0, 100) } })
  }
  const name = whoAmI(values.as).replace(/^user:/, '')
  const wish = { planDigest: digest, name, isAhead: values.ahead === true }
  const { at, proposals } = approvePlan(dataDirOf(values), wish)
  if (values.json === true) {
    const rows = proposals.map(({ mirror, commit, pull }) => ({
      mirror,
      commit,
      pull: pull ?? null,
    }))
    printJson(terminal, { approved: { planDigest: digest, name, at, proposals: rows } })
    return exits.done
  }
  terminal.data(`${name} approves ${digest}\n`)
  for (const one of proposals) terminal.note(`  ${printable(placeOf(one))}`)
  const [version] = proposals.filter(({ pull }) => pull === undefined)
  if (version !== undefined) {
    const next = `ionflux mirror activate ${version.mirror}`
    terminal.note(`${terminal.paint('muted', 'Next:')} ${next}, unless a watcher does it`)
  }
  if (proposals.length === 0) terminal.note('  Nobody proposes it here yet.')
  return exits.done
}

function whereOf(values: ActivateValues): { readonly directory: string; readonly name: string } {
  return { directory: dataDirOf(values), name: values.name }
}
