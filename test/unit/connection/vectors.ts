/** Ways to reach what must not be reached, as data; `PORT` is where a server waits to be found. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Vectors {
  /** Hosts written as addresses that nobody granted. */
  readonly literalHosts: readonly string[]
  /** Whole URLs: names of this machine, look-alikes, user names, other schemes and ports. */
  readonly trickUrls: readonly string[]
  /** What a granted name may resolve to without being reached; one wrong address is enough. */
  readonly resolvedWrong: readonly (readonly string[])[]
  /** Addresses that are good for the way out. */
  readonly publicAddresses: readonly string[]
}

export const { literalHosts, trickUrls, resolvedWrong, publicAddresses } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'vectors.json'), 'utf8'),
) as Vectors
