/**
 * ionflux blueprint: the types of the file.
 *
 * Generated from schemas/blueprint.json by scripts/types.ts; edit that.
 */
import type { Json, JsonObject } from '#engine/core/json.ts'

/**
 * The manifest of a blueprint (blueprint.yaml): files that work as they are, and the places in them
 * that whoever uses it fills in.
 */
export interface Blueprint {
  /** The name of the blueprint: namespace/name. */
  readonly blueprint: string
  /** The version, by semantic versioning: 1.4.0. */
  readonly version: string
  /** What one gets: a flow, an agent, or a connection to a third party. */
  readonly kind: 'flow' | 'agent' | 'connection'
  /** What it is for, for people. */
  readonly description?: string
  /** An SPDX expression: Apache-2.0. */
  readonly license?: string
  /** Words to find it by. */
  readonly keywords?: readonly string[]
  /** JSON Schema (2020-12) of what is asked of whoever uses it: an object. */
  readonly inputs?: JsonObject
  /** The files that become the user's, relative to this one. */
  readonly files: readonly string[]
  /** The places that inputs go to. A place whose input was not given stays as it is. */
  readonly set?: readonly Place[]
  /** The secrets that it needs: what each is and where one gets it, by name. */
  readonly secrets?: Readonly<Record<string, string>>
}

/** One place in one file. */
export interface Place {
  /** One of the files, a YAML one. */
  readonly file: string
  /** Where in it, with steps by their ids: steps.fetch.with.url. */
  readonly at: string
  /** What is written there; expressions see inputs. */
  readonly value: Json
}
