/**
 * Reads `ionflux.yaml`, the marker of a repository: where its flows and plugins are.
 *
 * Everything in it may be left out, and so may the file; what is wrong in it is a
 * problem with its place, and the defaults stand in.
 */
import type { Problem } from '#engine/core/problem.ts'
import type { Activation, Repository } from '#engine/dsl/repository.ts'
import { checkRepository } from '#engine/dsl/check.ts'
import { parseDocument } from '#engine/dsl/text.ts'
import type { ChangePolicy } from '#engine/plan/change/change.ts'

import type { Files } from './files.ts'

export const markerFile = 'ionflux.yaml'

export interface Marker {
  /** Of the repository's own plugins and flows. */
  readonly namespace?: string
  /** Globs from the root. */
  readonly flows: readonly string[]
  readonly plugins: readonly string[]
  /** Severities of findings that the repository chose for itself. */
  readonly severity?: ChangePolicy
  /** Who has to agree before a change becomes active; as it is written. */
  readonly activation?: Activation
  /** Where packages come from, by namespace. */
  readonly registries?: Repository['registries']
}

const defaults: Marker = { flows: ['**/*.flow.yaml'], plugins: ['plugins/**/plugin.yaml'] }

/** The marker of `files`, with the defaults for what it leaves out. */
export function readMarker(files: Files): {
  readonly marker: Marker
  readonly problems: readonly Problem[]
} {
  const text = files.readText(markerFile)
  if (text === undefined) return { marker: defaults, problems: [] }
  const { repository, problems } = checkRepository(parseDocument({ file: markerFile, text }))
  return {
    marker: {
      ...(repository?.namespace === undefined ? {} : { namespace: repository.namespace }),
      flows: repository?.flows ?? defaults.flows,
      plugins: repository?.plugins ?? defaults.plugins,
      ...(repository?.plan?.severity === undefined ? {} : { severity: repository.plan.severity }),
      ...(repository?.activation === undefined ? {} : { activation: repository.activation }),
      ...(repository?.registries === undefined ? {} : { registries: repository.registries }),
    },
    problems,
  }
}
