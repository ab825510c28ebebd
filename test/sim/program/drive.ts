/**
 * Runs a program on the host in memory, with its crashes, its people and its world: cells that
 * are changed once for each idempotency key, whatever happens to those who change them.
 */
import type { RunId } from '#engine/core/id.ts'
import { runIdFrom } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import { isOver } from '#engine/host/views.ts'
import { replay } from '#engine/runtime/decider/replay.ts'
import type { CallRequest } from '#engine/runtime/ports.ts'
import { lab, type Fake, type Lab } from '#test/fake/lab.ts'

import { print } from './print.ts'
import type { Program } from './program.ts'
import { answerOf, type Outcome } from './reading.ts'

export interface Driven extends Pick<Outcome, 'end' | 'effects' | 'state'> {
  /** How often its process died. */
  readonly deaths: number
}

const turnsMax = 5_000
/** Turns in which nothing is to be done, before time goes on. */
const quietTurns = 3
const run = runIdFrom(1_760_000_000_000, new Uint8Array(10).fill(1))

interface Asked {
  readonly cell: number
  readonly n: number
  readonly fails?: number
  readonly how?: 'net' | 'applied' | 'bug'
  readonly isLate?: boolean
}

/** What outlives every process. */
class World {
  readonly effects: string[] = []
  /** What was answered, by run and path. */
  readonly done = new Map<string, number>()
  readonly #keys = new Set<string>()

  change({ key }: CallRequest, effect: string): void {
    if (this.#keys.has(key)) return
    this.#keys.add(key)
    this.effects.push(effect)
  }
}

function actionsOn(world: World): NonNullable<Parameters<typeof lab>[0]['actions']> {
  const acting =
    (isChange: boolean): Fake =>
    (input, call) => {
      const { cell, n, fails = 0, how = 'net', isLate = false } = input as unknown as Asked
      const isGood = call.attempt > fails
      if (isChange && (isGood || how === 'applied')) world.change(call, `${cell} +${n}`)
      const output = answerOf(cell, n)
      if (isGood) world.done.set(`${call.run} ${call.path}`, output)
      const answer = (): Json => {
        if (isGood) return output
        throw Object.assign(new Error('as scripted'), {
          code: how === 'bug' ? 'SANDBOX_GUEST_THREW' : 'net',
        })
      }
      return isLate ? new Promise((resolve) => setImmediate(resolve)).then(answer) : answer()
    }
  const undo: Fake = (input, call) => {
    const { cell, n } = input as unknown as Asked
    world.change(call, `${cell} -${n}`)
    return null
  }
  return {
    idempotent: ['idempotent', acting(true)],
    unsafe: ['unsafe', acting(true)],
    read: ['read', acting(false)],
    pure: ['pure', acting(false)],
    undo: ['idempotent', undo],
  }
}

/** What came of the program. Throws when it comes to no end. */
export async function drive(program: Program): Promise<Driven> {
  const world = new World()
  let one = lab({ ...print(program), actions: actionsOn(world), commit: 'turn' })
  const people = new People(program)
  let crashes = [...program.crashes]
  let quiet = 0
  people.meet(one)
  for (let turn = 0, life = 0; turn < turnsMax; turn++, life++) {
    await new Promise((resolve) => setImmediate(resolve))
    const header = one.host.journal.find(run)
    if (header !== undefined && isOver(header.status))
      return { ...outcomeOf(one, world), deaths: program.crashes.length - crashes.length }
    if (crashes[0] !== undefined && life >= crashes[0]) {
      crashes = crashes.slice(1)
      one = one.crash()
      people.meet(one)
      life = 0
    } else if (one.host.queued() > 0) one.host.flush()
    else if (quiet++ < quietTurns) continue
    else if (!people.act(one, world) && !one.clock.step()) break
    quiet = 0
  }
  throw new Error('the program does not end')
}

function outcomeOf(one: Lab, world: World): Omit<Driven, 'deaths'> {
  const last = one.host.journal.read(run).at(-1)
  const output = last?.kind === 'run.done' ? one.view(run).output : null
  const code = last?.kind === 'run.failed' ? last.error.code : (last?.kind ?? 'nothing')
  const rows = [...(one.disk.states.get('program')?.rows ?? [])]
  return {
    end: last?.kind === 'run.done' ? { output: output as number | number[] } : { code },
    effects: world.effects.toSorted(),
    state: Object.fromEntries(rows.map(([key, { text }]) => [key, JSON.parse(text) as number])),
  }
}

/** Who starts the run, tells it things and answers it. They outlive every process. */
class People {
  readonly #program: Program
  readonly #heard = new Set<string>()
  #answered = 0

  constructor(program: Program) {
    this.#program = program
  }

  /** Starts the run, or makes sure that it was; tells it again what nobody was thanked for. */
  meet({ engine, start }: Lab): void {
    void start({ n: this.#program.n }, run).then(async () => {
      for (const [i, { name, data }] of this.#program.signals.entries()) {
        const id = `told-${i}`
        if (this.#heard.has(id)) continue
        await engine.signal(run, { name: `n${name}`, data, id }).catch(isOverNow)
        this.#heard.add(id)
      }
    }, isOverNow)
  }

  /** Answers what is asked, or looks after a step of which nobody knows; true when somebody did. */
  act(one: Lab, world: World): boolean {
    if (this.#heard.size < this.#program.signals.length) return false
    return this.#settles(one, world) || this.#answers(one)
  }

  #answers({ engine, host }: Lab): boolean {
    const isYes = this.#program.answers[this.#answered]
    const [asked] = host.journal.waiting({ kind: 'approval', limit: 1 })
    if (isYes === undefined || asked === undefined) return false
    const id = `answer-${this.#answered}`
    const decision = isYes ? 'approve' : 'reject'
    const told = engine.answer(asked.run, { path: asked.path, id, by: 'user:p', decision })
    void told.then(() => void (this.#answered += 1), isOverNow)
    return true
  }

  /** The world knows whether it happened. */
  #settles({ engine, host, plans }: Lab, world: World): boolean {
    for (const { run, plan } of host.journal.list({ limit: 50, status: 'uncertain' })) {
      const text = new TextDecoder().decode(host.store.get(plan))
      const [path] = replay(
        JSON.parse(text) as Parameters<typeof replay>[0],
        host.journal.read(run),
      ).uncertain
      if (path === undefined || plans.size === 0) continue
      const output = world.done.get(`${run} ${path}`)
      const how = output === undefined ? 'retry' : 'happened'
      const id = `${path} ${host.journal.read(run).length}`
      const settled = { path, how, id, ...(output === undefined ? {} : { output }) } as const
      void engine.settle(run as RunId, settled).catch(isOverNow)
      return true
    }
    return false
  }
}

/** A run that has ended meanwhile wants no more words. */
function isOverNow(thrown: unknown): void {
  const code = (thrown as { code?: string }).code ?? ''
  if (!code.startsWith('RUN_')) throw thrown
}
