/**
 * The secrets of one data directory: sealed files in it, their key outside of it, and the
 * environment before both.
 */
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

import { environmentSecrets, SecretBook } from '#engine/connection/secret.ts'
import { Vault } from '#engine/connection/vault.ts'
import { makeFolder } from '#engine/host/place/folder.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The sealed secrets of `directory`, for the commands that change them. */
export function openVault(directory: string, environment: Environment): Vault {
  const key = environment['IONFLUX_SECRET_KEY']
  return new Vault({
    directory: join(directory, 'secrets'),
    keyFile: secretKeyFile(environment),
    ...(key === undefined || key === '' ? {} : { key }),
  })
}

/** Every secret that runs of `directory` may be given. */
export function openSecretBook(directory: string, environment: Environment): SecretBook {
  return new SecretBook([environmentSecrets(environment), openVault(directory, environment)])
}

/** Names of the secrets that the environment has. */
export function environmentNames(environment: Environment): readonly string[] {
  return Object.keys(environment).flatMap((key) => {
    const [, name] = /^IONFLUX_SECRET_([A-Z][A-Z0-9_]*)$/.exec(key) ?? []
    return name === undefined || name === 'KEY' || environment[key] === '' ? [] : [name]
  })
}

/** Seals `value` under `name` in `directory`, which was prepared (`data/directory.ts`). */
export async function sealSecret(
  { directory, environment }: { readonly directory: string; readonly environment: Environment },
  { name, value }: { readonly name: string; readonly value: string },
): Promise<void> {
  if (!environment['IONFLUX_SECRET_KEY']) makeFolder(dirname(secretKeyFile(environment)), 0o700)
  await openVault(directory, environment).set(name, value)
}

/** Where the key of sealed secrets is kept that `IONFLUX_SECRET_KEY` does not give. */
export function secretKeyFile(environment: Environment): string {
  return join(configDirectory(environment), 'key')
}

function configDirectory(environment: Environment): string {
  const base = environment['XDG_CONFIG_HOME']
  return join(base === undefined || base === '' ? join(homedir(), '.config') : base, 'ionflux')
}
