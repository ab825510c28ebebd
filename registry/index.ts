/**
 * The door of the registry: its log, its events and its views, for whoever reads or keeps one.
 *
 * Nothing in here reads a file, a clock or the network; `ports.ts` says what is needed.
 */
export {
  leafBytes,
  leafDigest,
  namespaceOf,
  parsePublicKey,
  printPublicKey,
  readLeaf,
  signEvent,
  signedBytes,
} from './events/leaf.ts'
export { isSshSigned, sshNamespace } from './events/sshsig.ts'
export { isOrigin, parseCheckpoint, printCheckpoint, type Checkpoint } from './log/checkpoint.ts'
export {
  cosign,
  parseKey,
  parseNote,
  printKey,
  printNote,
  signNote,
  vouchesOf,
  type Note,
  type NoteKey,
} from './log/note.ts'
export { checkpointPath, extend, readBundle, tileNodes, tilePath } from './log/tiles.ts'
export {
  consistencyProof,
  Frontier,
  inclusionProof,
  isConsistent,
  isIncluded,
  rootHash,
} from './log/tree.ts'
export type { EventBody, PublishEvent, RegistryEvent } from './event.ts'
export type { Crypto, RegistryFiles, RegistrySource, Signer } from './ports.ts'
export type { EntryHead, EntryView, ReleaseView } from './view/view.ts'
