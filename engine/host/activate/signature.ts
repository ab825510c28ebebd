/**
 * Approvals that lie in a repository as signatures over a plan digest, made by `ssh-keygen`
 * with the key that people sign their commits with.
 *
 * A file proves itself: it counts wherever it came from, if its key is one that the policy of
 * the active version names. So anybody may add files, and nobody can add an approval.
 */
import { createHash, createPublicKey, verify } from 'node:crypto'

import type { Digest } from '#engine/core/digest.ts'
import { limits } from '#engine/core/limits.ts'
import type { Files } from '#engine/host/repository/files.ts'
import type { Approval } from '#engine/plan/approval/may-activate.ts'
import type { Approver } from '#engine/plan/approval/policy.ts'

/** What a signature is for (`ssh-keygen -Y sign -n`): one made for Git or mail is none. */
export const signatureNamespace = 'ionflux-plan'

/** The folder of approvals: `approvals/<64 hex digits of the plan digest>.<anything>.sig`. */
const folder = 'approvals'

/** The files in which a plan may be approved. */
export function approvalFiles(files: Files, planDigest: Digest): readonly string[] {
  const name = planDigest.slice('sha256:'.length)
  return files
    .find([`${folder}/*.sig`])
    .filter((path) => path.startsWith(`${folder}/${name}.`))
    .slice(0, limits.approvalFilesMax)
}

/** The approvals among `texts`: good signatures over the digest by one of `approvers`. */
export function signedApprovals(
  texts: readonly string[],
  planDigest: Digest,
  approvers: readonly Approver[],
): readonly Approval[] {
  const names = texts.flatMap((text) => {
    const signature = readSignature(text)
    if (signature === undefined || !isGood(signature, `${planDigest}\n`)) return []
    return approvers.filter(({ key }) => isKey(key, signature.key)).map(({ name }) => name)
  })
  return [...new Set(names)].map((name) => ({ by: 'signature', name }))
}

interface SshSignature {
  /** The public key as OpenSSH lays it out. */
  readonly key: Buffer
  readonly hash: 'sha256' | 'sha512'
  /** What is signed, without the hash of the message. */
  readonly frame: (hash: Buffer) => Buffer
  readonly bytes: Buffer
}

const armor =
  /^-----BEGIN SSH SIGNATURE-----\s+([A-Za-z0-9+/=\s]+?)\s+-----END SSH SIGNATURE-----\s*$/
const magic = Buffer.from('SSHSIG')
const kind = 'ssh-ed25519'

/** Reads what `ssh-keygen -Y sign` wrote; undefined for anything else. Never throws. */
function readSignature(text: string): SshSignature | undefined {
  if (text.length > limits.approvalFileCharsMax) return undefined
  const blob = Buffer.from(armor.exec(text.trim())?.[1] ?? '', 'base64')
  if (!blob.subarray(0, magic.length).equals(magic)) return undefined
  if (blob.length < magic.length + 4 || blob.readUInt32BE(magic.length) !== 1) return undefined
  const fields = readStrings(blob, magic.length + 4)
  const [key, namespace, reserved, hash, signed] = fields ?? []
  if (key === undefined || reserved === undefined || signed === undefined) return undefined
  const algorithm = hash?.toString()
  if (algorithm !== 'sha256' && algorithm !== 'sha512') return undefined
  if (namespace?.toString() !== signatureNamespace) return undefined
  const [name, bytes] = readStrings(signed, 0) ?? []
  if (name?.toString() !== kind || bytes?.length !== 64) return undefined
  const head = [magic, field(namespace), field(reserved), field(Buffer.from(algorithm))]
  return {
    key,
    hash: algorithm,
    frame: (digest) => Buffer.concat([...head, field(digest)]),
    bytes,
  }
}

function isGood({ key, hash, frame, bytes }: SshSignature, message: string): boolean {
  const [name, raw] = readStrings(key, 0) ?? []
  if (name?.toString() !== kind || raw?.length !== 32) return false
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }
  try {
    const signed = frame(createHash(hash).update(message).digest())
    return verify(null, signed, createPublicKey({ key: jwk, format: 'jwk' }), bytes)
  } catch {
    return false
  }
}

function isKey(line: string, key: Buffer): boolean {
  const [name, base64 = ''] = line.split(' ')
  return name === kind && Buffer.from(base64, 'base64').equals(key)
}

function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** Texts with their length before them, to the end; undefined where they do not end there. */
function readStrings(blob: Buffer, start: number): readonly Buffer[] | undefined {
  const all: Buffer[] = []
  let at = start
  while (at + 4 <= blob.length) {
    const end = at + 4 + blob.readUInt32BE(at)
    if (end > blob.length) return undefined
    all.push(blob.subarray(at + 4, end))
    at = end
  }
  return at === blob.length ? all : undefined
}
