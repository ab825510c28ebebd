/**
 * `watch`: syncs the mirrors, makes active what may be, starts flows, and reports back, until
 * it is told to stop. One line for each thing that happened.
 */
import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import { dataDirOf, type PlaceValues } from '#engine/cli/place.ts'
import { planMarkdown, planMarker } from '#engine/cli/plan/plan-markdown.ts'
import { printable } from '#engine/cli/source.ts'
import { ageOf, countOf, sizeText } from '#engine/cli/data/words.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import type { WatchEvent } from '#engine/host/watch/events.ts'
import { openWatcher, type WatchWish } from '#engine/host/watch/open.ts'

import { heldJson, heldLines } from './held.ts'
import { type PublishingValues, publishingOf } from './publishing.ts'

export interface WatchValues extends PlaceValues, PublishingValues {
  readonly once?: boolean
  /** How long ended runs are kept. */
  readonly keep?: string
  /** `HOST:PORT` */
  readonly listen?: string
  readonly webhookSecret?: string
  readonly forge?: string
  readonly token?: string
  readonly environment?: string
  readonly json?: boolean
}

/** Ends with 0 after `--once` and after a stop that was asked for. */
export async function watch(terminal: Terminal, values: WatchValues): Promise<number> {
  const wish: WatchWish = {
    directory: dataDirOf(values),
    environment: values.environment,
    keepMs: ageOf('--keep', values.keep),
    forge: forgeOf(values),
    listen: placeOf(values),
    publishing: publishingOf(values),
    marker: planMarker,
    render: (change) => planMarkdown(change, new Map()),
    emit: (event) =>
      terminal.data(
        values.json === true
          ? `${JSON.stringify(jsonOf(event, values))}\n`
          : `${lineOf(terminal, event, values)}\n`,
      ),
  }
  const stop = onStop(terminal)
  try {
    await using watcher = await openWatcher(wish)
    await (values.once === true ? watcher.once() : watcher.run(stop.signal))
    return exits.done
  } finally {
    stop[Symbol.dispose]()
  }
}

function forgeOf({ forge, token }: WatchValues): WatchWish['forge'] {
  if (token === undefined) {
    if (forge === undefined) return undefined
    throw new IonError('CLI_USAGE', '--forge needs --token NAME, the secret that it is sent.')
  }
  return { apiUrl: (forge ?? 'https://api.github.com').replace(/\/+$/, ''), tokenSecret: token }
}

function placeOf({ listen, webhookSecret: secret }: WatchValues): WatchWish['listen'] {
  if (listen === undefined) {
    if (secret === undefined) return undefined
    throw new IonError('CLI_USAGE', '--webhook-secret needs --listen HOST:PORT.')
  }
  const [, host = '', port = ''] = /^(?:\[?([^\]]*?)\]?:)?(\d{1,5})$/.exec(listen) ?? []
  if (port === '' || Number(port) > 65_535)
    throw new IonError('CLI_USAGE', `"${listen}" is no place to listen at; write HOST:PORT.`)
  return { host: host === '' ? '127.0.0.1' : host, port: Number(port), secret }
}

interface Stop extends Disposable {
  readonly signal: AbortSignal
}

/** The first signal lets what is under way end, the second one does not. */
function onStop(terminal: Terminal): Stop {
  const stopped = new AbortController()
  const heard = (): void => {
    if (stopped.signal.aborted) process.exit(exits.interrupted)
    terminal.note('Stopping; what is under way ends first. Once more to leave at once.')
    stopped.abort()
  }
  const names = ['SIGINT', 'SIGTERM'] as const
  for (const name of names) process.on(name, heard)
  return {
    signal: stopped.signal,
    [Symbol.dispose]: () => names.forEach((name) => process.off(name, heard)),
  }
}

function jsonOf(event: WatchEvent, { repo, dataDir }: PlaceValues): object {
  if (event.event !== 'held') return event
  const { held, ...rest } = event
  return { ...rest, ...heldJson(held, { repo, dataDir }) }
}

/** One event in words. Names and messages may come from strangers. */
function lineOf({ paint }: Terminal, event: WatchEvent, place: PlaceValues): string {
  const short = (commit: string): string => commit.slice(0, 12)
  switch (event.event) {
    case 'listening':
      return `listening at ${event.url}`
    case 'watching':
      return `watching ${countOf(event.mirrors, 'mirror')}`
    case 'synced': {
      const at = event.commit === undefined ? '' : ` at ${short(event.commit)}`
      const line = `${event.mirror}: ${event.status}${at}`
      return event.problem === undefined
        ? line
        : paint('fail', `${line}: ${printable(event.problem)}`)
    }
    case 'activated':
      return paint(
        'ok',
        `${event.mirror}: ${short(event.commit)} is active, ${countOf(event.flows, 'flow')}`,
      )
    case 'held': {
      const why = event.reasons.map((one) => printable(one)).join(' ')
      const line = paint('wait', `${event.mirror}: ${short(event.commit)} is held. ${why}`)
      return [line, ...heldLines(paint, event.held, place).map((one) => `  ${one}`)].join('\n')
    }
    case 'incident':
      return paint('fail', `${event.mirror}: ${event.kind}: ${printable(event.message)}`)
    case 'started':
      return `${event.mirror}: ${event.flow} started by ${event.trigger} as ${event.run}`
    case 'refused':
      return paint(
        'fail',
        `${event.mirror}: ${event.flow} not started: ${printable(event.message)}`,
      )
    case 'skipped':
      return `${event.mirror}: ${event.flow} let ${event.times} times of ${event.trigger} go`
    case 'planned':
      return `${event.mirror}: pull request ${event.pull} planned`
    case 'published':
      return paint('ok', `${event.mirror}: ${event.release} is published, leaf ${event.leaf}`)
    case 'unpublished': {
      const again = event.isAgain ? ' It is tried again.' : ''
      return paint('fail', `${event.mirror}: ${printable(event.message)}${again} (${event.code})`)
    }
    case 'tag-told':
      return `${event.mirror}: the registry knows that the tag of ${event.release} moved`
    case 'reported':
      return `${event.mirror}: reported ${event.state} on ${short(event.commit)}`
    case 'freed': {
      return `freed ${countOf(event.runs, 'run')}, ${sizeText(event.bytes)}`
    }
    case 'problem':
      return paint('fail', `${event.about}: ${printable(event.message)} (${event.code})`)
  }
}
