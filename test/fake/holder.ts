/**
 * A process that takes the lease of a data directory and keeps it until it is killed.
 *
 * Prints `taken` or `refused`. Argument: the data directory.
 */
import { writeSync } from 'node:fs'

import { takeLease } from '#engine/host/lease.ts'

const lease = takeLease(process.argv[2] ?? '', { socket: 'somewhere' })
writeSync(1, lease === undefined ? 'refused\n' : 'taken\n')
if (lease !== undefined) setInterval(() => lease.owner, 60_000)
