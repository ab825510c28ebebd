/**
 * Registries for tests: files in memory, keys by name, events of a few letters.
 */
import { createPrivateKey } from 'node:crypto'

import { digestOfText } from '#engine/core/digest.ts'
import { nodeCrypto, signerOf } from '#engine/host/registry/crypto.ts'
import { checkLog } from '#registry/check.ts'
import type { EventBody, PublishEvent, RegistryEvent } from '#registry/event.ts'
import { printPublicKey, signEvent } from '#registry/events/leaf.ts'
import { appendEvents, type Appended, type Keeper, writeCheckpoint } from '#registry/keep/append.ts'
import { beginRegistry } from '#registry/keep/begin.ts'
import type { Known } from '#registry/log/guard.ts'
import { openRegistry, type Registry } from '#registry/open.ts'
import type { RegistryFiles, Signer } from '#registry/ports.ts'
import type { RegistryState } from '#registry/rules/state.ts'
import type { Root } from '#registry/trust/root.ts'

/** Files by path, which tests change behind the registry's back. */
export class MemoryFiles implements RegistryFiles {
  readonly label = 'memory'
  readonly files: Map<string, Uint8Array>
  /** Paths that were asked for, in order. */
  readonly asked: string[] = []

  constructor(files: Iterable<readonly [string, Uint8Array]> = []) {
    this.files = new Map(files)
  }

  read(path: string): Promise<Uint8Array | undefined> {
    this.asked.push(path)
    return Promise.resolve(this.files.get(path))
  }

  write(path: string, bytes: Uint8Array): Promise<void> {
    this.files.set(path, bytes)
    return Promise.resolve()
  }

  remove(path: string): Promise<void> {
    this.files.delete(path)
    return Promise.resolve()
  }

  list(folder: string): Promise<readonly string[]> {
    return Promise.resolve(
      [...this.files.keys()].filter((path) => path.startsWith(`${folder}/`)).toSorted(),
    )
  }
}

const prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/** A key that is the same for the same name everywhere. */
export function keyFor(name: string): Signer {
  const seed = Buffer.from(digestOfText(`key of ${name}`).slice(7), 'hex')
  const key = createPrivateKey({
    key: Buffer.concat([prefix, seed]),
    format: 'der',
    type: 'pkcs8',
  })
  return signerOf(key.export({ format: 'pem', type: 'pkcs8' }).toString())
}

export const origin = 'registry.example/main'
export const dayMs = 86_400_000
/** The moment at which the stories of tests begin. */
export const start = Date.parse('2026-01-01T00:00:00.000Z')

export function at(days: number): string {
  return new Date(start + days * dayMs).toISOString()
}

/** A release with everything that must be there. */
export function releaseOf(
  name: string,
  version: string,
  more: Partial<PublishEvent> = {},
): PublishEvent {
  const digest = digestOfText(`${name}@${version}`)
  return {
    event: 'publish',
    log: origin,
    at: at(1),
    name,
    version,
    kind: 'plugin',
    digest,
    exec: digest,
    source: {
      repo: 'github:1234567',
      url: `https://git.example/${name}.git`,
      commit: digest.slice(7, 47),
      tag: `v${version}`,
      path: '',
    },
    caps: {},
    requires: [],
    provenance: digest,
    engines: '>=0.1.0',
    ...more,
  }
}

/** A registry in memory with an operator, a reviewer, an advisor and a watcher. */
export class RegistryLab {
  readonly files: MemoryFiles
  /** The moment of the next events, in days since `start`. */
  day = 1
  readonly keys = {
    log: keyFor('log'),
    root: keyFor('root'),
    reviewer: keyFor('reviewer'),
    advisor: keyFor('advisor'),
    watcher: keyFor('watcher'),
  }

  private constructor(files: MemoryFiles) {
    this.files = files
  }

  static async begin(more: Partial<Root> = {}): Promise<RegistryLab> {
    const lab = new RegistryLab(new MemoryFiles())
    const { root } = lab.keys
    await beginRegistry(lab.keeper, { root: { ...lab.root, ...more }, signers: [root] })
    return lab
  }

  get root(): Root {
    const role = (signer: Signer) => ({ keys: [printPublicKey(signer.key)], threshold: 1 })
    const { log, root, reviewer, advisor, watcher } = this.keys
    return {
      registry: 1,
      origin,
      version: 1,
      size: 0,
      claims: 'open',
      transferDays: 7,
      roles: {
        root: role(root),
        log: role(log),
        reviewers: role(reviewer),
        advisors: role(advisor),
        watchers: role(watcher),
      },
    }
  }

  get keeper(): Keeper {
    const { log } = this.keys
    return { files: this.files, crypto: nodeCrypto, signer: log, now: Date.parse(at(this.day)) }
  }

  /** What the log says, checked from its first leaf. */
  async state(): Promise<RegistryState> {
    const registry = await this.open()
    return await checkLog(registry, { signatures: 'all' })
  }

  async open(known?: Known): Promise<Registry> {
    return await openRegistry({ source: this.files, crypto: nodeCrypto, known })
  }

  /** Signs a checkpoint that does not name its views, as logs before had. */
  async unname(): Promise<void> {
    const { origin: of, size } = (await this.open()).checkpoint
    await writeCheckpoint(this.keeper, { origin: of, size })
  }

  /** An event about now that follows the last one of its namespace, signed by `signers`. */
  async event(body: Wish, signers: readonly Signer[]): Promise<RegistryEvent> {
    const state = await this.state()
    const namespace = 'namespace' in body ? body.namespace : body.name.split('/', 1)[0]
    const head = state.namespaces.get(namespace ?? '')?.head
    const after = head === undefined || body.event === 'claim' ? {} : { after: head }
    const whole = { log: origin, at: at(this.day), ...after, ...body } as EventBody
    return signEvent(whole, signers)
  }

  /** Signs and appends; a day passes. */
  async say(body: Wish, ...signers: readonly Signer[]): Promise<Appended> {
    const event = await this.event(body, signers)
    const appended = await appendEvents(this.keeper, [event])
    this.day += 1
    return appended
  }

  /** Claims a namespace for a key of its own name. */
  async claim(namespace: string): Promise<Signer> {
    const signer = keyFor(namespace)
    const key = printPublicKey(signer.key)
    await this.say({ event: 'claim', namespace, owner: `key:${key}`, keys: [key] }, signer)
    return signer
  }

  /** Publishes by the key of the namespace. */
  async publish(
    name: string,
    version: string,
    more: Partial<PublishEvent> = {},
  ): Promise<Appended> {
    const signer = keyFor(name.split('/', 1)[0] ?? '')
    return await this.say({ ...releaseOf(name, version), at: at(this.day), ...more }, signer)
  }
}

type Open<T> = T extends unknown ? Omit<T, 'log' | 'at' | 'after'> & Partial<T> : never
/** An event without what the lab fills in. */
export type Wish = Open<EventBody>
