/**
 * ionflux repository: the types of the file.
 *
 * Generated from schemas/ionflux.json by scripts/types.ts; edit that.
 */
/** Marks a repository (ionflux.yaml): its namespace and where its files are. */
export interface Repository {
  /** The namespace of the repository's own plugins and flows. */
  readonly namespace?: string
  /** Globs that find the flow files. Without it: every .flow.yaml file. */
  readonly flows?: readonly string[]
  /** Globs that find the plugin manifests. Without it: every plugin.yaml below plugins/. */
  readonly plugins?: readonly string[]
}
