/**
 * Whether a value is an event, by hand: what `schemas/registry-event.json` says, fast enough
 * for hundreds of thousands of leaves. A test compares the two.
 */
import { isObject, type Json, type JsonObject } from '#engine/core/json.ts'
import { isRange, isVersion } from '#engine/dsl/reference.ts'

import { count, type Fields, type Is, isFlag, like, list, oneOf, shape, text } from './fields.ts'

const part = '[a-z][a-z0-9-]{0,62}'
const isNamespace = like(new RegExp(`^${part}$`), 63)
const isName = like(new RegExp(`^${part}/${part}$`), 127)
const isRelease: Is = (value) => typeof value === 'string' && value.length <= 64 && isVersion(value)
const isSpan: Is = (value) => typeof value === 'string' && value.length <= 200 && isRange(value)
const isDigest = like(/^sha256:[0-9a-f]{64}$/, 71)
const isCommit = like(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 64)
const isNow = like(/^(?:[0-9a-f]{40}|[0-9a-f]{64})?$/, 64)
const isAt = like(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/, 24)
const isKey = like(/^ed25519:[A-Za-z0-9+/]{43}=$/, 52)
const isOwner = like(/^(?:[a-z][a-z0-9.-]{0,30}:\d{1,20}|key:ed25519:[A-Za-z0-9+/]{43}=)$/, 100)
const isKeys = list(isKey, { min: 1, max: 10 })
const isReason = text(500)

const common: Fields = { log: like(/^.{1,200}$/, 200), at: isAt, 'after?': isDigest }
const ofNamespace: Fields = { ...common, namespace: isNamespace }
const ofRelease: Fields = { ...common, name: isName, version: isRelease }

const isCaps: Is = (value) => {
  if (!isObject(value)) return false
  const kinds = Object.keys(value)
  if (kinds.length > 10 || !kinds.every((kind) => /^[a-z]{1,20}$/.test(kind))) return false
  const isList = list(text(300), { min: 1, max: 100 })
  return Object.values(value).every(isList)
}
const isSource = shape({
  repo: text(500),
  url: text(500),
  commit: isCommit,
  tag: text(200),
  path: text(500),
})
const isAction = shape({
  name: text(100),
  'description?': text(500),
  'effects?': oneOf('pure', 'read', 'idempotent', 'unsafe'),
})
const isTests = shape({ passed: count(), 'coverage?': count(100) })
const isAudit = shape({ high: count(), medium: count(), low: count() })
const isLineage = shape({ name: isName, version: isRelease, digest: isDigest })

const publish: Fields = {
  ...ofRelease,
  kind: oneOf('flow', 'agent', 'plugin', 'connection'),
  digest: isDigest,
  exec: isDigest,
  source: isSource,
  caps: isCaps,
  requires: list(text(200), { max: 200 }),
  provenance: isDigest,
  engines: text(100),
  'description?': text(500),
  'license?': text(100),
  'keywords?': list(text(40), { max: 20 }),
  'actions?': list(isAction, { max: 100 }),
  'tests?': isTests,
  'audit?': isAudit,
  'lineage?': isLineage,
}

const bodies: Readonly<Record<string, Fields>> = {
  claim: { ...ofNamespace, owner: isOwner, keys: isKeys },
  publish,
  yank: { ...ofRelease, reason: isReason, 'isGone?': isFlag },
  unyank: ofRelease,
  deprecate: {
    ...common,
    name: isName,
    message: isReason,
    'range?': isSpan,
    'instead?': isName,
  },
  transfer: { ...ofNamespace, owner: isOwner, keys: isKeys },
  advisory: {
    ...common,
    name: isName,
    id: like(/^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/, 63),
    range: isSpan,
    severity: oneOf('low', 'medium', 'high', 'critical'),
    summary: isReason,
    'fixed?': isRelease,
    'url?': text(500),
    'isWithdrawn?': isFlag,
  },
  'tag-moved': { ...ofRelease, was: isCommit, now: isNow },
  'key-add': { ...ofNamespace, key: isKey, 'label?': text(100) },
  'key-revoke': { ...ofNamespace, key: isKey, reason: isReason, 'since?': isAt },
}

const byKind = new Map(
  Object.entries(bodies).map(([kind, fields]) => [kind, shape({ ...fields, event: oneOf(kind) })]),
)
const isBody: Is = (value) =>
  isObject(value) &&
  typeof value['event'] === 'string' &&
  byKind.get(value['event'])?.(value) === true

const isWhole = shape({
  body: isBody,
  signatures: list(shape({ key: isKey, form: oneOf('ed25519', 'ssh'), value: text(2_000) }), {
    min: 1,
    max: 10,
  }),
})

/** Whether `value` is laid out as an event. Says nothing of who signed it or what it may do. */
export function isEvent(value: Json): value is JsonObject {
  return isWhole(value)
}
