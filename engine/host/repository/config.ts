/**
 * Reads `ionflux.yaml`, the marker of a repository: where its flows and plugins are.
 *
 * Everything in it may be left out, and so may the file; what is wrong in it is a
 * problem with its place, and the defaults stand in for those who check and mend. Whoever
 * acts by it asks `demandMarker`, or tells the errors of `readMarker` and does nothing.
 */
import { IonError } from '#engine/core/error.ts'
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

export interface ReadMarker {
  readonly marker: Marker
  readonly problems: readonly Problem[]
}

/** What was read of some files, for a command that asks several times. */
const known = new WeakMap<Files, ReadMarker & { readonly text: string }>()

/** The marker of `files`, with the defaults for what it leaves out. */
export function readMarker(files: Files): ReadMarker {
  const text = files.readText(markerFile)
  if (text === undefined) return { marker: defaults, problems: [] }
  const before = known.get(files)
  if (before?.text === text) return before
  const read = { ...markerIn(text), text }
  known.set(files, read)
  return read
}

/** The marker, for what acts by it. Throws the code of the first error in it. */
export function demandMarker(files: Files): Marker {
  const { marker, problems } = readMarker(files)
  const error = problems.find(({ severity }) => severity === 'error')
  if (error === undefined) return marker
  throw new IonError(
    error.code,
    `${markerFile} has a mistake: ${error.message} \`ionflux check\` shows where.`,
    { data: { file: markerFile } },
  )
}

function markerIn(text: string): ReadMarker {
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
