/**
 * `mirror add|rm|hold|release`: which repositories are followed, and which of them rest.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'

import type { Code } from '#engine/core/codes.ts'
import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { newMirror, type MirrorWish } from '#engine/host/mirror/new-mirror.ts'
import { getMirror, type Mirror, type MirrorHost } from '#engine/host/mirror/open.ts'

import { mirrorJson, type MirrorValues, withMirrors } from './place.ts'
import { endOf, syncEach, tellSynced } from './sync.ts'

export interface AddValues extends MirrorValues {
  readonly url: string
  readonly name?: string
  readonly branch?: string
  readonly path?: readonly string[]
  readonly maxCaps?: readonly string[]
  readonly tokenSecret?: string
  /** False for `--no-sync`. */
  readonly sync?: boolean
}

/**
 * Follows a repository, and looks at it at once: what is wrong with the address shows now, and
 * one that cannot be read is not followed.
 */
export async function addMirror(terminal: Terminal, values: AddValues): Promise<number> {
  return await withMirrors(values, async (host) => {
    const { url, name, branch, path: paths, maxCaps, tokenSecret } = values
    const wish: MirrorWish = { url, name, branch, paths, maxCaps, tokenSecret }
    const mirror = newMirror(wish, host.ports.clock.now())
    host.store.add(mirror)
    const followed = `${terminal.glyphs.ok} ${mirror.name} is followed: ${printable(mirror.url)}`
    if (values.sync !== false) {
      const call = { terminal, host, values }
      const synced = await firstLook(call, mirror)
      if (synced === undefined) return exits.interrupted
      terminal.note(followed)
      for (const one of synced) tellSynced(call, one)
      const exit = endOf(call, synced)
      if (exit === exits.done) tellNext(terminal, `mirror activate ${mirror.name}`)
      return exit
    }
    terminal.note(followed)
    if (values.json === true) {
      printJson(terminal, { mirrors: [mirrorJson(mirror, host.store.facts(mirror.id))] })
    } else {
      tellNext(terminal, `mirror sync ${mirror.name}`)
    }
    return exits.done
  })
}

function tellNext({ note, paint }: Terminal, call: string): void {
  note(`${paint('muted', 'Next:')} ionflux ${call}`)
}

type FirstLook = Awaited<ReturnType<typeof syncEach>>

/** Undefined after an interruption. Whatever keeps the mirror from being read is thrown. */
async function firstLook(call: Parameters<typeof syncEach>[0], mirror: Mirror): Promise<FirstLook> {
  const { host } = call
  let isRead = false
  try {
    const synced = await syncEach(call, [mirror], () => {})
    const { remote, mirrored } = host.store.facts(mirror.id)
    isRead = synced !== undefined && mirrored.commit !== undefined
    if (isRead || synced === undefined) return synced
    const wrong = synced[0]?.failure ?? remote.problem ?? mirrored.problem
    const message = `${wrong?.message ?? 'Nothing of it could be read.'} So "${mirror.name}" is not followed; --no-sync follows it all the same.`
    const data = { mirror: mirror.name, url: mirror.url }
    throw new IonError((wrong?.code ?? 'MIRROR_FETCH_FAILED') as Code, message, { data })
  } finally {
    if (!isRead) forget(host, mirror.id)
  }
}

function forget({ store, ports }: MirrorHost, id: string): void {
  {
    using claim = ports.claim(id)
    store.remove(id)
    if (claim !== undefined) rmSync(join(ports.folder, id), { recursive: true, force: true })
  }
  rmSync(join(ports.folder, `${id}.lock`), { force: true })
}

export interface NamedValues extends MirrorValues {
  readonly name: string
}

/** Its content stays in the store: what is active may still need it. */
export async function removeMirror(terminal: Terminal, values: NamedValues): Promise<number> {
  return await withMirrors(values, (host) => {
    const { id, name } = getMirror(host.store, values.name)
    forget(host, id)
    if (values.json === true) printJson(terminal, { removed: name })
    else terminal.note(`${terminal.glyphs.ok} ${name} is followed no longer`)
    return exits.done
  })
}

export interface HoldValues extends NamedValues {
  readonly reason?: string
}

/** Lets nothing of it become active. Syncs go on. */
export async function holdMirror(terminal: Terminal, values: HoldValues): Promise<number> {
  return await withMirrors(values, ({ store, ports }) => {
    const { id, name } = getMirror(store, values.name)
    const reason = (values.reason ?? 'somebody asked for it').slice(0, reasonCharsMax)
    store.apply(id, { hold: { reason, at: ports.clock.now(), by: 'person' } })
    const mirror = getMirror(store, id)
    if (values.json === true) printJson(terminal, mirrorJson(mirror, store.facts(id)))
    else {
      terminal.note(
        `${terminal.glyphs.wait} ${name} is held: ${printable(mirror.hold?.reason ?? '')}`,
      )
      terminal.note(`${terminal.paint('muted', 'Next:')} ionflux mirror release ${name}`)
    }
    return exits.done
  })
}

const reasonCharsMax = 1_000

export async function releaseMirror(terminal: Terminal, values: NamedValues): Promise<number> {
  return await withMirrors(values, ({ store, ports }) => {
    const { id, name, hold } = getMirror(store, values.name)
    const resolve = { kinds: ['history-rewritten'], at: ports.clock.now() } as const
    store.apply(id, { hold: null, resolve })
    if (values.json === true) {
      printJson(terminal, mirrorJson(getMirror(store, id), store.facts(id)))
    } else if (hold === undefined) terminal.note(`${name} is not held.`)
    else terminal.note(`${terminal.glyphs.ok} ${name} is released`)
    return exits.done
  })
}
