/**
 * What a fork of a run would begin with, before it is made.
 */
import type { RunId } from '#engine/core/id.ts'
import type { JsonObject } from '#engine/core/json.ts'
import { planOf } from '#engine/host/views.ts'
import type { DurableReader } from '#engine/durable/durable.ts'
import { type Fork, forkOf } from '#engine/runtime/fork.ts'

/** Reads which past effects a fork reuses, repeats and is given. Throws `RUN_NOT_FORKABLE`. */
export function previewFork(
  reader: Pick<DurableReader, 'journal' | 'store'>,
  wish: {
    readonly run: RunId
    readonly fork: RunId
    readonly from: string
    readonly outputs: JsonObject
  },
): Pick<Fork, 'reused' | 'repeated' | 'stubbed'> {
  const records = reader.journal.read(wish.run)
  const given = Object.entries(wish.outputs).map(([path, value]) => [path, { value }] as const)
  const { reused, repeated, stubbed } = forkOf(planOf(reader, wish.run), records, {
    run: wish.fork,
    from: wish.from,
    outputs: new Map(given),
  })
  return { reused, repeated, stubbed }
}
