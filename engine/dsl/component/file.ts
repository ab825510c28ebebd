/**
 * What a component's file holds, and how one is found from where it is named.
 *
 * The shape is `schemas/component.json`; its parts are those of a flow.
 */
import type { Json, JsonObject } from '#engine/core/json.ts'
import type { Flow, Step } from '#engine/dsl/flow.ts'
import { resolvePath } from '#engine/dsl/path.ts'
import type { Document } from '#engine/dsl/text.ts'

export interface Component {
  readonly dsl: Flow['dsl']
  readonly id: string
  readonly description?: string
  /** JSON Schema (2020-12) of the parameters, closed in itself. */
  readonly inputs?: JsonObject
  readonly steps: readonly Step[]
  readonly output?: Json
}

/** A component that a flow uses, itself or by another component. */
export interface ComponentFile {
  /** From the root of the repository. */
  readonly path: string
  readonly document: Document
  readonly component: Component
}

/** The components as they are named in one file. */
export interface Components {
  /** The file that names them. */
  readonly file: string
  /** By the path as written; undefined for one that is not there. */
  find(path: string): UsedComponent | undefined
}

export interface UsedComponent {
  readonly component: Component
  /** Those that it names itself. */
  readonly components: Components
}

/** What `file` can name of `known`, which is by path from the root. */
export function componentsOf(file: string, known: ReadonlyMap<string, ComponentFile>): Components {
  return {
    file,
    find: (path) => {
      const target = resolvePath(file, path)
      const found = target === undefined ? undefined : known.get(target)
      if (found === undefined) return undefined
      return { component: found.component, components: componentsOf(found.path, known) }
    },
  }
}
