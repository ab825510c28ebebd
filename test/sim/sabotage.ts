/**
 * Engines that lie, made by wrapping ports: what the laws of the simulation must notice.
 */
import type { EnginePorts } from '#engine/runtime/live/inside.ts'
import type { Batch, Journal, RunLog } from '#engine/runtime/ports.ts'
import type { RunRecord } from '#engine/runtime/record.ts'

import type { Sabotage } from './process.ts'

/** Changes every batch on its way to the disk. */
function batches(change: (batch: Batch, log: RunLog) => Batch): Sabotage {
  return appends((log, batch) => log.append(change(batch, log)))
}

function appends(append: (log: RunLog, batch: Batch) => Promise<void>): Sabotage {
  return (ports) => {
    const lying = (log: RunLog): RunLog => ({
      run: log.run,
      append: (batch) => append(log, batch),
      close: () => log.close(),
    })
    return journal(ports, {
      create: (header) => lying(ports.journal.create(header)),
      open: (run) => lying(ports.journal.open(run)),
    })
  }
}

function journal(ports: EnginePorts, changed: Partial<Journal>): EnginePorts {
  return { ...ports, journal: { ...ports.journal, ...changed } }
}

function without(kind: RunRecord['kind']): Sabotage {
  return batches((batch) => ({
    ...batch,
    records: batch.records.filter((record) => record.kind !== kind),
  }))
}

function changeDone(record: RunRecord): RunRecord {
  return record.kind === 'step.done' ? { ...record, output: { value: 13 } } : record
}

/** By name; each names a promise that it breaks. */
export const sabotages = {
  'acknowledges before the commit': (ports, world) => {
    const early = appends((log, batch) => {
      void log.append(batch)
      return Promise.resolve()
    })(ports, world)
    // It believes what it acknowledged, so it may look for what is not there.
    const read: Journal['read'] = (run) =>
      ports.journal.find(run) === undefined ? [] : ports.journal.read(run)
    return journal(early, { read })
  },
  'writes no intents': without('step.started'),
  'starts effects before their intent': appends((log, batch) => {
    const done = log.append(batch)
    return batch.records.some(({ kind }) => kind === 'step.started') ? Promise.resolve() : done
  }),
  'uses a key per attempt': (ports) => ({
    ...ports,
    caller: {
      call: (request) =>
        ports.caller.call(
          new Proxy(request, {
            get: (target, name) => {
              const value: unknown = Reflect.get(target, name, target)
              return name === 'key' ? `${String(value)}#${target.attempt}` : value
            },
          }),
        ),
    },
  }),
  'forgets timers': batches((batch) => ({ ...batch, timers: [] })),
  'fires timers early': (ports) => {
    const { journal: real } = ports
    const early = journal(ports, {
      dueTimers: (now, limit) => real.dueTimers(now + 3_600_000, limit),
    })
    return {
      ...early,
      clock: { ...ports.clock, wakeAt: (at, wake) => ports.clock.wakeAt(at - 3_600_000, wake) },
    }
  },
  'lies about the time': (ports) => ({
    ...ports,
    clock: { ...ports.clock, now: () => ports.clock.now() + 1 },
  }),
  'forgets a run when it recovers': (ports) =>
    journal(ports, { unfinished: () => ports.journal.unfinished().slice(1) }),
  'calls every run parked': batches((batch) =>
    batch.status === 'running' ? { ...batch, status: 'parked' } : batch,
  ),
  'writes a record twice': batches((batch) => ({
    ...batch,
    records: batch.records.flatMap((record) =>
      Array.from({ length: record.kind === 'step.done' ? 2 : 1 }, () => record),
    ),
  })),
  'changes a result when it reads it': (ports) =>
    journal(ports, { read: (run) => ports.journal.read(run).map(changeDone) }),
  'loses cancels': without('run.cancel'),
  'loses results': without('step.done'),
  'forgets what is on its way': batches((batch) => ({ ...batch, events: [] })),
  'forgets who waits': batches((batch) => ({ ...batch, waits: [] })),
  'loses what it was told': without('signal.received'),
  'loses what people answer': without('approval.decided'),
  'forgets what is written': batches((batch) => ({ ...batch, states: [] })),
  'tears a batch in two': appends(async (log, batch) => {
    const half = Math.ceil(batch.records.length / 2)
    const { timers, status, endedAt, records } = batch
    await log.append({
      records: records.slice(0, half),
      ...(status === undefined ? {} : { status }),
      ...(endedAt === undefined ? {} : { endedAt }),
    })
    return await log.append({
      records: records.slice(half),
      ...(timers === undefined ? {} : { timers }),
    })
  }),
  'forgets its children': (ports) =>
    journal(ports, {
      find: (run) => {
        const header = ports.journal.find(run)
        return header?.parent === undefined || header.endedAt === undefined ? header : undefined
      },
    }),
  'forgets who is under way': (ports) =>
    journal(ports, {
      waiting: (query) =>
        query.kind === 'slot' && query.isHeld ? [] : ports.journal.waiting(query),
    }),
  'writes where another one writes': (ports, world) => {
    const mine = world.disk.writer
    const still = appends((log, batch) => {
      world.disk.writer = mine
      return log.append(batch)
    })
    return still(ports, world)
  },
  'forgets what undoes a step': without('compensation.armed'),
  'forgets what nobody knows': without('step.uncertain'),
  'forgets who was admitted': without('run.admitted'),
  'forgets when runs began': batches(({ states = [], ...batch }) => ({
    ...batch,
    states: states.filter(({ flow }) => !flow.startsWith('rate limit of ')),
  })),
  'forgets who is replaced': (ports) =>
    journal(ports, {
      waiting: (query) => (query.kind === 'debounce' ? [] : ports.journal.waiting(query)),
    }),
} as const satisfies Record<string, Sabotage>
