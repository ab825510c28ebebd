/** The sealed secrets and their key: whether each opens, and who can read the key. */
import { statSync } from 'node:fs'
import { relative } from 'node:path'

import { openVault, secretKeyFile } from '#engine/host/secrets.ts'

import { broken, type Finding } from './finding.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Nothing where there is neither a secret nor a key. Values are opened and let go of. */
export async function lookAtSecrets(
  directory: string,
  environment: Environment,
): Promise<readonly Finding[]> {
  const name = 'secrets'
  const vault = openVault(directory, environment)
  try {
    const names = await vault.list()
    for (const one of names) await vault.find(one)
    const count = `${names.length} secret${names.length === 1 ? '' : 's'}`
    const opened: Finding = { name, status: 'ok', text: `${count}, which can be opened` }
    return [...(names.length === 0 ? [] : [opened]), ...keyOf(directory, environment)]
  } catch (thrown) {
    const help = 'Put the key back, or set the secret anew with ionflux secret set.'
    return [broken(name, thrown, help), ...keyOf(directory, environment)]
  }
}

function keyOf(directory: string, environment: Environment): readonly Finding[] {
  const file = secretKeyFile(environment)
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) return []
  const name = 'key'
  if ((stat.mode & 0o077) !== 0) {
    const text = `${file} can be read by others`
    return [{ name, status: 'error', text, help: `chmod 600 ${file}` }]
  }
  const place = relative(directory, file)
  if (place.startsWith('..')) return [{ name, status: 'ok', text: `${file}, yours alone` }]
  const help = 'Move it: who copies the directory would have both. XDG_CONFIG_HOME says where to.'
  return [{ name, status: 'warning', text: `${file} lies beside what it opens`, help }]
}
