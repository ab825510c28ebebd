/**
 * A registry in a folder whose packages are on this machine already: what a consumer meets,
 * without the time that publishing takes.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { vi } from 'vitest'

import { filesOf, keepPackage, type PackageFiles } from '#engine/host/lock/package-files.ts'
import { readPackage } from '#engine/host/package/package.ts'
import { pluginSources } from '#engine/host/repository/catalog.ts'
import { buildPlugin } from '#engine/sandbox/unit.ts'
import { call, type Ended, folder, write } from '#test/e2e/cli.ts'
import { RegistryLab } from '#test/fake/registry.ts'
import type { PublishEvent } from '#registry/event.ts'
import { capsOf } from '#registry/events/caps.ts'

export interface Shelf extends Disposable {
  readonly lab: RegistryLab
  /** The folder of everything: `index` and `mine` are in it. */
  readonly path: string
  /** Publishes `acme/NAME`, whose action may reach `net`. */
  release(
    name: string,
    version: string,
    more?: { readonly net?: readonly string[] } & Partial<PublishEvent>,
  ): Promise<void>
  /** Writes the registry as it is now into its folder. */
  lay(): void
  /** The command line in the repository of a consumer. */
  ionflux(...args: readonly string[]): Promise<Ended>
}

/** A registry with the namespace `acme`, and a repository that takes its packages from there. */
export async function openShelf(): Promise<Shelf> {
  const place = folder()
  const at = (name: string): string => join(place.path, name)
  const lab = await RegistryLab.begin()
  await lab.claim('acme')
  write(at('mine'), {
    'ionflux.yaml': 'namespace: me\nregistries: { acme: { index: ../index } }\n',
  })
  const env = { XDG_CACHE_HOME: at('cache'), XDG_STATE_HOME: at('state'), IONFLUX_REGISTRY: '' }
  const lay = (): void => {
    for (const [path, bytes] of lab.files.files) {
      mkdirSync(dirname(at(`index/${path}`)), { recursive: true })
      writeFileSync(at(`index/${path}`), bytes)
    }
  }
  return {
    lab,
    path: place.path,
    lay,
    async release(name, version, { net = [], ...more } = {}) {
      vi.stubEnv('XDG_CACHE_HOME', at('cache'))
      const files = packageOf(name, version, net)
      const digest = keepPackage(files)
      vi.unstubAllEnvs()
      const caps = capsOf({ net })
      const exec = await execOf(files)
      await lab.publish(`acme/${name}`, version, { digest, exec, caps, ...more })
      lay()
    },
    ionflux: async (...args) => await call(args, { cwd: at('mine'), env }),
    [Symbol.dispose]: () => place[Symbol.dispose](),
  }
}

function packageOf(name: string, version: string, net: readonly string[]): PackageFiles {
  const powers = net.length === 0 ? '' : `capabilities: { net: [${net.join(', ')}] }\n`
  const effects = net.length === 0 ? 'pure' : 'read'
  const texts = {
    'plugin.yaml': `plugin: acme/${name}
version: ${version}
description: Gives what it was given.
entry: ./main.ts
${powers}actions:
  default:
    effects: ${effects}
    input: { type: object }
    output: { type: object }
`,
    'main.ts': `export default (input: object): object => ({ ...input, version: '${version}' })\n`,
  }
  return new Map(
    Object.entries(texts).map(([path, text]) => [path, new TextEncoder().encode(text)]),
  )
}

/** What runs are pinned to. */
async function execOf(files: PackageFiles): Promise<string> {
  const one = readPackage(files, 'a package')
  if (one.kind !== 'plugin') throw new Error('it is a plugin')
  const found = { manifest: one.manifest, file: 'plugin.yaml', files: filesOf(files, one.name) }
  const built = await buildPlugin(one.manifest, pluginSources(found))
  if (!built.ok) throw new Error('it builds')
  return built.digest
}
