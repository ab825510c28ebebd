/**
 * The far side of `pool.ts`: does one job after the other, errors as data.
 */
import { parentPort } from 'node:worker_threads'

import { toFailure, type Failure } from '#engine/core/error.ts'
import type { AbsorbJob } from '#engine/mirror/sync/absorb.ts'
import type { Collected } from '#engine/mirror/sync/collect.ts'

import { absorbPortable } from './job.ts'

export type JobAnswer = { readonly value: Collected } | { readonly error: Failure }

parentPort?.on('message', (job: AbsorbJob) => {
  void answer(job).then((reply) => parentPort?.postMessage(reply))
})

async function answer(job: AbsorbJob): Promise<JobAnswer> {
  try {
    return { value: await absorbPortable(job) }
  } catch (thrown) {
    return { error: toFailure(thrown, 'MIRROR_READ_FAILED') }
  }
}
