/**
 * Runs the cases of a plugin through the real sandbox: the one way for its author, for
 * `plugin test` and for the tests of the built-in plugins.
 *
 * The world of a case is what its file says: a repository made of `commits`, hosts made of
 * `servers`, or recorded `replies`. Nothing else answers, so a case gives the same result everywhere.
 */
import { SecretBook } from '#engine/connection/secret.ts'
import { canonical } from '#engine/core/canonical.ts'
import { IonError } from '#engine/core/error.ts'
import type { Json, JsonObject } from '#engine/core/json.ts'
import type { Permissions } from '#engine/dsl/world.ts'
import { openGit } from '#engine/mirror/open.ts'
import { gitOperations } from '#engine/mirror/operations.ts'
import { httpOperations } from '#engine/sandbox/capability/http.ts'
import { schemaOperations } from '#engine/sandbox/capability/schema.ts'
import type { HostOperations } from '#engine/sandbox/operations.ts'
import type { BuiltUnit } from '#engine/sandbox/unit.ts'

import { Bench, type BenchResult, type Usage } from './bench.ts'
import type { Case, CaseFile, Reply } from './case-file.ts'
import { differences, type Difference } from '#engine/testing/difference.ts'

import { openHistory } from './history.ts'
import { openServerDoor } from './server-door.ts'
import { openCaseServers, type CaseServers } from './servers.ts'

export type { Difference } from '#engine/testing/difference.ts'

export interface CaseResult {
  readonly ok: boolean
  /** Why it failed, in a sentence. */
  readonly reason?: string
  /** Of the output, where one was expected. */
  readonly differences: readonly Difference[]
  readonly result: BenchResult
  readonly usage: Usage
}

/** The world of the cases of one file, opened with the first of them. */
interface World extends AsyncDisposable {
  readonly operations: HostOperations
  readonly servers?: CaseServers
}

/** The cases of one build of a plugin; close it with `await using`. */
export class CaseRunner implements AsyncDisposable {
  readonly #bench: Bench
  readonly #permissions: Permissions
  readonly #worlds = new Map<CaseFile, Promise<World>>()
  #secrets = new SecretBook([])

  constructor(built: BuiltUnit) {
    this.#bench = new Bench(built, async (names) => await this.#secrets.redactorFor(names))
    this.#permissions = built.unit.capabilities
  }

  /** Runs one case of `file`. */
  async run(file: CaseFile, one: Case): Promise<CaseResult> {
    const replies = [...(one.replies ?? [])]
    const world = one.replies === undefined ? await this.#world(file) : undefined
    world?.servers?.reset()
    const { secrets = {} } = file
    this.#secrets = bookOf(secrets)
    const result = await this.#bench.call({
      action: one.action,
      input: one.input ?? {},
      permissions: one.grants ?? this.#grants(file),
      operations: alwaysReal(world?.operations ?? recorded(replies)),
      secrets: Object.keys(secrets),
    })
    const found = judge(one, result)
    const whole = found.ok ? (leftOver(replies, one, world?.servers) ?? found) : found
    const told = whole.ok ? whole : withUnanswered(whole, world?.servers)
    return { ...told, result, usage: result.usage }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bench[Symbol.asyncDispose]()
    for (const world of this.#worlds.values()) await (await world)[Symbol.asyncDispose]()
  }

  /** What the manifest asks for; where it says "whichever the flow allows", the flow allows the servers. */
  #grants({ servers = {}, secrets = {} }: CaseFile): Permissions {
    const { net, secrets: names } = this.#permissions
    const all = (asked: readonly string[] | undefined, own: readonly string[]): boolean =>
      asked?.includes('*') === true && own.length > 0
    const origins = Object.keys(servers).map((origin) => origin.replace(/^https:\/\//, ''))
    return {
      ...this.#permissions,
      ...(all(net, origins) ? { net: origins } : {}),
      ...(all(names, Object.keys(secrets)) ? { secrets: Object.keys(secrets) } : {}),
    }
  }

  async #world(file: CaseFile): Promise<World> {
    const known = this.#worlds.get(file)
    if (known !== undefined) return await known
    const opened = openWorld(file, () => this.#secrets)
    this.#worlds.set(file, opened)
    return await opened
  }
}

function bookOf(secrets: Readonly<Record<string, string>>): SecretBook {
  return new SecretBook([{ find: async (name) => secrets[name] }])
}

async function openWorld(
  { commits, servers: specs }: CaseFile,
  secrets: () => SecretBook,
): Promise<World> {
  const history = commits === undefined ? undefined : openHistory(commits)
  const servers = specs === undefined ? undefined : await openCaseServers(specs)
  const door = servers === undefined ? undefined : openServerDoor(servers)
  const nothing = recorded([])
  const git =
    history === undefined
      ? nothing
      : gitOperations({ git: async () => await openGit(history.directory) })
  const http =
    door === undefined ? nothing : httpOperations({ door: async () => door, secrets, now: () => 0 })
  return {
    ...(servers === undefined ? {} : { servers }),
    operations: {
      call: async (op, args, context) =>
        await (op.startsWith('http.') ? http : git).call(op, args, context),
    },
    [Symbol.asyncDispose]: async () => {
      history?.[Symbol.dispose]()
      await door?.[Symbol.asyncDispose]()
      await servers?.[Symbol.asyncDispose]()
    },
  }
}

type Verdict = Pick<CaseResult, 'ok' | 'reason' | 'differences'>

/** What was expected of the world and did not come. */
function leftOver(
  replies: readonly Reply[],
  { requests }: Case,
  servers: CaseServers | undefined,
): Verdict | undefined {
  const [reply] = replies
  if (reply !== undefined) {
    const reason = `The action did not ask for the reply "${reply.op}" that is recorded.`
    return { ok: false, reason, differences: [] }
  }
  const asked = [...(servers?.asked() ?? [])]
  const found = requests === undefined ? [] : differences([...requests], asked, 'whole')
  if (found.length === 0) return undefined
  return { ok: false, reason: 'Other requests came than are expected.', differences: found }
}

function withUnanswered(verdict: Verdict, servers: CaseServers | undefined): Verdict {
  const lines = servers?.unanswered() ?? []
  if (lines.length === 0) return verdict
  const more = lines.map((line) => `\n  no answer of the servers fits ${line}`).join('')
  return { ...verdict, reason: `${verdict.reason ?? ''}${more}` }
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

function judge(one: Case, result: BenchResult): Verdict {
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
