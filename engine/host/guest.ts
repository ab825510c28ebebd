/**
 * A process that came second: it hands its commands to the owner of the data directory
 * and follows its runs over the local socket.
 *
 * Everything throws `CLI_ENGINE_UNREACHABLE` once the owner is gone.
 */
import type { RunId } from '#engine/core/id.ts'
import type { Json } from '#engine/core/json.ts'
import type { RunStatus } from '#engine/runtime/ports.ts'
import type { RunRecord } from '#engine/runtime/record.ts'

import { connectLink } from './link.ts'
import type { RunHost } from './owner.ts'
import { openPulse } from '#engine/host/other/pulse.ts'

/** Connects to the owner that serves `socket`; `onSlow` hears that it takes long to answer. */
export async function openGuest(socket: string, onSlow: () => void = () => {}): Promise<RunHost> {
  const link = await connectLink(socket)
  const { during } = openPulse(link, onSlow)
  return {
    start: async ({ blobs, ...start }) => {
      const texts = blobs.map((bytes) => Buffer.from(bytes).toString('base64'))
      await during(link.request('start', { ...start, blobs: texts } as unknown as Json))
    },
    follow: async ({ run, seen, until, hear }) => {
      const status = link.stream('follow', { run, seen, until }, (event) => {
        void hear((event as unknown as { readonly records: readonly RunRecord[] }).records)
      })
      return (await during(status)) as RunStatus
    },
    cancel: async (run, reason) => {
      await during(link.request('cancel', { run, reason }))
    },
    retry: async (run) => {
      await during(link.request('retry', { run }))
    },
    tell: async (run, told) => {
      await during(link.request('tell', { run, told } as unknown as Json))
    },
    publish: async (event) =>
      (await during(link.request('publish', event as unknown as Json))) as readonly RunId[],
    recover: async () => (await during(link.request('recover', null))) as readonly RunId[],
    close: () => Promise.resolve(link.close()),
  }
}
