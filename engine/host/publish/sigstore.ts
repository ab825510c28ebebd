/**
 * Sigstore bundles beside releases: who signed one, by the identity that a forge or a mail
 * provider vouched for. The one door of the Sigstore libraries.
 *
 * Nothing is asked of any network: certificates, logs and their keys are those of a trusted root
 * that a repository has as a file.
 */
import { bundleFromJSON, type Bundle } from '@sigstore/bundle'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, Verifier, type Signer } from '@sigstore/verify'

import { IonError } from '#engine/core/error.ts'
import type { Json } from '#engine/core/json.ts'

import { isStatementAbout } from './attached.ts'

/** Who has to have signed. */
export interface Signatory {
  /** The text of a trusted root, as Sigstore writes it. */
  readonly trustedRoot: string
  /** Who vouched for the identity: `https://token.actions.githubusercontent.com`. */
  readonly issuer: string
  /** The subject of the certificate; `*` stands for anything but a space. */
  readonly identity: string
  /** The owner of the namespace as the registry writes it: `github:1234567`. */
  readonly owner?: string | undefined
}

export interface Bundled {
  /** Why the bundle says nothing; empty where it holds. */
  readonly faults: readonly string[]
  readonly issuer?: string
  readonly identity?: string
}

/**
 * Verifies a bundle about the release with `digest`. Throws `CLI_USAGE` for a trusted root that
 * is none.
 */
export function verifyBundle(
  bytes: Uint8Array,
  { digest, signatory }: { readonly digest: string; readonly signatory: Signatory },
): Bundled {
  const verifier = new Verifier(materialOf(signatory.trustedRoot))
  let signer: Signer
  try {
    const bundle = bundleFromJSON(JSON.parse(Buffer.from(bytes).toString('utf8')))
    if (!isAbout(bundle, digest)) return { faults: ['its Sigstore bundle is of something else'] }
    signer = verifier.verify(toSignedEntity(bundle))
  } catch (thrown) {
    const why = (thrown as Error).message.slice(0, 200)
    return { faults: [`its Sigstore bundle does not verify: ${why}`] }
  }
  const { subjectAlternativeName: identity = '', extensions = {} } = signer.identity ?? {}
  const { issuer = '' } = extensions
  return { faults: faultsOf(signer, { issuer, identity, signatory }), issuer, identity }
}

function materialOf(text: string): ReturnType<typeof toTrustMaterial> {
  try {
    return toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(text)))
  } catch (cause) {
    const message = `The trusted root of Sigstore is none: ${(cause as Error).message}`
    throw new IonError('CLI_USAGE', message, { cause })
  }
}

/** Whether the statement that was signed names the digest. */
function isAbout({ content }: Bundle, digest: string): boolean {
  if (content.$case !== 'dsseEnvelope') return false
  const text = content.dsseEnvelope.payload.toString('utf8')
  return isStatementAbout(JSON.parse(text) as Json, digest)
}

interface Found {
  readonly issuer: string
  readonly identity: string
  readonly signatory: Signatory
}

function faultsOf(signer: Signer, { issuer, identity, signatory }: Found): readonly string[] {
  const faults: string[] = []
  if (issuer !== signatory.issuer)
    faults.push(`its Sigstore identity is of "${issuer}", not of "${signatory.issuer}"`)
  if (!isLike(signatory.identity, identity))
    faults.push(`it was signed by "${identity}", not by "${signatory.identity}"`)
  const account = /^github:(\d+)$/.exec(signatory.owner ?? '')?.[1]
  const own = account === undefined ? undefined : ownerIdIn(signer)
  if (own !== undefined && own !== account)
    faults.push(`it was signed for the account ${own}, and ${account} owns the namespace`)
  return faults
}

function isLike(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => RegExp.escape(part))
  return new RegExp(`^${parts.join('\\S*')}$`).test(text)
}

/** "Source Repository Owner Identifier" of a certificate that a workflow was given. */
const ownerIdOid = '1.3.6.1.4.1.57264.1.17'

/** The number of the account whose repository the workflow is of; absent for other identities. */
function ownerIdIn({ identity }: Signer): string | undefined {
  const found = identity?.oids?.find(({ oid }) => oid?.id.join('.') === ownerIdOid)
  // A DER UTF8String: tag, length, text.
  return found?.value.subarray(2).toString('utf8')
}
