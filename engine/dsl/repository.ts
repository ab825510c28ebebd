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
  /**
   * Who has to agree before a change of this repository becomes active. Read from the version that
   * is active, so that a change cannot approve itself.
   */
  readonly activation?: Activation
  /**
   * Where packages come from, by namespace: each namespace has one registry, and what it does not
   * have is looked for nowhere else. * is for all other namespaces.
   */
  readonly registries?: Readonly<Record<string, Registry>>
}

export interface PlanPolicy {
  /**
   * Severity by code of the finding: info, review, escalation or block. Codes that are left out
   * keep their own.
   */
  readonly severity?: Readonly<Record<string, 'info' | 'review' | 'escalation' | 'block'>>
}

export interface Activation {
  /** Where it may become active, by the name that a watcher is given. Without it: everywhere. */
  readonly environments?: readonly string[]
  /** Up to which severity a merge to the followed branch is an approval. Without it: review. */
  readonly merge?: 'none' | 'info' | 'review' | 'escalation'
  /**
   * Up to which severity `ionflux plan approve` on the machine of the watcher is an approval.
   * Without it: escalation.
   */
  readonly operator?: 'none' | 'info' | 'review' | 'escalation'
  /** How many different approvals an escalation needs. Without it: 1. */
  readonly quorum?: number
  /** People whose signature over the digest of a plan is an approval, by name. */
  readonly approvers?: Readonly<Record<string, Approver>>
}

export interface Approver {
  /** The public key, as ssh-keygen writes it: ssh-ed25519 AAAA…. */
  readonly key: string
  /** The most severe finding that the approval covers. Without it: escalation. */
  readonly up_to?: 'none' | 'info' | 'review' | 'escalation'
}

/** One registry, and what it takes to believe it. */
export interface Registry {
  /**
   * Its address: a folder of this repository (./index), an https address, or a repository
   * (git+https://HOST/OWNER/REPO//folder@branch).
   */
  readonly index: string
  /**
   * The digest of the first version of its root of trust. Without it, the first one that is seen is
   * believed from then on.
   */
  readonly root?: string
  /** Keys of witnesses, as `ionflux registry` prints them. */
  readonly witnesses?: readonly string[]
  /** How many of the witnesses must have cosigned. Without it: all of them. */
  readonly need?: number
  /** How old a release must be before `update` takes it: 3d unless told, 0s for at once. */
  readonly cooldown?: string
  /** Who has to have signed the Sigstore bundle beside a release, where there is one. */
  readonly sigstore?: Sigstore
}

/** Who has to have signed the Sigstore bundle beside a release, where there is one. */
export interface Sigstore {
  /** The file of this repository with the trusted root of Sigstore. Nothing is fetched. */
  readonly root: string
  /** Who vouched for the identity, such as https://token.actions.githubusercontent.com. */
  readonly issuer: string
  /** The subject of the certificate. * stands for anything but a space. */
  readonly identity: string
  /** Whether a release without a bundle is refused, too. */
  readonly required?: boolean
}
