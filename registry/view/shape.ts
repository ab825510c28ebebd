/**
 * Whether the lines of a view file are laid out as ones: a host may serve anything.
 */
import { count, isFlag, like, list, oneOf, shape, text } from '#registry/events/fields.ts'
import { isEvent } from '#registry/events/shape.ts'

const advisory = shape({
  id: text(63),
  range: text(200),
  severity: oneOf('low', 'medium', 'high', 'critical'),
  summary: text(500),
  at: text(24),
  'fixed?': text(64),
  'url?': text(500),
  'isWithdrawn?': isFlag,
})

const reason = shape({
  of: text(40),
  points: (value) => Number.isInteger(value),
  text: text(300),
})

/** Whether a value is the first line of a view. */
export const isEntryHead = shape({
  view: (value) => value === 1,
  name: like(/^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/, 127),
  kind: oneOf('flow', 'agent', 'plugin', 'connection'),
  owner: text(100),
  'transfer?': shape({ owner: text(100), from: text(24) }),
  'description?': text(500),
  'latest?': text(64),
  'deprecated?': shape({ message: text(500), 'range?': text(200), 'instead?': text(127) }),
  'advisories?': list(advisory, { max: 1_000 }),
  'advisoriesLeftOut?': count(),
  usage: shape({ dependents: count(), forks: count() }),
  trust: shape({ score: count(100), reasons: list(reason, { max: 1_000 }) }),
  'pages?': list(shape({ from: text(64), to: text(64) }), { max: 1_000 }),
})

/** Whether a value is another line of a view. */
export const isReleaseView = shape({
  version: text(64),
  leaf: count(),
  event: isEvent,
  alias: text(100),
  capsDigest: text(71),
  'yanked?': shape({ reason: text(500), isGone: isFlag }),
  'moved?': text(64),
  'suspect?': text(300),
  'advisories?': list(text(63), { max: 1_000 }),
})
