/** Does something again with every change of some folders, until the person interrupts it. */
import { watch } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** An editor writes a file in several steps. */
const settleMs = 60

/**
 * Does `work` at once and after every change; resolves with its last answer. What
 * `isIgnored` says of a path below a folder is no change.
 */
export async function watching(
  folders: readonly string[],
  work: () => Promise<number>,
  isIgnored: (path: string) => boolean = () => false,
): Promise<number> {
  let wake = (): void => undefined
  let isChanged = true
  let isOver = false
  const end = (): void => {
    isOver = true
    wake()
  }
  const watchers = folders.map((folder) =>
    watch(folder, { recursive: true }, (_, path) => {
      if (path !== null && isIgnored(path)) return
      isChanged = true
      wake()
    }),
  )
  process.once('SIGINT', end)
  let exit = 0
  try {
    while (!isOver) {
      if (!isChanged) {
        await new Promise<void>((resolve) => (wake = resolve))
        await sleep(settleMs)
        continue
      }
      isChanged = false
      exit = await work()
    }
  } finally {
    process.off('SIGINT', end)
    for (const one of watchers) one.close()
  }
  return exit
}
