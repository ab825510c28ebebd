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
  /**
   * How `ionflux plan` judges a change. Read from the side that is changed, so that a change cannot
   * soften its own judgement.
   */
  readonly plan?: PlanPolicy
}

export interface PlanPolicy {
  /**
   * Severity by code of the finding: info, review, escalation or block. Codes that are left out
   * keep their own.
   */
  readonly severity?: Readonly<Record<string, 'info' | 'review' | 'escalation' | 'block'>>
}
