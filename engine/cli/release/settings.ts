/**
 * What every word to a registry needs: which one, and the keys. Options first, then the
 * environment, then `ionflux.yaml`.
 */
import { IonError } from '#engine/core/error.ts'
import { rootOf } from '#engine/cli/lock/lock.ts'
import type { AnnounceWish } from '#engine/host/publish/announce.ts'
import { keyText, openKey, signerIn } from '#engine/host/publish/key.ts'
import { demandMarker } from '#engine/host/repository/config.ts'
import { openWorkingTree } from '#engine/host/repository/files.ts'
import type { Signer } from '#registry/ports.ts'

export interface RegistryValues {
  readonly registry?: string
  readonly key?: string
  readonly logKey?: string
  readonly repo?: string
  readonly json?: boolean
}

/** The registry of `namespace`. Throws `CLI_USAGE` where nobody said which. */
export function addressOf({ registry, repo }: RegistryValues, namespace: string): string {
  const root = rootOf(repo === undefined ? {} : { repo })
  const { registries = {} } = demandMarker(openWorkingTree(root))
  const own = Object.hasOwn(registries, namespace) ? registries[namespace] : registries['*']
  const address = registry ?? process.env['IONFLUX_REGISTRY'] ?? own?.index
  if (address !== undefined && address !== '') return address
  const message = `Which registry? Give --registry, or name one for "${namespace}" under registries: in ionflux.yaml.`
  throw new IonError('CLI_USAGE', message)
}

/** Everything but what is said. */
export function settingsOf(values: RegistryValues, namespace: string): Omit<AnnounceWish, 'say'> {
  const file = values.key ?? process.env['IONFLUX_KEY'] ?? ''
  if (file === '') {
    const message =
      'Which key signs? Give --key FILE (Ed25519 in PEM, or an SSH key), or IONFLUX_KEY.'
    throw new IonError('CLI_USAGE', message)
  }
  const logKey = logKeyOf(values)
  return {
    address: addressOf(values, namespace),
    root: rootOf(values.repo === undefined ? {} : { repo: values.repo }),
    key: openKey(file),
    ...(logKey === undefined ? {} : { logKey }),
  }
}

/** The key of the log, where this machine has it. */
export function logKeyOf(values: RegistryValues): Signer | undefined {
  const file = values.logKey ?? process.env['IONFLUX_LOG_KEY'] ?? ''
  if (file === '') return undefined
  return signerIn(keyText(file), file)
}
