/**
 * `registry check` and `registry rebuild`: a whole log, replayed from its first leaf, and
 * what is derived from it.
 */
import { resolve } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { nodeCrypto } from '#engine/host/registry/crypto.ts'
import { openFolder } from '#engine/host/registry/folder.ts'
import { readKey } from '#engine/host/registry/keys.ts'
import { openIndex } from '#engine/host/registry/open.ts'
import { holdFolder } from '#engine/host/registry/write.ts'
import { checkLog } from '#registry/check.ts'
import { isSame } from '#registry/bytes.ts'
import { vouchForViews } from '#registry/keep/append.ts'
import { rebuildViews } from '#registry/keep/views.ts'
import { checkpointPath } from '#registry/log/tiles.ts'
import { openRegistry, type Registry } from '#registry/open.ts'
import type { RegistryFiles } from '#registry/ports.ts'
import type { RegistryState } from '#registry/rules/state.ts'

export interface CheckValues {
  readonly address: string
  readonly quick?: boolean
  readonly json?: boolean
}

/** Throws `REG_LOG_BROKEN` with what is wrong first; views that differ end with 3. */
export async function check(terminal: Terminal, values: CheckValues): Promise<number> {
  await using opened = await openIndex({ address: values.address, from: process.cwd() })
  const { registry } = opened
  const state = await replay(terminal, registry, values.quick === true ? 'chains' : 'all')
  const files: RegistryFiles = { ...reading(registry), list: listOf(registry) }
  const rebuilt = await rebuildViews({ files, crypto: nodeCrypto }, { state, isWritten: false })
  const { checkpoint, trust, witnesses } = registry
  const isOff = checkpoint.views !== undefined && !isSame(checkpoint.views, rebuilt.top)
  const changed = [...rebuilt.changed, ...(isOff ? [checkpointPath] : [])]
  if (values.json === true) {
    printJson(terminal, {
      origin: checkpoint.origin,
      leaves: checkpoint.size,
      entries: state.entries.size,
      namespaces: state.namespaces.size,
      root: trust.digest,
      trustVersion: trust.root.version,
      witnesses: witnesses.map(({ key }) => key.name),
      areViewsNamed: checkpoint.views !== undefined,
      changed,
    })
  } else {
    terminal.note(
      `${terminal.paint('ok', terminal.glyphs.ok)} ${checkpoint.origin}: ${checkpoint.size} leaves, ${state.entries.size} entries of ${state.namespaces.size} namespaces`,
    )
    for (const path of changed) terminal.note(`  ${path} is not what the log says`)
    if (checkpoint.views === undefined) terminal.note(unnamed)
    if (changed.length > 0) terminal.note('`ionflux registry rebuild` writes them anew.')
  }
  return changed.length === 0 ? exits.done : exits.problems
}

function reading({ source }: Registry): Omit<RegistryFiles, 'list'> {
  const refuse = (): Promise<never> => Promise.reject(new Error('a check writes nothing'))
  return {
    label: source.label,
    read: async (path) => await source.read(path),
    write: refuse,
    remove: refuse,
  }
}

/** Only a folder can say which files it has; elsewhere a view too many is not seen. */
function listOf({ source }: Registry): RegistryFiles['list'] {
  const own = source as Partial<RegistryFiles>
  return async (folder) => (await own.list?.(folder)) ?? []
}

async function replay(
  terminal: Terminal,
  registry: Registry,
  signatures: 'all' | 'chains',
): Promise<RegistryState> {
  const progress = (done: number, of: number): void => {
    if (terminal.isLive) terminal.raw(`\r${done} of ${of} leaves`)
  }
  try {
    return await checkLog(registry, { signatures, progress })
  } finally {
    if (terminal.isLive) terminal.raw('\r\u001b[K')
  }
}

const unnamed =
  'Its checkpoint does not name its views; `ionflux registry rebuild --log-key FILE` signs one that does.'

export interface RebuildValues {
  readonly dir: string
  readonly logKey?: string
  readonly json?: boolean
}

/** Ends with 3 where the checkpoint names other views, and no key was given to sign it anew. */
export async function rebuild(terminal: Terminal, values: RebuildValues): Promise<number> {
  const folder = resolve(values.dir)
  const signer = values.logKey === undefined ? undefined : readKey(values.logKey)
  using _ = holdFolder(folder)
  const files = openFolder(folder)
  const registry = await openRegistry({ source: files, crypto: nodeCrypto })
  const state = await replay(terminal, registry, 'all')
  const { changed, top } = await rebuildViews(
    { files, crypto: nodeCrypto },
    { state, isWritten: true },
  )
  const { views } = registry.checkpoint
  const isNamed = views !== undefined && isSame(views, top)
  const isSigned = !isNamed && signer !== undefined
  if (isSigned) await vouchForViews({ files, crypto: nodeCrypto, signer }, { registry, top })
  if (values.json === true)
    printJson(terminal, {
      entries: state.entries.size,
      changed,
      areViewsNamed: isNamed || isSigned,
    })
  else {
    if (changed.length === 0) terminal.note('Everything is what the log says.')
    else terminal.note(`${changed.length} files were written anew.`)
    if (isSigned) terminal.note('The checkpoint names them now; its witnesses have to sign again.')
    else if (!isNamed) terminal.note(unnamed)
  }
  return isNamed || isSigned || views === undefined ? exits.done : exits.problems
}

/** Throws `CLI_USAGE` for an option that has to be there. */
export function needed(value: string | undefined, what: string): string {
  if (value !== undefined) return value
  throw new IonError('CLI_USAGE', `Say ${what}.`)
}
