/**
 * `mirror sync`: looks at remotes now. Several at once, a few for each host.
 */
import type { Code } from '#engine/core/codes.ts'
import { IonError } from '#engine/core/error.ts'
import { exitOfCode, exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { getMirror, type Mirror, type MirrorHost } from '#engine/host/mirror/open.ts'
import { openSync, type SyncReport } from '#engine/host/mirror/sync.ts'

import { mirrorJson, type MirrorValues, withMirrors } from './place.ts'

export interface SyncValues extends MirrorValues {
  readonly name?: string | undefined
  readonly all?: boolean
  readonly again?: boolean
}

/** Ends with the code of the first failure, with 3 when a head has mistakes. */
export async function sync(terminal: Terminal, values: SyncValues): Promise<number> {
  return await withMirrors(values, async (host) => {
    const { name, all = false } = values
    if ((name === undefined) !== all) {
      const message = 'Name the mirror to sync, or write --all for all of them.'
      throw new IonError('CLI_USAGE', message)
    }
    const chosen = name === undefined ? host.store.list() : [getMirror(host.store, name)]
    const call = { terminal, host, values }
    const synced = await syncEach(call, chosen, (one) => tellSynced(call, one))
    return synced === undefined ? exits.interrupted : endOf(call, synced)
  })
}

interface Call {
  readonly terminal: Terminal
  readonly host: MirrorHost
  readonly values: { readonly json?: boolean; readonly again?: boolean }
}

/** What came of a mirror: its report, or why there is none. */
type Synced = SyncReport | Pick<Required<SyncReport>, 'mirror' | 'failure'>

/** Syncs several at once; undefined after an interruption. */
export async function syncEach(
  { terminal, host, values }: Call,
  mirrors: readonly Mirror[],
  onEach: (one: Synced) => void,
): Promise<readonly Synced[] | undefined> {
  const stop = new AbortController()
  const cancel = (): void => stop.abort()
  process.once('SIGINT', cancel).once('SIGTERM', cancel)
  try {
    const one = openSync(host)
    return await Promise.all(
      mirrors.map(async (mirror): Promise<Synced> => {
        const slow = tellSlow(terminal, mirror)
        const isForced = values.again === true
        const wish = { ...slow, isForced, signal: stop.signal }
        const synced = await one(mirror, wish)
          .catch((thrown: unknown) => failed(mirror, thrown))
          .finally(slow.done)
        onEach(synced)
        return synced
      }),
    )
  } catch (thrown) {
    if (thrown instanceof IonError && thrown.code === 'RUN_CANCELLED') return undefined
    throw thrown
  } finally {
    process.off('SIGINT', cancel).off('SIGTERM', cancel)
  }
}

function failed(mirror: Mirror, thrown: unknown): Synced {
  if (!(thrown instanceof IonError) || thrown.code === 'RUN_CANCELLED') throw thrown
  const { code, message } = thrown
  return { mirror, failure: { stage: 'remote', code, message } }
}

/** Prints the document of a call with --json, and gives the exit code. */
export function endOf({ terminal, host, values }: Call, results: readonly Synced[]): number {
  if (values.json === true) {
    const rows = results.map(({ mirror, failure }) => ({
      ...mirrorJson(mirror, host.store.facts(mirror.id)),
      failure: failure ?? null,
    }))
    printJson(terminal, { mirrors: rows })
  }
  return exitOf(host, results)
}

function exitOf({ store }: MirrorHost, results: readonly Synced[]): number {
  const failed = results.find(({ failure }) => failure !== undefined)?.failure
  if (failed !== undefined) return exitOfCode(failed.code as Code)
  const problems = results.flatMap(({ mirror }) => {
    const { remote, mirrored, compiled } = store.facts(mirror.id)
    return [remote, mirrored, compiled].flatMap(({ problem }) => problem ?? [])
  })
  const [first] = problems
  return first === undefined ? exits.done : exitOfCode(first.code as Code)
}

const slowMs = 1_000

/** Says what takes long, once a second has passed. */
function tellSlow(
  terminal: Terminal,
  { name }: Mirror,
): { readonly onStage: (stage: string) => void; readonly done: () => void } {
  let stage = ''
  let isTold = false
  const say = (): void => {
    isTold = true
    if (stage !== '')
      terminal.note(`${terminal.paint('run', terminal.glyphs.run)} ${name}  ${stage}`)
  }
  const timer = setTimeout(say, slowMs)
  return {
    onStage: (next) => {
      stage = next
      if (isTold) say()
    },
    done: () => clearTimeout(timer),
  }
}

/** One line for a person; none with --json. */
export function tellSynced({ terminal, host, values }: Call, { mirror, failure }: Synced): void {
  if (values.json === true) return
  const { paint, glyphs } = terminal
  const line = (glyph: string, text: string): void =>
    terminal.note(`${glyph} ${mirror.name}  ${printable(text)}`)
  const { remote, mirrored, compiled } = host.store.facts(mirror.id)
  const wrong = failure ?? remote.problem ?? mirrored.problem ?? compiled.problem
  if (wrong !== undefined) line(paint('fail', glyphs.fail), wrong.message)
  else if (mirror.hold !== undefined) line(paint('wait', glyphs.wait), mirror.hold.reason)
  else {
    const { commit = '', flows = 0 } = compiled
    const many = flows === 1 ? '1 flow' : `${flows} flows`
    line(paint('ok', glyphs.ok), `${mirror.branch ?? ''} at ${commit.slice(0, 12)}, ${many}`)
  }
}
