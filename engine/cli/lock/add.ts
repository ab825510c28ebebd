/**
 * `add` and `update`: packages of other repositories, with the consent to what they may do.
 */
import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { dataDirOf } from '#engine/cli/place.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { compareVersions, compatibleRange } from '#engine/dsl/reference.ts'
import { suggest } from '#engine/dsl/suggest.ts'
import {
  lockState,
  offerPackage,
  offerUpdate,
  withPackage,
  writeLock,
  type Offer,
} from '#engine/host/lock/change-lock.ts'
import { lockIn } from '#engine/host/lock/lock-in.ts'
import { coolingOf, isFresh } from '#engine/host/lock/cooldown.ts'
import type { NewerRelease } from '#engine/host/lock/newer.ts'
import { openBundleCache } from '#engine/host/repository/bundle-cache.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'
import { keyOf, type Lock, type LockedPackage, printLock } from '#engine/plan/lock/lock.ts'

import { isAccepted, isAsked } from '#engine/cli/upstream/ask.ts'

import { rootOf } from './lock.ts'

interface Values {
  readonly acceptCaps?: boolean
  readonly json?: boolean
  readonly repo?: string
  readonly dataDir?: string
}
export interface AddValues extends Values {
  readonly source: string
}
export interface UpdateValues extends Values {
  readonly name?: string | undefined
  readonly dryRun?: boolean
}

/** Adds one package; ends with 4 when nobody consented to what it may do. */
export async function add(terminal: Terminal, values: AddValues): Promise<number> {
  const root = rootOf(values)
  const before = lockOf(root)
  const offer = await offerPackage(values.source, { root, before })
  tell(terminal, offer)
  await demandConsent([offer], values)
  await write(root, withPackage(before, offer), values)
  const { name } = offer.package
  if (values.json === true) printJson(terminal, { added: { ...offer.package } })
  else terminal.note(`${keyOf(offer.package)} added. Use it: use: ${useOf(name, offer)}`)
  return exits.done
}

/** What a step writes: the range that was asked for, else the one that takes no breaking release. */
function useOf(name: string, { manifest, package: { source } }: Offer): string {
  const [action = 'default'] = Object.keys(manifest.actions)
  const asked = source.kind === 'git' ? source.log?.asked : undefined
  const range = asked === undefined || asked === '*' ? compatibleRange(manifest.version) : asked
  return action === 'default' ? `${name}@${range}` : `${name}/${action}@${range}`
}

/** Takes the newest of what each package was asked by, and says what is newer still. */
export async function update(terminal: Terminal, values: UpdateValues): Promise<number> {
  const root = rootOf(values)
  let lock = lockOf(root)
  const offers: Offer[] = []
  const waiting: string[] = []
  const beyond: Beyond[] = []
  for (const one of chosen(lock, values.name)) {
    const offer = await offerUpdate(one, { root, before: lock ?? { packages: [], flows: [] } })
    if (offer.beyond !== undefined) beyond.push(beyondOf(offer, offer.beyond))
    if (offer.package.digest === one.digest) continue
    if (values.name === undefined && isFresh(offer, coolingOf(root, one.name))) {
      waiting.push(keyOf(offer.package))
      continue
    }
    offers.push(offer)
    tell(terminal, offer)
    lock = withPackage(lock, offer)
  }
  const isWritten = offers.length > 0 && values.dryRun !== true
  if (isWritten && lock !== undefined) {
    await demandConsent(offers, values)
    await write(root, lock, values)
  }
  if (values.json === true) {
    const updates = offers.map((offer) => ({
      before: offer.before === undefined ? null : keyOf(offer.before),
      after: { ...offer.package },
      grown: [...offer.grown],
    }))
    printJson(terminal, { updates, waiting, beyond, isWritten })
  } else tellRest(terminal, { isChanged: offers.length > 0, waiting, beyond })
  return exits.done
}

/** A release that is higher than what the range of a package takes. */
interface Beyond extends NewerRelease {
  readonly name: string
  readonly asked: string
}

function beyondOf({ package: { name, source } }: Offer, newer: NewerRelease): Beyond {
  const asked = source.kind === 'git' ? source.log?.asked : undefined
  return { name, asked: asked ?? '*', ...newer }
}

interface Rest {
  readonly isChanged: boolean
  readonly waiting: readonly string[]
  readonly beyond: readonly Beyond[]
}

/** What was not taken, and how it is. */
function tellRest(terminal: Terminal, { isChanged, waiting, beyond }: Rest): void {
  for (const one of waiting)
    terminal.note(`${printable(one)} is too new to be taken unasked; name it to take it now.`)
  for (const { name, asked, version, grown } of beyond) {
    const asks = grown.length === 0 ? '' : `, which newly asks for ${grown.join(', ')}`
    const how = `\`ionflux add ${name}@${compatibleRange(version)}\` takes it.`
    terminal.note(printable(`${name}@${version} is newest${asks}; "${asked}" keeps it out. ${how}`))
  }
  if (isChanged || waiting.length > 0) return
  terminal.note(
    beyond.length === 0 ? 'Everything is at its newest.' : 'Nothing that was asked for is newer.',
  )
}

function lockOf(root: string): Lock | undefined {
  const { lock, problem } = lockIn(openWorkingTree(root))
  if (problem !== undefined) throw new IonError('LOCK_MALFORMED', problem.message)
  return lock
}

function chosen(lock: Lock | undefined, name: string | undefined): readonly LockedPackage[] {
  const all = (lock?.packages ?? []).filter(({ source }) => source.kind === 'git')
  if (name === undefined) return all
  const found = all.filter((one) => one.name === name)
  if (found.length > 0) return found
  const near = suggest(
    name,
    all.map((one) => one.name),
  )
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`
  throw new IonError('CLI_USAGE', `The lock has no package "${name}" from elsewhere.${hint}`)
}

/** What a package is and may do, and what of that is new. */
function tell(terminal: Terminal, offer: Offer): void {
  const { package: locked, manifest, before, grown, notes = [] } = offer
  const isBack = before !== undefined && compareVersions(locked.version, before.version) < 0
  const was =
    before === undefined ? '' : ` (was ${before.version}${isBack ? ', which is higher' : ''})`
  const { source } = locked
  terminal.note(`${terminal.paint('bold', printable(keyOf(locked)))}${was}`)
  if (manifest.description !== undefined) terminal.note(`  ${printable(manifest.description)}`)
  if (source.kind === 'git') terminal.note(`  from ${printable(source.url)} at ${source.commit}`)
  for (const note of notes) terminal.note(`  ${terminal.paint('warn', printable(note))}`)
  const actions = Object.entries(manifest.actions).map(
    ([name, { effects }]) => `${name} (${effects})`,
  )
  terminal.note(`  actions: ${printable(actions.join(', '))}`)
  if (grown.length === 0) return terminal.note('  asks for no power that it did not have')
  for (const power of grown) terminal.note(`  ${terminal.paint('warn', 'may')} ${printable(power)}`)
}

async function demandConsent(
  offers: readonly Offer[],
  { acceptCaps = false }: Values,
): Promise<void> {
  const grown = offers.flatMap((offer) => offer.grown)
  if (grown.length === 0 || acceptCaps) return
  if (isAsked() && (await isAccepted('May it?'))) return
  throw new IonError(
    'CAP_NOT_GRANTED',
    `Nobody consented to ${grown.join(', ')}. Call it again with --accept-caps if it may.`,
    { data: { grown } },
  )
}

/** Writes the package first, so that the flows that use it can be read, then the whole. */
async function write(root: string, lock: Lock, values: Values): Promise<void> {
  writeLock(root, printLock(lock))
  const cache = openBundleCache(dataDirOf(values))
  const { text } = await lockState(root, { cache })
  if (text !== undefined) writeLock(root, text)
}
