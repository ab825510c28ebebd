/**
 * Runs the cases of a plugin through the real sandbox: the one way for its author, for
 * `plugin test` and for the tests of the built-in plugins.
 *
 * The world of a case is what its file says: a repository made of `commits`, or recorded
 * `replies`. Nothing else answers, so a case gives the same result everywhere.
 */
import { canonical } from '#engine/core/canonical.ts'
import { IonError } from '#engine/core/error.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import type { Permissions } from '#engine/dsl/world.ts'
import { openGit } from '#engine/mirror/open.ts'
import { gitOperations } from '#engine/mirror/operations.ts'
import { schemaOperations } from '#engine/sandbox/capability/schema.ts'
import type { HostOperations } from '#engine/sandbox/operations.ts'
import type { BuiltUnit } from '#engine/sandbox/unit.ts'

import { Bench, type BenchResult, type Usage } from './bench.ts'
import type { Case, CaseFile, Reply } from './case-file.ts'
import { differences, type Difference } from './difference.ts'
import { openHistory, type History } from './history.ts'

export interface CaseResult {
  readonly ok: boolean
  /** Why it failed, in a sentence. */
  readonly reason?: string
  /** Of the output, where one was expected. */
  readonly differences: readonly Difference[]
  readonly result: BenchResult
  readonly usage: Usage
}

/** The cases of one build of a plugin; close it with `await using`. */
export class CaseRunner implements AsyncDisposable {
  readonly #bench: Bench
  readonly #permissions: Permissions
  readonly #histories = new Map<string, { history: History; operations: HostOperations }>()

  constructor(built: BuiltUnit) {
    this.#bench = new Bench(built)
    this.#permissions = built.unit.capabilities
  }

  /** Runs one case of `file`. */
  async run(file: CaseFile, one: Case): Promise<CaseResult> {
    const replies = [...(one.replies ?? [])]
    const result = await this.#bench.call({
      action: one.action,
      input: one.input ?? {},
      permissions: one.grants ?? this.#permissions,
      operations: alwaysReal(one.replies === undefined ? this.#world(file) : recorded(replies)),
    })
    const verdict = judge(one, result)
    const isDone = verdict.ok && replies.length > 0
    const left = `The action did not ask for the reply "${replies[0]?.op ?? ''}" that is recorded.`
    const whole = isDone ? { ok: false, reason: left, differences: [] } : verdict
    return { ...whole, result, usage: result.usage }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bench[Symbol.asyncDispose]()
    for (const { history } of this.#histories.values()) history[Symbol.dispose]()
  }

  #world({ path, commits }: CaseFile): HostOperations {
    if (commits === undefined) return recorded([])
    const known = this.#histories.get(path)
    if (known !== undefined) return known.operations
    const history = openHistory(commits)
    const operations = gitOperations({ git: async () => await openGit(history.directory) })
    this.#histories.set(path, { history, operations })
    return operations
  }
}

const schemas = schemaOperations()

/** What is a function of its arguments needs no world to answer. */
function alwaysReal(world: HostOperations): HostOperations {
  return {
    call: async (op, args, context) =>
      await (op.startsWith('schema.') ? schemas : world).call(op, args, context),
  }
}

/** Answers from a list, which gets shorter with every answer. */
function recorded(replies: Reply[]): HostOperations {
  return {
    call: async (op, args) => {
      const reply = replies.shift()
      const data: JsonObject = { op, args }
      if (reply?.op !== op) {
        const next = reply === undefined ? 'none' : `one of "${reply.op}"`
        const message = `The case has no reply for "${op}": ${next} comes next in its list.`
        throw new IonError('RUN_STEP_FAILED', message, { data })
      }
      if (reply.args !== undefined && canonical(reply.args) !== canonical(args)) {
        const message = `"${op}" was asked with other arguments than the case records: ${JSON.stringify(args)}`
        throw new IonError('RUN_STEP_FAILED', message, { data })
      }
      if (reply.error === undefined) return reply.output ?? null
      const { code, message } = reply.error
      // A case may record any code that the host could answer with.
      throw Object.assign(new IonError('RUN_STEP_FAILED', message), { code })
    },
  }
}

function judge(one: Case, result: BenchResult): Pick<CaseResult, 'ok' | 'reason' | 'differences'> {
  if (one.error !== undefined) {
    if (!result.ok && result.error.code === one.error) return { ok: true, differences: [] }
    const came = result.ok
      ? 'it gave an output'
      : `${result.error.code} came: ${result.error.message}`
    return { ok: false, reason: `${one.error} must come, but ${came}.`, differences: [] }
  }
  if (!result.ok) {
    const { code, message, data } = result.error
    const stack = stackOf(data)
    return { ok: false, reason: `${code}: ${message}${stack}`, differences: [] }
  }
  if (one.output === undefined && one.part === undefined) {
    const reason = 'It expects nothing: add "output", "part" or "error", or call with --update.'
    return { ok: false, reason, differences: [] }
  }
  const found = [
    ...(one.output === undefined ? [] : differences(one.output, result.output, 'whole')),
    ...(one.part === undefined ? [] : differences(one.part, result.output, 'part')),
  ]
  return found.length === 0
    ? { ok: true, differences: [] }
    : { ok: false, reason: 'The output is not the expected one.', differences: found }
}

function stackOf(data: Json | undefined): string {
  const stack = (data as { readonly stack?: unknown } | undefined)?.stack
  return Array.isArray(stack) ? stack.map((frame) => `\n  at ${String(frame)}`).join('') : ''
}
