/**
 * `registry serve`: a static host for one registry.
 */
import { resolve } from 'node:path'

import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { nodeCrypto } from '#engine/host/registry/crypto.ts'
import { openFolder } from '#engine/host/registry/folder.ts'
import { serveRegistry } from '#engine/host/registry/serve.ts'
import { openRegistry } from '#registry/open.ts'

export interface ServeValues {
  readonly dir: string
  readonly port?: string
  readonly host?: string
}

const portDefault = '8480'

/** Serves until SIGINT or SIGTERM. */
export async function serve(terminal: Terminal, values: ServeValues): Promise<number> {
  const port = Number(values.port ?? portDefault)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new IonError('CLI_USAGE', `"${values.port ?? ''}" is no port.`)
  const folder = resolve(values.dir)
  const { checkpoint } = await openRegistry({ source: openFolder(folder), crypto: nodeCrypto })
  const stopped = new Promise<void>((done) => {
    process.once('SIGINT', () => done())
    process.once('SIGTERM', () => done())
  })
  const { host } = values
  await using served = await serveRegistry(folder, {
    port,
    ...(host === undefined ? {} : { host }),
  })
  terminal.note(`${checkpoint.origin}: ${checkpoint.size} leaves, at ${served.origin}`)
  terminal.data(`${served.origin}\n`)
  await stopped
  return exits.done
}
