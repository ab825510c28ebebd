/**
 * ionflux plugin: the types of the file.
 *
 * Generated from schemas/plugin.json by scripts/types.ts; edit that.
 */
import type { JsonObject } from '#engine/core/json.ts'

/**
 * The manifest of a plugin: its name, its code, the powers it asks for and the actions it offers.
 */
export interface Manifest {
  /** The name of the plugin: namespace/name. */
  readonly plugin: string
  /** The version, by semantic versioning: 1.4.0. */
  readonly version: string
  /** What the plugin does, for people. */
  readonly description?: string
  /** An SPDX expression: Apache-2.0. */
  readonly license?: string
  /** The file with the code, relative to this one: main.ts, or a WebAssembly module: main.wasm. */
  readonly entry: string
  /**
   * The AssemblyScript that a .wasm entry is compiled from by `ionflux plugin build`:
   * assembly/main.ts. Left out for a module that another compiler made.
   */
  readonly source?: string
  /** The powers the plugin asks for. It gets no more than the flow's permissions allow. */
  readonly capabilities?: Capabilities
  /** How much one call may use. */
  readonly limits?: CallLimits
  /** The actions by name. A plugin with one action may name it default. */
  readonly actions: Readonly<Record<string, Action>>
}

export interface Capabilities {
  /**
   * Hosts the plugin wants to reach: api.example.com, *.example.com, host:8443,
   * http://localhost:8080, GET,HEAD host; or * for whichever hosts the flow allows.
   */
  readonly net?: readonly string[]
  /** Names of the secrets the plugin wants to be given, or * for those that a step hands it. */
  readonly secrets?: readonly string[]
  /**
   * What the plugin wants to do with the repository: read it at the run's commit, write:ionflux/*
   * for commits to these branches, tag:v* for these tags.
   */
  readonly git?: readonly string[]
  /** What the plugin wants to do with what the flow remembers from run to run. */
  readonly state?: readonly ('read' | 'write')[]
  /**
   * Files the plugin wants to use: read:docs/** of the repository at the run's commit,
   * write:reports/* of the files that the run leaves behind.
   */
  readonly files?: readonly string[]
  /** What the plugin wants to do with large data that is passed on by its digest. */
  readonly blob?: readonly ('read' | 'write')[]
  /** Classes of models the plugin wants to use, or * for those that the flow allows. */
  readonly model?: readonly string[]
  /** Why each capability is needed, by its name; shown when somebody is asked to grant it. */
  readonly reasons?: Reasons
}

export interface Reasons {
  /** Why the hosts are needed. */
  readonly net?: string
  /** Why the secrets are needed. */
  readonly secrets?: string
  /** Why the repository is needed. */
  readonly git?: string
  /** Why the flow's state is needed. */
  readonly state?: string
  /** Why the files are needed. */
  readonly files?: string
  /** Why blobs are needed. */
  readonly blob?: string
  /** Why models are needed. */
  readonly model?: string
}

export interface CallLimits {
  /** Memory of one call: 64mb. 32mb unless told. */
  readonly memory?: string
  /** Size of the input as JSON: 4mb. 1mb unless told, 16mb at most. */
  readonly input?: string
  /** Size of the output as JSON: 4mb. 1mb unless told, 16mb at most. */
  readonly output?: string
  /** Size of the code: 2mb. 512kb unless told, 16mb at most. */
  readonly source?: string
  /** Time of one call: 10s. */
  readonly time?: string
}

export interface Action {
  /** What the action does, for people. */
  readonly description?: string
  /**
   * What a call may do to the world: nothing at all, read it, change it so that a second call with
   * the same key changes nothing more, or change it again every time.
   */
  readonly effects: 'pure' | 'read' | 'idempotent' | 'unsafe'
  /**
   * Which of the plugin's powers this action needs: a kind (net), or one word of it (git:read). All
   * of them unless told. A flow that uses it grants no others.
   */
  readonly needs?: readonly string[]
  /** JSON Schema (2020-12) of the input, checked on every call. */
  readonly input?: JsonObject
  /** JSON Schema (2020-12) of the output, checked on every call. */
  readonly output?: JsonObject
}
