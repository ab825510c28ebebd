/**
 * Makes the next version of a registry's root of trust: other keys, from the next leaf on.
 *
 * The version is written before the checkpoint that its log key signs, so a crash in between
 * leaves a registry that says what is missing, and the same call mends it.
 */
import { IonError } from '#engine/core/error.ts'
import { utf8 } from '#registry/bytes.ts'
import { printPublicKey } from '#registry/events/leaf.ts'
import { parseCheckpoint } from '#registry/log/checkpoint.ts'
import { parseNote, printNote, signNote } from '#registry/log/note.ts'
import { checkpointPath } from '#registry/log/tiles.ts'
import type { Crypto, RegistryFiles, Signer } from '#registry/ports.ts'
import { acceptRoot, printRoot, readTrust, type Root, rootPath } from '#registry/trust/root.ts'

export interface Renewal {
  readonly files: RegistryFiles
  readonly crypto: Crypto
  /** What is other than before. */
  readonly change: Partial<Pick<Root, 'claims' | 'transferDays'>> & {
    readonly roles?: Partial<Root['roles']>
  }
  /** Enough `root` keys of the version before, and of the new one. */
  readonly signers: readonly Signer[]
  /** A log key of the new version. */
  readonly log: Signer
}

/** Throws `REG_UNTRUSTED` where the signers are too few, or the log key is none of the new ones. */
export async function renewTrust(renewal: Renewal): Promise<Root> {
  const { files, crypto, change, signers, log } = renewal
  const { root: before } = await readTrust(files, { crypto })
  const head = await files.read(checkpointPath)
  const note = head === undefined ? undefined : parseNote(head)
  const checkpoint = note === undefined ? undefined : parseCheckpoint(note.text)
  if (note === undefined || checkpoint === undefined)
    throw new IonError('REG_LOG_BROKEN', `"${files.label}" has no checkpoint.`)
  const isAny = Object.keys(change).length > 0
  const root: Root = isAny
    ? {
        ...before,
        ...change,
        version: before.version + 1,
        size: checkpoint.size,
        roles: { ...before.roles, ...change.roles },
      }
    : before
  const refuse = (why: string): IonError =>
    new IonError('REG_UNTRUSTED', `The root of "${files.label}" stays as it is: ${why}.`)
  if (!root.roles.log.keys.includes(printPublicKey(log.key)))
    throw refuse('the log key is none of its log keys')
  if (isAny) {
    const bytes = printRoot(root, signers)
    const accepted = acceptRoot(crypto, bytes, before)
    if (typeof accepted === 'string') throw refuse(accepted)
    await files.write(rootPath(root.version), bytes)
  }
  const { text } = note
  const own = signNote(crypto, { text, name: root.origin, signer: log })
  const others = note.signatures.filter(({ name }) => name !== root.origin)
  await files.write(checkpointPath, utf8(printNote({ text, signatures: [own, ...others] })))
  return root
}
