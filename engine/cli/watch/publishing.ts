/**
 * What `watch --publish` needs: the mirrors that are meant, the registry, and both keys. The
 * watcher writes the leaf itself, so it needs the key of the log too.
 */
import { IonError } from '#engine/core/error.ts'
import { logKeyOf } from '#engine/cli/release/settings.ts'
import { openKey } from '#engine/host/publish/key.ts'
import type { Publishing } from '#engine/host/watch/publisher.ts'

export interface PublishingValues {
  readonly publish?: readonly string[]
  readonly registry?: string
  readonly key?: string
  readonly logKey?: string
}

/** Undefined where nothing is published. Throws `CLI_USAGE` where something is missing. */
export function publishingOf(values: PublishingValues): Publishing | undefined {
  const { publish: mirrors } = values
  if (mirrors === undefined) {
    const extra = (['registry', 'key', 'logKey'] as const).find(
      (name) => values[name] !== undefined,
    )
    if (extra === undefined) return undefined
    const option = extra === 'logKey' ? 'log-key' : extra
    throw new IonError('CLI_USAGE', `--${option} needs --publish NAME, the mirror that is meant.`)
  }
  const address = values.registry ?? process.env['IONFLUX_REGISTRY'] ?? ''
  const file = values.key ?? process.env['IONFLUX_KEY'] ?? ''
  const logKey = logKeyOf(values)
  const missing =
    address === ''
      ? '--registry ADDRESS (or IONFLUX_REGISTRY)'
      : file === ''
        ? '--key FILE (or IONFLUX_KEY)'
        : '--log-key FILE (or IONFLUX_LOG_KEY)'
  if (address === '' || file === '' || logKey === undefined)
    throw new IonError('CLI_USAGE', `--publish needs ${missing}.`)
  return { mirrors, address, root: process.cwd(), key: openKey(file), logKey }
}
