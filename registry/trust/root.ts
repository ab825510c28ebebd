/**
 * The root of trust of a registry: which keys may do what, in versions that only go up.
 *
 * Version 1 is pinned by its digest, or believed when it is first seen. Each later one is
 * signed by enough keys of the version before it and of its own, so keys can be replaced and
 * an old version can never come back. A version says from which leaf on it holds, so a leaf
 * is judged by the keys of its own time.
 */
import { canonical } from '#engine/core/canonical.ts'
import { digestOfText, type Digest } from '#engine/core/digest.ts'
import { IonError } from '#engine/core/error.ts'
import { isObject, type Json } from '#engine/core/json.ts'
import { limits } from '#engine/core/limits.ts'
import { textOf, utf8 } from '#registry/bytes.ts'
import type { EventSignature } from '#registry/event.ts'
import { isSigned, parsePublicKey, printPublicKey } from '#registry/events/leaf.ts'
import { isOrigin, leavesMax } from '#registry/log/checkpoint.ts'
import type { NoteKey } from '#registry/log/note.ts'
import type { Crypto, RegistrySource, Signer } from '#registry/ports.ts'
import { toBase64 } from '#registry/bytes.ts'

/** Keys, and how many of them it takes. */
export interface Role {
  /** Sorted. */
  readonly keys: readonly string[]
  readonly threshold: number
}

/**
 * `root` signs the next version, `log` the checkpoints, `reviewers` claims of namespaces and
 * their recovery, `advisors` advisories and yanks of anything, `watchers` tags that moved.
 */
export const roleNames = ['root', 'log', 'reviewers', 'advisors', 'watchers'] as const
export type RoleName = (typeof roleNames)[number]

export interface Root {
  readonly registry: 1
  readonly origin: string
  /** 1, 2, 3 … */
  readonly version: number
  /** The first leaf that it holds for. */
  readonly size: number
  /** Whether anybody may claim a namespace by a key, or reviewers look at every claim. */
  readonly claims: 'open' | 'reviewed'
  /** How long a namespace takes to change hands. */
  readonly transferDays: number
  readonly roles: Readonly<Partial<Record<RoleName, Role>>> & {
    readonly root: Role
    readonly log: Role
  }
}

export interface Trust {
  /** By version, the first first. */
  readonly roots: readonly Root[]
  /** The newest. */
  readonly root: Root
  /** Of version 1: what is pinned. */
  readonly digest: Digest
}

export function rootPath(version: number): string {
  return `trust/root.${version}.json`
}

function signedBytes(root: Root): Uint8Array {
  return utf8(`ionflux registry root/v1\n${canonical(root as unknown as Json)}`)
}

/** The file of a version, signed by `signers`. */
export function printRoot(root: Root, signers: readonly Signer[]): Uint8Array {
  const message = signedBytes(root)
  const signatures = signers
    .map((signer): EventSignature => {
      const value = toBase64(signer.sign(message))
      return { key: printPublicKey(signer.key), form: 'ed25519', value }
    })
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
  return utf8(canonical({ body: root, signatures } as unknown as Json) + '\n')
}

/**
 * Reads every version, each held to the one before it. Throws `REG_UNTRUSTED` for one that is
 * not signed by enough, and where version 1 is not what was pinned.
 */
export async function readTrust(
  source: RegistrySource,
  { crypto, pinned }: { readonly crypto: Crypto; readonly pinned?: string | undefined },
): Promise<Trust> {
  const roots: Root[] = []
  let digest: Digest | undefined
  while (roots.length < limits.registryRootsMax) {
    const bytes = await source.read(rootPath(roots.length + 1))
    if (bytes === undefined) break
    const before = roots.at(-1)
    const root = acceptRoot(crypto, bytes, before)
    if (typeof root === 'string') throw untrusted(source, root)
    digest ??= digestOfText(canonical(root as unknown as Json))
    roots.push(root)
  }
  const root = roots.at(-1)
  if (root === undefined || digest === undefined) throw untrusted(source, 'it has no root of trust')
  if (pinned !== undefined && pinned !== digest)
    throw untrusted(source, `its root is ${digest} and ${pinned} was expected`)
  return { roots, root, digest }
}

function untrusted({ label }: RegistrySource, why: string): IonError {
  return new IonError('REG_UNTRUSTED', `The registry "${label}" is not trusted: ${why}.`)
}

/** The version in `bytes`, or why it is none that may follow `before`. */
export function acceptRoot(
  crypto: Crypto,
  bytes: Uint8Array,
  before: Root | undefined,
): Root | string {
  const version = (before?.version ?? 0) + 1
  const read = parseRoot(bytes)
  if (read === undefined) return `version ${version} of its root is not laid out as one`
  const { root, signatures } = read
  if (root.version !== version) return `version ${version} of its root calls itself another`
  if (before !== undefined && (root.origin !== before.origin || root.size < before.size))
    return `version ${version} of its root does not follow the one before it`
  const message = signedBytes(root)
  const good = new Set(
    signatures.filter((one) => isSigned(crypto, message, one)).map(({ key }) => key),
  )
  const isEnough = [root, before].every((one) => one === undefined || hasRole(one, 'root', good))
  return isEnough ? root : `version ${version} of its root is not signed by enough keys`
}

/** Whether enough of `keys` have a role. */
export function hasRole(root: Root, name: RoleName, keys: ReadonlySet<string>): boolean {
  const role = root.roles[name]
  return role !== undefined && role.keys.filter((key) => keys.has(key)).length >= role.threshold
}

/** The version that holds for a leaf. */
export function rootFor({ roots, root }: Trust, leaf: number): Root {
  return roots.findLast(({ size }) => size <= leaf) ?? root
}

/** The keys that may sign checkpoints. */
export function logKeys({ roles, origin }: Root): readonly NoteKey[] {
  return roles.log.keys.flatMap((text) => {
    const key = parsePublicKey(text)
    return key === undefined ? [] : [{ name: origin, type: 'ed25519' as const, key }]
  })
}

function parseRoot(
  bytes: Uint8Array,
): { readonly root: Root; readonly signatures: readonly EventSignature[] } | undefined {
  const text = bytes.length > limits.registryRootBytesMax ? undefined : textOf(bytes)
  let value: Json
  try {
    value = JSON.parse(text ?? '') as Json
  } catch {
    return undefined
  }
  if (!isObject(value) || canonical(value) + '\n' !== text) return undefined
  const { body, signatures } = value
  if (!isRoot(body) || !Array.isArray(signatures) || !signatures.every(isSignature))
    return undefined
  return { root: body, signatures: signatures as unknown as readonly EventSignature[] }
}

function isSignature(value: Json): boolean {
  if (!isObject(value)) return false
  const { key, form, value: text } = value
  return (
    typeof key === 'string' && typeof text === 'string' && (form === 'ed25519' || form === 'ssh')
  )
}

function isRoot(value: Json | undefined): value is Json & Root {
  if (!isObject(value)) return false
  const { registry, origin, version, size, claims, transferDays, roles } = value
  const isNumber = (n: Json | undefined, min: number, max: number): boolean =>
    Number.isInteger(n) && (n as number) >= min && (n as number) <= max
  return (
    registry === 1 &&
    typeof origin === 'string' &&
    isOrigin(origin) &&
    isNumber(version, 1, limits.registryRootsMax) &&
    isNumber(size, 0, leavesMax) &&
    (claims === 'open' || claims === 'reviewed') &&
    isNumber(transferDays, 0, 365) &&
    isObject(roles) &&
    roles['root'] !== undefined &&
    roles['log'] !== undefined &&
    Object.entries(roles).every(
      ([name, role]) => (roleNames as readonly string[]).includes(name) && isRole(role),
    )
  )
}

function isRole(value: Json): boolean {
  if (!isObject(value)) return false
  const { keys, threshold } = value
  if (!Array.isArray(keys) || keys.length > 100 || new Set(keys).size !== keys.length) return false
  const isKeys = keys.every(
    (key: Json) => typeof key === 'string' && parsePublicKey(key) !== undefined,
  )
  const least = Number.isInteger(threshold) ? (threshold as number) : 0
  return isKeys && least >= 1 && least <= keys.length
}
