/**
 * `info`: what a registry knows of an entry, held to its log.
 */
import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { parseReference } from '#engine/dsl/reference.ts'
import { registryOf } from '#engine/host/registry/choose.ts'
import { openIndex } from '#engine/host/registry/open.ts'
import type { PublishEvent } from '#registry/event.ts'
import { allReleases, resolveRelease } from '#registry/lookup.ts'
import type { Registry } from '#registry/open.ts'
import { trustOf } from '#registry/view/score.ts'
import type { EntryHead, ReleaseView, TrustScore } from '#registry/view/view.ts'

import { type PlaceValues, registriesHere } from './place.ts'

export interface InfoValues extends PlaceValues {
  readonly reference: string
  readonly json?: boolean
}

/** One release with everything around it. */
interface Shown {
  readonly head: EntryHead
  readonly release: ReleaseView
  readonly body: PublishEvent
  readonly releases: readonly ReleaseView[]
  readonly trust: TrustScore
}

export async function info(terminal: Terminal, values: InfoValues): Promise<number> {
  const reference = parseReference(values.reference)
  const [namespace = '', short] = reference?.name.split('/') ?? []
  if (reference === undefined || short === undefined)
    throw new IonError('CLI_USAGE', `"${values.reference}" is no reference: namespace/name@range.`)
  const name = `${namespace}/${short}`
  await using opened = await openIndex(registryOf(registriesHere(values), namespace))
  const { registry } = opened
  const { entry, release } = await resolveRelease(registry, { name, range: reference.range })
  const releases = await allReleases(registry, entry)
  const { body } = release.event
  if (body.event !== 'publish') throw new Error('a release is a publish')
  const now = new Date().toISOString()
  const trust = trustOf({ head: entry.head, releases }, now, registry.witnesses.length)
  const shown: Shown = { head: entry.head, release, body, releases, trust }
  if (values.json === true) printJson(terminal, jsonOf(registry, shown))
  else show(terminal, registry, shown)
  return exits.done
}

function jsonOf(registry: Registry, shown: Shown): object {
  const { head, release, body, releases, trust } = shown
  return {
    ...head,
    trust,
    release: {
      version: release.version,
      digest: body.digest,
      exec: body.exec,
      alias: release.alias,
      leaf: release.leaf,
      source: body.source,
      caps: body.caps,
      capsDigest: release.capsDigest,
      requires: body.requires,
      engines: body.engines,
      actions: body.actions ?? [],
      license: body.license ?? null,
      provenance: body.provenance,
      publishedAt: body.at,
      signedBy: release.event.signatures.map(({ key }) => key),
      yanked: release.yanked ?? null,
      advisories: release.advisories ?? [],
    },
    health: healthOf(shown),
    releases: releases.map(({ version, yanked }) => ({ version, isYanked: yanked !== undefined })),
    log: { origin: registry.checkpoint.origin, size: registry.checkpoint.size },
  }
}

interface Health {
  /** When the newest release of all was taken. */
  readonly lastRelease: string
  /** Of the release that is shown. */
  readonly tests: NonNullable<PublishEvent['tests']> | null
  readonly audit: NonNullable<PublishEvent['audit']> | null
  /** Advisories that concern it. */
  readonly advisories: number
  /** How many powers it asks for, and how many of these are open (`*`). */
  readonly powers: number
  readonly openPowers: number
}

function healthOf({ body, release, releases }: Shown): Health {
  const dates = releases.map(({ event }) => event.body.at).toSorted()
  const powers = Object.values(body.caps).flat()
  return {
    lastRelease: dates.at(-1) ?? body.at,
    tests: body.tests ?? null,
    audit: body.audit ?? null,
    advisories: release.advisories?.length ?? 0,
    powers: powers.length,
    openPowers: powers.filter((one) => one.includes('*')).length,
  }
}

/** When it was released and how it fares, in one line each. */
function healthWords(shown: Shown): readonly (readonly [string, string])[] {
  const { head, body } = shown
  const { lastRelease, tests, audit } = healthOf(shown)
  const { dependents, forks } = head.usage
  const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`
  const since = lastRelease.slice(0, 10)
  const day = body.at.slice(0, 10)
  const checked = [
    tests === null ? 'no tests' : count(tests.passed, 'test passes', 'tests pass'),
    ...(tests?.coverage === undefined ? [] : [`reaching ${tests.coverage} %`]),
    ...(audit === null
      ? []
      : [`audit: ${audit.high} high, ${audit.medium} medium, ${audit.low} low`]),
  ]
  return [
    ['released', day === since ? day : `${day}, the last one ${since}`],
    ['health', checked.join(', ')],
    ['used by', `${count(dependents, 'entry', 'entries')}, ${count(forks, 'fork', 'forks')}`],
  ]
}

function show(terminal: Terminal, registry: Registry, shown: Shown): void {
  const { head, release, body, releases, trust } = shown
  const line = (label: string, text: string): void => {
    if (text !== '')
      terminal.data(`  ${terminal.paint('muted', label.padEnd(10))} ${printable(text)}\n`)
  }
  terminal.data(
    `${terminal.paint('bold', printable(`${head.name}@${release.version}`))} ${terminal.paint('muted', head.kind)}\n`,
  )
  line('', body.description ?? '')
  warn(terminal, shown)
  line('owner', head.owner)
  line('license', body.license ?? '')
  const { url, path, tag, commit } = body.source
  line('source', `${url}${path === '' ? '' : `//${path}`} ${tag} (${commit.slice(0, 12)})`)
  line('digest', body.digest)
  line('signed', release.event.signatures.map(({ key }) => key).join(', '))
  line(
    'log',
    `leaf ${release.leaf} of ${registry.checkpoint.size} in ${registry.checkpoint.origin}`,
  )
  const powers = Object.entries(body.caps).flatMap(([kind, list]) =>
    list.map((one) => `${kind} ${one}`),
  )
  line('may', powers.length === 0 ? 'nothing but compute' : powers.join(', '))
  line('needs', body.requires.join(', '))
  for (const { name, effects = '', description = '' } of body.actions ?? [])
    line(
      'action',
      [name, effects === '' ? '' : `(${effects})`, description]
        .filter((part) => part !== '')
        .join(' '),
    )
  const open = releases.filter(({ yanked }) => yanked === undefined).map(({ version }) => version)
  line(
    'versions',
    open.slice(0, 10).join(', ') + (open.length > 10 ? `, ${open.length - 10} more` : ''),
  )
  for (const [label, text] of healthWords(shown)) line(label, text)
  line('trust', `${trust.score} of 100`)
  for (const { points, text } of trust.reasons)
    line('', `${points > 0 ? '+' : ''}${points} ${text}`)
}

/** What whoever uses it should see first. */
function warn(terminal: Terminal, { head, release }: Shown): void {
  const say = (text: string): void =>
    terminal.data(`  ${terminal.paint('warn', terminal.glyphs.left)} ${printable(text)}\n`)
  if (release.yanked !== undefined) say(`This version is yanked: ${release.yanked.reason}`)
  if (release.suspect !== undefined) say(release.suspect)
  if (release.moved !== undefined) say('Its tag leads to another commit now.')
  if (head.deprecated !== undefined) {
    const { message, instead } = head.deprecated
    say(`Deprecated: ${message}${instead === undefined ? '' : ` Instead: ${instead}.`}`)
  }
  for (const { id, severity, summary, fixed } of head.advisories ?? []) {
    if (release.advisories?.includes(id) !== true) continue
    say(`${id} (${severity}): ${summary}${fixed === undefined ? '' : ` Mended in ${fixed}.`}`)
  }
  if (head.transfer !== undefined)
    say(`The namespace goes to ${head.transfer.owner} on ${head.transfer.from.slice(0, 10)}.`)
}
