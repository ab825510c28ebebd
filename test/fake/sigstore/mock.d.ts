/**
 * The part of Sigstore's own mock that is used here. Its own types name those of a browser's
 * cryptography as globals, which would be those of every file of ours.
 */
import type { KeyObject } from 'node:crypto'

export interface KeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

/** A log of certificates. */
export interface CtLog {
  readonly publicKey: Uint8Array
}

export interface Ca {
  /** A certificate in DER. */
  readonly rootCertificate: Uint8Array
}

/** An entry as the log answers with it. */
export interface Logged {
  readonly body: string
  readonly integratedTime: number
  readonly logID: string
  readonly logIndex: number
  readonly verification: {
    readonly signedEntryTimestamp: string
    readonly inclusionProof: {
      readonly logIndex: number
      readonly rootHash: string
      readonly treeSize: number
      readonly checkpoint: string
    }
  }
}

export interface Tlog {
  log(entry: object): Promise<Readonly<Record<string, Logged>>>
}

export function initializeCTLog(keys: KeyPair): Promise<CtLog>
export function initializeCA(keys: KeyPair, log: CtLog): Promise<Ca>
export function initializeTLog(url: string, keys: KeyPair): Promise<Tlog>
export function fulcioHandler(ca: Ca): {
  fn(request: string): Promise<{ readonly response: string }>
}
