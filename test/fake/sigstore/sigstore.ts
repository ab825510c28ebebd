/**
 * A Sigstore of its own for tests: a certificate authority, its log and a transparency log, whose
 * trusted root and bundles have the form of the real ones.
 */
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'

import { bundleToJSON, toDSSEBundle } from '@sigstore/bundle'
import {
  type Ca,
  fulcioHandler,
  initializeCA,
  initializeCTLog,
  initializeTLog,
  type KeyPair,
  type Logged,
} from '@sigstore/mock'

import type { Json } from '#engine/core/json.ts'

/** What the token of a workflow says. */
export interface Identity {
  readonly sub: string
  readonly iss: string
  readonly repository_owner_id?: string
}

export interface FakeSigstore {
  /** A trusted root as a file has it. */
  readonly trustedRoot: string
  /** Signs an in-toto statement that is about `digest`. */
  bundle(digest: string, identity: Identity): Promise<string>
}

const newPair = (): KeyPair => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const url = 'https://log.sigstore.example'
const payloadType = 'application/vnd.in-toto+json'

export async function openSigstore(): Promise<FakeSigstore> {
  const [logKeys, ctKeys] = [newPair(), newPair()]
  const ctlog = await initializeCTLog(ctKeys)
  const ca = await initializeCA(newPair(), ctlog)
  const tlog = await initializeTLog(url, logKeys)
  const certificates = [{ rawBytes: base64(ca.rootCertificate) }]
  const since = { start: '2020-01-01T00:00:00Z' }
  const root = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [logOf(logKeys, since)],
    ctlogs: [logOf(ctKeys, since)],
    certificateAuthorities: [{ certChain: { certificates }, validFor: since }],
    timestampAuthorities: [],
  }
  return {
    trustedRoot: JSON.stringify(root),
    async bundle(digest, identity) {
      const { publicKey, privateKey } = newPair()
      const certificate = await certificateOf(ca, publicKey, identity)
      const artifact = Buffer.from(statementOf(digest))
      const head = `DSSEv1 ${payloadType.length} ${payloadType} ${artifact.length} `
      const signature = sign('sha256', Buffer.concat([Buffer.from(head), artifact]), privateKey)
      const bundle = toDSSEBundle({
        artifact,
        artifactType: payloadType,
        signature,
        certificate,
        certificateChain: false,
      })
      const entry = {
        apiVersion: '0.0.1',
        kind: 'dsse',
        spec: {
          payloadHash: { algorithm: 'sha256', value: sha256(artifact).toString('hex') },
          signatures: [{ signature: signature.toString('base64') }],
        },
      }
      const logged = Object.values(await tlog.log(entry))
      return JSON.stringify({
        ...(bundleToJSON(bundle) as unknown as Readonly<Record<string, Json>>),
        verificationMaterial: {
          certificate: { rawBytes: certificate.toString('base64') },
          tlogEntries: logged.map(entryOf),
        },
      })
    },
  }
}

function statementOf(digest: string): string {
  return JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'package', digest: { sha256: digest.slice('sha256:'.length) } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {},
  })
}

function logOf({ publicKey }: KeyPair, validFor: object): object {
  const rawBytes = publicKey.export({ type: 'spki', format: 'der' })
  return {
    baseUrl: url,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: base64(rawBytes), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor },
    logId: { keyId: base64(sha256(rawBytes)) },
  }
}

async function certificateOf(ca: Ca, publicKey: KeyObject, identity: Identity): Promise<Buffer> {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const content = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const request = {
    credentials: { oidcIdentityToken: `${part({ alg: 'none' })}.${part(identity)}.` },
    publicKeyRequest: { publicKey: { content } },
  }
  const { response } = await fulcioHandler(ca).fn(JSON.stringify(request))
  const { signedCertificateEmbeddedSct: found } = JSON.parse(String(response)) as {
    signedCertificateEmbeddedSct: { chain: { certificates: readonly string[] } }
  }
  const pem = found.chain.certificates[0] ?? ''
  return Buffer.from(pem.replaceAll(/-----.*-----|\s/g, ''), 'base64')
}

function entryOf({ body, integratedTime, logID, logIndex, verification }: Logged): object {
  const { inclusionProof: proof, signedEntryTimestamp } = verification
  return {
    logIndex: String(logIndex),
    logId: { keyId: Buffer.from(logID, 'hex').toString('base64') },
    kindVersion: { kind: 'dsse', version: '0.0.1' },
    integratedTime: String(integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    inclusionProof: {
      logIndex: String(proof.logIndex),
      rootHash: Buffer.from(proof.rootHash, 'hex').toString('base64'),
      treeSize: String(proof.treeSize),
      hashes: [],
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody: body,
  }
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
