/**
 * Where a release comes from, as an in-toto statement with a SLSA predicate in a DSSE envelope,
 * signed by the publisher.
 *
 * It holds no time and nothing of the machine, so the same commit gives the same statement
 * wherever it is published from.
 */
import { canonical } from '#engine/core/canonical.ts'
import { type Digest, digestOfBytes } from '#engine/core/digest.ts'
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import type { PublishEvent } from '#registry/index.ts'

import type { PublisherKey, Signature } from './key.ts'

const payloadType = 'application/vnd.in-toto+json'

/** What a statement is about. */
export type Released = Pick<PublishEvent, 'name' | 'version' | 'digest' | 'source' | 'engines'>

/** The statement as its canonical bytes. */
export function statementOf({ name, version, digest, source, engines }: Released): Uint8Array {
  const { url, commit, tag, path } = source
  const statement: JsonObject = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: `${name}@${version}`, digest: { sha256: digest.slice('sha256:'.length) } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'urn:ionflux:build:package:1',
        externalParameters: { repository: url, ref: `refs/tags/${tag}`, path },
        resolvedDependencies: [
          { uri: `git+${url}@refs/tags/${tag}`, digest: { gitCommit: commit } },
        ],
      },
      runDetails: { builder: { id: 'urn:ionflux:builder:1', version: { ionflux: engines } } },
    },
  }
  return new TextEncoder().encode(canonical(statement))
}

/** The digest that the registry names a statement by. */
export function provenanceDigest(statement: Uint8Array): Digest {
  return digestOfBytes(statement)
}

/** Where the envelope lies in a registry. */
export function provenancePath(digest: string): string {
  const hex = digest.slice('sha256:'.length)
  return `provenance/${hex.slice(0, 2)}/${hex}.json`
}

/** The envelope, signed. */
export async function envelopeOf(statement: Uint8Array, key: PublisherKey): Promise<Uint8Array> {
  const signature = await key.sign(preAuth(statement))
  const envelope = {
    payloadType,
    payload: Buffer.from(statement).toString('base64'),
    signatures: [{ keyid: `${signature.form}:${signature.key}`, sig: signature.value }],
  }
  return new TextEncoder().encode(`${canonical(envelope)}\n`)
}

export interface ReadEnvelope {
  readonly statement: Uint8Array
  /** What the signatures are over. */
  readonly signed: Uint8Array
  readonly signatures: readonly Signature[]
}

/** Reads an envelope; undefined for bytes that are none. Says nothing of its signatures. */
export function readEnvelope(bytes: Uint8Array): ReadEnvelope | undefined {
  let value: Json
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8')) as Json
  } catch {
    return undefined
  }
  if (!isObject(value) || value['payloadType'] !== payloadType) return undefined
  const { payload, signatures } = value
  if (typeof payload !== 'string' || !Array.isArray(signatures)) return undefined
  const statement = new Uint8Array(Buffer.from(payload, 'base64'))
  return { statement, signed: preAuth(statement), signatures: signatures.flatMap(signatureIn) }
}

function signatureIn(value: Json): readonly Signature[] {
  if (!isObject(value)) return []
  const { keyid, sig } = value
  const [, form, key] = typeof keyid === 'string' ? (/^(ed25519|ssh):(.+)$/.exec(keyid) ?? []) : []
  if (typeof sig !== 'string' || key === undefined) return []
  return [{ form: form === 'ssh' ? 'ssh' : 'ed25519', key, value: sig }]
}

/** DSSE's pre-authentication encoding. */
function preAuth(payload: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `
  return new Uint8Array(Buffer.concat([Buffer.from(head), payload]))
}
