/**
 * Holds locked packages to the registries of their namespaces: what a registry is named for comes
 * from it alone, so that nobody puts a package of the same name in its place.
 *
 * Pure. Whether the registry really has what the lock says is for an audit.
 */
import type { Problem } from '#engine/core/problem.ts'

import { keyOf, lockFile, type LockedPackage } from './lock.ts'

/** The registries of a repository by namespace; `*` is for what has none, and binds no namespace. */
export type Bindings = Readonly<Record<string, { readonly index: string }>>

/** The registry that is named for the namespace of `name`. */
export function boundTo(name: string, bindings: Bindings): string | undefined {
  const namespace = name.split('/', 1)[0] ?? ''
  return Object.hasOwn(bindings, namespace) ? bindings[namespace]?.index : undefined
}

/** Whether a package was named by its source although a registry is named for its namespace. */
export function isBypass({ name, source }: LockedPackage, bindings: Bindings): boolean {
  return source.kind === 'git' && source.log === undefined && boundTo(name, bindings) !== undefined
}

/** The sentence for `name`, whose namespace is bound. */
export function bypassMessage(name: string, bindings: Bindings): string {
  const namespace = name.split('/', 1)[0] ?? ''
  const index = boundTo(name, bindings) ?? ''
  return `"${name}" comes only from the registry of "${namespace}", which ionflux.yaml says is "${index}".`
}

/** One problem for each of `packages` that is beside its registry. */
export function bypassProblems(
  packages: readonly LockedPackage[],
  bindings: Bindings,
): readonly Problem[] {
  return packages
    .filter((one) => isBypass(one, bindings))
    .map((one) => ({
      code: 'LOCK_REGISTRY_BYPASSED',
      severity: 'error',
      message: `${bypassMessage(one.name, bindings)} ${lockFile} has "${keyOf(one)}" from elsewhere.`,
      at: '',
      file: lockFile,
      help: `\`ionflux add ${one.name}\` takes it from its registry.`,
    }))
}
