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
    releases: releases.map(({ version, yanked }) => ({ version, isYanked: yanked !== undefined })),
    log: { origin: registry.checkpoint.origin, size: registry.checkpoint.size },
  }
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
