/**
 * What a flow may name outside itself, as the checker sees it: actions, flows, files.
 *
 * The host fills it from the repository and the built-in plugins; the studio from its
 * own copy. Nothing here does I/O: every lookup answers from what was loaded before.
 */
import type { JsonObject } from '#engine/core/json.ts'

import type { Effects } from './template.ts'

/** Powers by name. A flow's are a ceiling, a plugin's are a wish. */
export interface Permissions {
  /** Host patterns: `api.example.com`, `*.example.com`, `host:8443`. */
  readonly net?: readonly string[]
  readonly secrets?: readonly string[]
  /** `read`, `write`, `write:ionflux/*` (branches), `tag`, `tag:v*`. */
  readonly git?: readonly string[]
  /** `read`, `write`. */
  readonly state?: readonly string[]
  /** `read:docs/**` of the repository, `write:reports/*` of the run's own files. */
  readonly files?: readonly string[]
  /** `read`, `write`. */
  readonly blob?: readonly string[]
  /** Classes of models. */
  readonly model?: readonly string[]
  /** What a run may spend on models in all. */
  readonly budget?: Budget
}

/** Bounds of what models cost, each on its own; an absent one bounds nothing. */
export interface Budget {
  readonly usd?: number
  readonly tokens?: number
  readonly turns?: number
}

export interface ActionSpec {
  /** `std/git/log`; a plugin's only action `default` goes by `std/git`. */
  readonly name: string
  /** The plugin's version (semver). */
  readonly version: string
  readonly effects: Effects
  readonly description?: string
  readonly input?: JsonObject
  readonly output?: JsonObject
  readonly capabilities: Permissions
}

export interface FlowSpec {
  readonly id: string
  readonly file: string
  readonly inputs?: JsonObject
  /** JSON Schema of what a run of it returns. */
  readonly returns?: JsonObject
  readonly permissions?: Permissions
}

export interface World {
  /** By full name without a range (`std/git/log`). */
  findAction(name: string): ActionSpec | undefined
  findFlow(id: string): FlowSpec | undefined
  /** For "did you mean". */
  actionNames(): readonly string[]
  flowIds(): readonly string[]
  /** Text of a file of the repository, by its path from the root; undefined when there is none. */
  readText(path: string): string | undefined
  /** The link on the way to a path, where there is one: nothing behind it is read. */
  linkOn?(path: string): string | undefined
}
