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
export { checkLog } from './check.ts'
export { capsDigest, capsOf, type Caps } from './events/caps.ts'
export { appendEvents, type Appended, type Keeper } from './keep/append.ts'
export { beginRegistry } from './keep/begin.ts'
export { rebuildViews } from './keep/views.ts'
export { type Known } from './log/guard.ts'
export { allReleases, demandRelease, findEntry, resolveRelease } from './lookup.ts'
export { openRegistry, type OpenWish, type Registry, type WitnessPolicy } from './open.ts'
export { refuseName } from './names/admit.ts'
export { type RegistryState } from './rules/state.ts'
export { searchPath } from './search/build.ts'
export { SearchIndex, type Hit, type SearchWish } from './search/search.ts'
export { printRoot, readTrust, rootPath, type Root, type Trust } from './trust/root.ts'
export { verifyReleases, type Claimed, type Verdict } from './verify.ts'
export { trustOf } from './view/score.ts'
export { parseView, viewPath } from './view/files.ts'
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
