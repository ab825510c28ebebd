/**
 * One side of a change: the flows of a repository as the comparison wants them.
 */
import { hasErrors } from '#engine/core/problem.ts'
import { isObject } from '#engine/core/json.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import { unlocked } from '#engine/host/lock/hold.ts'
import type { FlowVersion, Side } from '#engine/plan/change/change.ts'
import type { BundleCache } from '#engine/sandbox/bundle.ts'

import type { Files } from './files.ts'
import { openLoader, settled, type LoadedFlow, type Loader } from './load.ts'
import { worldOf } from './world.ts'

export interface SideWish {
  readonly files: Files
  /** Which flow files are looked at; absent means all. */
  readonly isWanted?: (file: string) => boolean
  readonly cache?: BundleCache
  /** Hears of each flow that compiles, with all that a run of it needs. */
  onFlow?(flow: LoadedFlow & { readonly id: string; readonly file: string }): void
}

/** Reads, checks and compiles the flows of `files`; runs nothing. */
export async function readSide({ files, isWanted, cache, onFlow }: SideWish): Promise<Side> {
  return await settled(files, async () => {
    const loader = openLoader(files, cache)
    const twins = new Set(loader.catalog.twins())
    const side = new Map<string, FlowVersion>()
    for (const file of loader.catalog.flowFiles()) {
      if (isWanted?.(file) === false && !callsFlows(files.readText(file))) continue
      const { version, loaded } = await versionOf(loader, files, file)
      if (version === undefined) continue
      side.set(twins.has(file) ? file : version.id, version)
      if (loaded !== undefined) onFlow?.({ ...loaded, id: version.id, file })
    }
    return side
  })
}

/** Whether a flow may call another one, whose change is its change too. */
function callsFlows(text: string | undefined): boolean {
  return text === undefined || /\b(?:flow|component|agent)["']?\s*:/.test(text)
}

async function versionOf(
  loader: Loader,
  files: Files,
  file: string,
): Promise<{ readonly version?: FlowVersion; readonly loaded?: LoadedFlow }> {
  const text = files.readText(file)
  if (text === undefined) return {}
  const { loaded, problems } = await loader.load({ id: '', file, files })
  const document = parseDocument({ file, text })
  const flow = isObject(document.value) ? document.value : {}
  const id = typeof flow['id'] === 'string' ? flow['id'] : file
  const world = worldOf(loader.catalog, files)
  const version = {
    id,
    document,
    flow,
    errors: hasErrors(problems) ? problems.filter(({ severity }) => severity === 'error') : [],
    findAction: (name: string) => world.findAction(name),
  }
  if (loaded === undefined) return { version }
  const { plan, digest, blobs } = loaded
  const why = files.commit === undefined ? undefined : unlocked(files, id, blobs)
  const whole = { ...version, plan, digest, ...(why === undefined ? {} : { unlocked: why }) }
  return { version: whole, loaded }
}
