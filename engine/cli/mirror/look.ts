/**
 * `mirror ls|status`: what is followed, how far each got, and what a person should look at.
 */
import { printInstant } from '#engine/core/instant.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import type { PlaceValues } from '#engine/cli/place.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal, Tone } from '#engine/cli/terminal.ts'
import {
  type Fact,
  type Facts,
  getMirror,
  type Mirror,
  type MirrorHost,
  type MirrorStatus,
  stages,
  statusOf,
} from '#engine/host/mirror/open.ts'

import { heldLines } from '#engine/cli/watch/held.ts'
import { countWords } from '#engine/plan/approval/held.ts'

import { incidentJson, mirrorJson, type MirrorValues, withMirrors } from './place.ts'

const tones: Readonly<Record<MirrorStatus, Tone>> = {
  new: 'muted',
  current: 'ok',
  behind: 'run',
  broken: 'fail',
  held: 'wait',
  gone: 'warn',
}

/** One line for each mirror. */
export async function listMirrors(terminal: Terminal, values: MirrorValues): Promise<number> {
  return await withMirrors(values, ({ store }) => {
    const mirrors = store.list()
    if (values.json === true) {
      const rows = mirrors.map((mirror) => mirrorJson(mirror, store.facts(mirror.id)))
      printJson(terminal, { mirrors: rows })
      return exits.done
    }
    const width = Math.max(4, ...mirrors.map(({ name }) => name.length)) + 2
    for (const mirror of mirrors) {
      const facts = store.facts(mirror.id)
      const status = statusOf(mirror, facts)
      const commits = stages.map((stage) => facts[stage].commit?.slice(0, 7) ?? '-').join(' ')
      const branch = printable(mirror.branch ?? '-')
      const word = terminal.isDataSeen
        ? terminal.paint(tones[status], status.padEnd(8))
        : status.padEnd(8)
      const waits = waitingWords(mirror, facts)
      const line = `${mirror.name.padEnd(width)}${word}  ${commits}  ${branch}${waits}`
      terminal.data(`${line}\n`)
    }
    if (mirrors.length === 0) {
      terminal.note('Nothing is followed here.\nNext: ionflux mirror add https://HOST/OWNER/REPO')
    }
    return exits.done
  })
}

/** What somebody has to look at before it becomes active, in a few words. */
function waitingWords({ hold }: Mirror, { mirrored, active }: Facts): string {
  const { commit, held } = active.problem ?? {}
  if (hold !== undefined || held === undefined || commit !== mirrored.commit) return ''
  const found = countWords(held.findings)
  const what = held.byOperator ? 'needs approval' : 'cannot become active'
  return `  ${what}${found === '' ? '' : `: ${found}`}`
}

/** All that is known, for people. */
export async function showStatus(
  terminal: Terminal,
  values: MirrorValues & { readonly name?: string | undefined },
): Promise<number> {
  return await withMirrors(values, (host) => {
    const { store } = host
    const chosen = values.name === undefined ? store.list() : [getMirror(store, values.name)]
    if (values.json === true) {
      printJson(terminal, { mirrors: chosen.map((mirror) => whole(host, mirror)) })
      return exits.done
    }
    for (const mirror of chosen) print(terminal, host, { mirror, place: placeOf(values) })
    if (chosen.length === 0) terminal.note('Nothing is followed here.')
    return exits.done
  })
}

function whole({ store }: MirrorHost, mirror: Mirror): Readonly<Record<string, unknown>> {
  const { checkedAt, nextAt } = store.polling(mirror.id) ?? { nextAt: 0 }
  const incidents = store.incidents({ mirror: mirror.id, limit: incidentsShownMax })
  return {
    ...mirrorJson(mirror, store.facts(mirror.id)),
    checked_at: checkedAt === undefined ? null : printInstant(checkedAt),
    next_at: printInstant(nextAt),
    incidents: incidents.map(incidentJson),
  }
}

const incidentsShownMax = 100

function placeOf({ repo, dataDir }: MirrorValues): PlaceValues {
  return { repo, dataDir }
}

interface Shown {
  readonly mirror: Mirror
  readonly place: PlaceValues
}

function print(terminal: Terminal, { store }: MirrorHost, { mirror, place }: Shown): void {
  const facts = store.facts(mirror.id)
  const status = statusOf(mirror, facts)
  const paint = (tone: Tone, text: string): string =>
    terminal.isDataSeen ? terminal.paint(tone, text) : text
  const bound = mirror.paths.length === 0 ? '' : `  ${printable(mirror.paths.join(' '))}`
  const branch = printable(mirror.branch ?? '')
  terminal.data(`${paint('bold', mirror.name)}  ${paint(tones[status], status)}\n`)
  terminal.data(`  ${printable(mirror.url)}  ${branch}${bound}\n`)
  for (const stage of stages) terminal.data(`  ${stage.padEnd(9)} ${factText(facts[stage])}\n`)
  const { held: waiting } = facts.active.problem ?? {}
  if (waiting !== undefined)
    for (const line of heldLines(paint, waiting, place)) terminal.data(`            ${line}\n`)
  const { hold } = mirror
  if (hold !== undefined) terminal.data(`  ${paint('wait', 'held')} ${printable(hold.reason)}\n`)
  const open = { mirror: mirror.id, isOpen: true, limit: incidentsShownMax }
  for (const { message, at } of store.incidents(open))
    terminal.data(`  ${paint('warn', 'incident')} ${minuteOf(at)} ${printable(message)}\n`)
}

function factText({ commit, at, flows, problem }: Fact): string {
  const when = at === undefined ? '' : `  ${minuteOf(at)}`
  const many = flows === undefined ? '' : `  ${flows} ${flows === 1 ? 'flow' : 'flows'}`
  const wrong =
    problem === undefined ? '' : `\n            ${problem.code}: ${printable(problem.message)}`
  return `${commit?.slice(0, 12) ?? '-'}${when}${many}${wrong}`
}

function minuteOf(at: number): string {
  return `${printInstant(at).slice(0, 16).replace('T', ' ')} UTC`
}
