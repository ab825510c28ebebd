/**
 * What the Sigstore bundle beside a release says, held to what `ionflux.yaml` asks of its
 * namespace. Without a bundle and without a wish for one nothing of Sigstore is loaded.
 */
import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { bundlePath } from '#engine/host/publish/attached.ts'
import { demandMarker } from '#engine/host/repository/config.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'
import type { PublishEvent } from '#registry/event.ts'
import type { Registry } from '#registry/open.ts'

export interface Signatures {
  /** Why it is not believed; empty where it is, and where nobody asks. */
  readonly faults: readonly string[]
  /** Absent where there is no bundle. */
  readonly sigstore?: {
    readonly isVerified: boolean
    readonly issuer?: string
    readonly identity?: string
  }
}

export interface SignatoryWish {
  /** The folder of `ionflux.yaml`. */
  readonly root: string
  readonly body: PublishEvent
  /** The owner of the namespace. */
  readonly owner: string
}

/** Throws `CLI_USAGE` for a trusted root that is not there or is none. */
export async function signaturesOf(
  registry: Registry,
  { root, body, owner }: SignatoryWish,
): Promise<Signatures> {
  const files = openWorkingTree(root)
  const { registries = {} } = demandMarker(files)
  const namespace = body.name.split('/', 1)[0] ?? ''
  const own = Object.hasOwn(registries, namespace) ? registries[namespace] : registries['*']
  const asked = own?.sigstore
  const bytes = await registry.source.read(bundlePath(body.provenance))
  if (bytes === undefined)
    return { faults: asked?.required === true ? ['it has no Sigstore bundle'] : [] }
  if (asked === undefined) return { faults: [], sigstore: { isVerified: false } }
  if (bytes.length > limits.registryProvenanceBytesMax)
    return { faults: ['its Sigstore bundle is too large'], sigstore: { isVerified: false } }
  const trustedRoot = files.readText(asked.root)
  if (trustedRoot === undefined)
    throw new IonError('CLI_USAGE', `There is no "${asked.root}", the trusted root of Sigstore.`)
  const { verifyBundle } = await import('#engine/host/publish/sigstore.ts')
  const { issuer, identity } = asked
  const signatory = { trustedRoot, issuer, identity, owner }
  const { faults, ...found } = verifyBundle(bytes, { digest: body.digest, signatory })
  return { faults, sigstore: { isVerified: faults.length === 0, ...found } }
}

/** Throws `REG_UNTRUSTED` for a release whose bundle is not by whom it has to be. */
export async function demandSignatory(registry: Registry, wish: SignatoryWish): Promise<void> {
  const { faults } = await signaturesOf(registry, wish)
  if (faults.length === 0) return
  const { name, version } = wish.body
  const message = `"${name}@${version}" is not trusted: ${faults.join('; ')}.`
  throw new IonError('REG_UNTRUSTED', message, { data: { package: name, faults: [...faults] } })
}
