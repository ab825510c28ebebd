/**
 * Goal: the laws of the simulation are not empty. Method: engines that break one promise
 * each; every one must be caught within so many seeds by the law that names its lie. Cases in
 * which it has nothing to lie about are passed over.
 */
import { expect, test } from 'vitest'

import { caseOf } from './case.ts'
import { explore } from './explore.ts'
import { sabotages } from './sabotage.ts'

const seedsMax = 2_000
/** A lie shows without a crash, or after one of the first. */
const pointsMax = 4
const doubleEvery = 4

/** The law that catches each engine, perhaps with others. */
const caughtBy = {
  'acknowledges before the commit': 'what was acknowledged exists',
  'writes no intents': 'no effect before its intent',
  'starts effects before their intent': 'no effect before its intent',
  'uses a key per attempt': 'one step, one key',
  'forgets timers': 'every run ends',
  'fires timers early': 'no timer fires before it is due',
  'lies about the time': 'no record from the future',
  'forgets a run when it recovers': 'every run ends',
  'calls every run parked': 'every run ends',
  'writes a record twice': 'the records fit the plan',
  'changes a result when it reads it': 'replay gives the living state',
  'loses cancels': 'a cancel that was acknowledged is kept',
  'loses results': 'what was reported is kept',
  'forgets what is on its way': 'every event is delivered',
  'forgets who waits': 'an event reaches who waits',
  'loses what it was told': 'what was told is kept',
  'loses what people answer': 'what was told is kept',
  'forgets what is written': 'a write counts once',
  'forgets who is under way': 'no more are under way than the flow allows',
  'writes where another one writes': 'who was passed over tells nobody',
  'forgets what undoes a step': 'replay gives the living state',
  'forgets what nobody knows': 'replay gives the living state',
  'forgets who was admitted': 'no more are under way than the flow allows',
  'forgets when runs began': 'no more begin within a time than the flow allows',
  'forgets who is replaced': 'of runs that come soon one begins',
  'tears a batch in two': 'the header says how it ended',
  'forgets its children': 'the outcome is what the flow says',
} as const satisfies Record<keyof typeof sabotages, string>

/** What is in a case, as JSON, that an engine can lie about. */
const wants: Partial<Record<keyof typeof sabotages, readonly RegExp[]>> = {
  'uses a key per attempt': [/"retry"/],
  'loses cancels': [/"cancelAt"/],
  'forgets a run when it recovers': [/"runs":[2-9]/],
  'forgets what is on its way': [/"k":"emit"/],
  'forgets who waits': [/"on":"event"/, /"k":"emit"/],
  'loses what people answer': [/"k":"approve"/],
  'forgets what is written': [/"k":"state"/],
  'forgets who is under way': [/"gate"/],
  'forgets who was admitted': [/"gate"/],
  'forgets when runs began': [/"rate"/],
  'forgets who is replaced': [/"quiet"/],
  'forgets what undoes a step': [/"undo"/],
  'forgets its children': [/"k":"flow"/],
}

test.each(Object.entries(caughtBy))(
  'an engine that %s is caught: %s',
  { timeout: 60_000 },
  async (name, law) => {
    const sabotage = sabotages[name as keyof typeof sabotages]
    for (let seed = 1; seed <= seedsMax; seed++) {
      const one = caseOf(seed)
      const text = JSON.stringify(one)
      const isOfUse = wants[name as keyof typeof sabotages]?.every((want) => want.test(text))
      if (isOfUse === false) continue
      const { found } = await explore(one, { sabotage, pointsMax, doubleEvery })
      if (found?.breaches.some((breach) => breach.law === law) === true) return
    }
    expect.fail(`no breach of it within ${seedsMax} seeds`)
  },
)
