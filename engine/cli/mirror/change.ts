/**
 * `mirror add|rm|hold|release`: which repositories are followed, and which of them rest.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'

import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { printable } from '#engine/cli/source.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { newMirror, type MirrorWish } from '#engine/host/mirror/new-mirror.ts'
import { getMirror } from '#engine/host/mirror/open.ts'

import { mirrorJson, type MirrorValues, withMirrors } from './place.ts'
import { syncAll } from './sync.ts'

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

/** Follows a repository, and looks at it at once: what is wrong with the address shows now. */
export async function addMirror(terminal: Terminal, values: AddValues): Promise<number> {
  return await withMirrors(values, async (host) => {
    const { url, name, branch, path: paths, maxCaps, tokenSecret } = values
    const wish: MirrorWish = { url, name, branch, paths, maxCaps, tokenSecret }
    const mirror = newMirror(wish, host.ports.clock.now())
    host.store.add(mirror)
    terminal.note(`${terminal.glyphs.ok} ${mirror.name} is followed: ${printable(mirror.url)}`)
    if (values.sync !== false) return await syncAll({ terminal, host, values }, [mirror])
    if (values.json === true) {
      printJson(terminal, { mirrors: [mirrorJson(mirror, host.store.facts(mirror.id))] })
    } else {
      const next = terminal.paint('muted', 'Next:')
      terminal.note(`${next} ionflux mirror sync ${mirror.name}`)
    }
    return exits.done
  })
}

export interface NamedValues extends MirrorValues {
  readonly name: string
}

/** Its content stays in the store: what is active may still need it. */
export async function removeMirror(terminal: Terminal, values: NamedValues): Promise<number> {
  return await withMirrors(values, ({ store, ports }) => {
    const { id, name } = getMirror(store, values.name)
    {
      using claim = ports.claim(id)
      store.remove(id)
      if (claim !== undefined) rmSync(join(ports.folder, id), { recursive: true, force: true })
    }
    rmSync(join(ports.folder, `${id}.lock`), { force: true })
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
