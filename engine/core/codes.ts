/**
 * Every code of the system, one line each: the failure model on one screen per area.
 *
 * `retry` says whether waiting can help, `status` what HTTP answers, `exit` what the
 * process ends with (DESIGN 12) where it is not derived from the kind of wrong.
 * A code, once released, is never renamed or reused. `docs/errors.md` explains each.
 */
interface CodeSpec {
  readonly retry: 'never' | 'backoff'
  readonly status: 400 | 403 | 404 | 409 | 413 | 422 | 500 | 502 | 503 | 504 | 507
}

export const codes = {
  // DSL: mistakes in a file (problems; exit 3)
  DSL_YAML_SYNTAX: { retry: 'never', status: 422 },
  DSL_YAML_FEATURE: { retry: 'never', status: 422 },
  DSL_KEY_DUPLICATE: { retry: 'never', status: 422 },
  DSL_TEXT_SUSPICIOUS: { retry: 'never', status: 422 },
  DSL_LIMIT_EXCEEDED: { retry: 'never', status: 413 },
  DSL_KEY_UNKNOWN: { retry: 'never', status: 422 },
  DSL_KEY_MISSING: { retry: 'never', status: 422 },
  DSL_VALUE_TYPE: { retry: 'never', status: 422 },
  DSL_VALUE_UNKNOWN: { retry: 'never', status: 422 },
  DSL_VALUE_FORMAT: { retry: 'never', status: 422 },
  DSL_STEP_KIND: { retry: 'never', status: 422 },
  DSL_STEP_DUPLICATE: { retry: 'never', status: 422 },
  DSL_FLOW_DUPLICATE: { retry: 'never', status: 422 },
  DSL_PLUGIN_DUPLICATE: { retry: 'never', status: 422 },
  DSL_SCHEMA_MALFORMED: { retry: 'never', status: 422 },
  DSL_EXPRESSION_SYNTAX: { retry: 'never', status: 422 },
  DSL_EXPRESSION_TYPE: { retry: 'never', status: 422 },
  DSL_EXPRESSION_LIMIT: { retry: 'never', status: 422 },
  DSL_NAME_UNKNOWN: { retry: 'never', status: 422 },
  DSL_FIELD_UNKNOWN: { retry: 'never', status: 422 },
  DSL_REFERENCE_FORMAT: { retry: 'never', status: 422 },
  DSL_REFERENCE_UNKNOWN: { retry: 'never', status: 404 },
  DSL_EDIT_REFUSED: { retry: 'never', status: 409 },

  // PLAN: a flow that reads well and cannot be compiled (problems; exit 3)
  PLAN_FLOW_CYCLE: { retry: 'never', status: 422 },
  PLAN_COMPONENT_CYCLE: { retry: 'never', status: 422 },
  PLAN_BRANCH_CYCLE: { retry: 'never', status: 422 },
  PLAN_BRANCH_UNKNOWN: { retry: 'never', status: 422 },
  PLAN_CODE_MALFORMED: { retry: 'never', status: 422 },
  PLAN_EFFECT_UNGUARDED: { retry: 'never', status: 422 },
  PLAN_SECRET_MISPLACED: { retry: 'never', status: 422 },
  PLAN_PERMISSION_MISSING: { retry: 'never', status: 403 },

  // PLAN: what a reviewer must know of a change (findings, not mistakes)
  PLAN_FLOW_BROKEN: { retry: 'never', status: 422 },
  PLAN_FLOW_REMOVED: { retry: 'never', status: 422 },
  PLAN_CODE_CHANGED: { retry: 'never', status: 422 },
  PLAN_HOST_ADDED: { retry: 'never', status: 422 },
  PLAN_SECRET_ADDED: { retry: 'never', status: 422 },
  PLAN_SECRET_REACH: { retry: 'never', status: 422 },
  PLAN_POWER_ADDED: { retry: 'never', status: 422 },
  PLAN_EFFECT_ADDED: { retry: 'never', status: 422 },
  PLAN_SAFEGUARD_REMOVED: { retry: 'never', status: 422 },
  PLAN_SAFEGUARD_WEAKENED: { retry: 'never', status: 422 },
  PLAN_TRIGGER_ADDED: { retry: 'never', status: 422 },
  PLAN_TRIGGER_CHANGED: { retry: 'never', status: 422 },
  PLAN_TRIGGER_REMOVED: { retry: 'never', status: 422 },
  PLAN_INTERFACE_BROKEN: { retry: 'never', status: 422 },
  PLAN_PACKAGE_CHANGED: { retry: 'never', status: 422 },
  PLAN_POLICY_CHANGED: { retry: 'never', status: 422 },

  // LOCK: what references mean, and where their bytes come from (exit 3)
  LOCK_MALFORMED: { retry: 'never', status: 422 },
  LOCK_STALE: { retry: 'never', status: 409 },
  LOCK_PACKAGE_MISSING: { retry: 'never', status: 404 },
  LOCK_SOURCE_REFUSED: { retry: 'never', status: 422 },
  LOCK_REGISTRY_BYPASSED: { retry: 'never', status: 422 },

  // RUN: what happens while a run is under way
  RUN_INPUT_REFUSED: { retry: 'never', status: 422 },
  RUN_OUTPUT_REFUSED: { retry: 'never', status: 422 },
  RUN_NOT_FOUND: { retry: 'never', status: 404 },
  RUN_ALREADY_ENDED: { retry: 'never', status: 409 },
  RUN_NOT_RETRYABLE: { retry: 'never', status: 409 },
  RUN_NOT_REMOVABLE: { retry: 'never', status: 409 },
  RUN_SIGNAL_REFUSED: { retry: 'never', status: 409 },
  RUN_NOT_FORKABLE: { retry: 'never', status: 409 },
  RUN_APPROVAL_CLOSED: { retry: 'never', status: 409 },
  RUN_APPROVAL_DENIED: { retry: 'never', status: 403 },
  RUN_APPROVAL_REFUSED: { retry: 'never', status: 403 },
  RUN_APPROVAL_STALE: { retry: 'never', status: 409 },
  RUN_FAILED_BY_FLOW: { retry: 'never', status: 422 },
  RUN_ASSERTION_FAILED: { retry: 'never', status: 422 },
  RUN_EXPRESSION_FAILED: { retry: 'never', status: 422 },
  RUN_LOOP_EXCEEDED: { retry: 'never', status: 422 },
  RUN_STEP_FAILED: { retry: 'backoff', status: 502 },
  RUN_STEP_TIMEOUT: { retry: 'backoff', status: 504 },
  RUN_STEP_UNCERTAIN: { retry: 'never', status: 409 },
  RUN_NOT_UNCERTAIN: { retry: 'never', status: 409 },
  RUN_BUDGET_EXCEEDED: { retry: 'never', status: 403 },
  RUN_REJECTED: { retry: 'never', status: 409 },
  RUN_TIMEOUT: { retry: 'never', status: 504 },
  RUN_CANCELLED: { retry: 'never', status: 409 },
  RUN_CHILD_FAILED: { retry: 'never', status: 502 },
  RUN_STATE_CONFLICT: { retry: 'backoff', status: 409 },
  RUN_COMPENSATION_FAILED: { retry: 'never', status: 502 },
  RUN_LIMIT_EXCEEDED: { retry: 'never', status: 413 },
  RUN_INTERNAL: { retry: 'never', status: 500 },

  // JOURNAL: the memory of runs
  JOURNAL_BUSY: { retry: 'backoff', status: 503 },
  JOURNAL_WRITE_FAILED: { retry: 'backoff', status: 507 },
  JOURNAL_READ_FAILED: { retry: 'never', status: 500 },
  JOURNAL_CHAIN_BROKEN: { retry: 'never', status: 500 },
  JOURNAL_DIVERGED: { retry: 'never', status: 500 },
  JOURNAL_VERSION_UNKNOWN: { retry: 'never', status: 500 },
  JOURNAL_PAYLOAD_MISSING: { retry: 'never', status: 500 },
  JOURNAL_UNTRUSTED: { retry: 'never', status: 403 },

  // SANDBOX: guest code
  SANDBOX_CODE_REFUSED: { retry: 'never', status: 422 },
  SANDBOX_GUEST_THREW: { retry: 'never', status: 422 },
  SANDBOX_TIME_EXCEEDED: { retry: 'never', status: 504 },
  SANDBOX_MEMORY_EXCEEDED: { retry: 'never', status: 413 },
  SANDBOX_SIZE_EXCEEDED: { retry: 'never', status: 413 },
  SANDBOX_OUTPUT_REFUSED: { retry: 'never', status: 422 },
  SANDBOX_CRASHED: { retry: 'backoff', status: 502 },

  // AGENT: models and what they are asked (exit 1)
  AGENT_RUNTIME_MISSING: { retry: 'never', status: 503 },

  // CAP: powers asked for and not granted (exit 4)
  CAP_NOT_SERVED: { retry: 'never', status: 503 },
  CAP_NOT_GRANTED: { retry: 'never', status: 403 },

  // CONN: requests to other hosts, and secrets (exit 69, or 4 where something is denied)
  CONN_REQUEST_REFUSED: { retry: 'never', status: 422 },
  CONN_HOST_DENIED: { retry: 'never', status: 403 },
  CONN_ADDRESS_DENIED: { retry: 'never', status: 403 },
  CONN_UNREACHABLE: { retry: 'backoff', status: 502 },
  CONN_TIMEOUT: { retry: 'backoff', status: 504 },
  CONN_RESPONSE_TOO_LARGE: { retry: 'never', status: 413 },
  CONN_PROTOCOL: { retry: 'never', status: 502 },
  CONN_SECRET_UNKNOWN: { retry: 'never', status: 404 },
  CONN_SECRET_REFUSED: { retry: 'never', status: 422 },
  CONN_SECRET_SEALED: { retry: 'never', status: 500 },

  // MIRROR: Git
  MIRROR_FETCH_FAILED: { retry: 'backoff', status: 502 },
  MIRROR_REPOSITORY_MISSING: { retry: 'never', status: 404 },
  MIRROR_GIT_NEEDED: { retry: 'never', status: 422 },
  MIRROR_REF_UNKNOWN: { retry: 'never', status: 404 },
  MIRROR_PATH_UNKNOWN: { retry: 'never', status: 404 },
  MIRROR_OBJECT_REFUSED: { retry: 'never', status: 422 },
  MIRROR_HISTORY_EMPTY: { retry: 'never', status: 422 },
  MIRROR_REF_REFUSED: { retry: 'never', status: 422 },
  MIRROR_REF_MOVED: { retry: 'backoff', status: 409 },
  MIRROR_WRITE_FAILED: { retry: 'backoff', status: 507 },
  MIRROR_READ_FAILED: { retry: 'backoff', status: 502 },
  MIRROR_UNKNOWN: { retry: 'never', status: 404 },
  MIRROR_NAME_TAKEN: { retry: 'never', status: 409 },
  MIRROR_REPOSITORY_GONE: { retry: 'backoff', status: 404 },
  MIRROR_REMOTE_MALFORMED: { retry: 'backoff', status: 502 },
  MIRROR_PACK_REFUSED: { retry: 'never', status: 422 },
  MIRROR_LIMIT_EXCEEDED: { retry: 'never', status: 413 },
  MIRROR_HOST_RESTS: { retry: 'backoff', status: 503 },
  MIRROR_BUSY: { retry: 'backoff', status: 409 },
  MIRROR_COMPILE_FAILED: { retry: 'never', status: 422 },

  // MIRROR: why a version does not become active (exit 4)
  MIRROR_PLAN_BLOCKED: { retry: 'never', status: 403 },
  MIRROR_PLAN_UNAPPROVED: { retry: 'never', status: 403 },

  // REG: registries, and whether what they say can be trusted (exit 3, or 69 where one cannot be reached)
  REG_LOG_BROKEN: { retry: 'never', status: 500 },
  REG_LOG_MOVED: { retry: 'backoff', status: 409 },
  REG_VIEW_STALE: { retry: 'backoff', status: 502 },
  REG_ROLLED_BACK: { retry: 'never', status: 409 },
  REG_UNTRUSTED: { retry: 'never', status: 403 },
  REG_NOT_FOUND: { retry: 'never', status: 404 },
  REG_EVENT_REFUSED: { retry: 'never', status: 422 },
  REG_NAME_REFUSED: { retry: 'never', status: 409 },
  REG_UNREACHABLE: { retry: 'backoff', status: 502 },
  REG_TAG_REFUSED: { retry: 'never', status: 422 },
  REG_RELEASE_REFUSED: { retry: 'never', status: 422 },
  REG_BUMP_TOO_SMALL: { retry: 'never', status: 422 },

  // CLI: how ionflux was called (exit 2, or 69 where something cannot be reached)
  CLI_USAGE: { retry: 'never', status: 400 },
  CLI_INTERRUPTED: { retry: 'never', status: 409 },
  CLI_FILE_UNREADABLE: { retry: 'never', status: 404 },
  CLI_ENGINE_UNREACHABLE: { retry: 'backoff', status: 503 },
} as const satisfies Record<string, CodeSpec>

export type Code = keyof typeof codes
