/**
 * The token for packages of private repositories: a secret that is named for its host, so
 * that no text of a stranger can say where it is sent.
 *
 * `github.com` gets `IONFLUX_SECRET_GIT_TOKEN_GITHUB_COM`; a hyphen is written as two
 * underscores, so no two hosts share a name. Only over TLS, or to this machine.
 */
import { environmentSecrets } from '#engine/connection/secret.ts'
import { readTarget } from '#engine/connection/egress.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What the host of `url` is sent; undefined where there is nothing for it. */
export async function tokenFor(url: string, environment: Environment): Promise<string | undefined> {
  if (!/^https?:/.test(url)) return undefined
  const name = secretFor(url)
  return name === undefined ? undefined : await environmentSecrets(environment).find(name)
}

/** Labels that neither begin nor end with a hyphen: others could be taken for one another. */
const hostShape = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/

/** The name of the secret for the host of `url`. */
export function secretFor(url: string): string | undefined {
  const { host, port, scheme } = readTarget(url)
  const isHere = host === 'localhost' || host === '127.0.0.1'
  if (!hostShape.test(host) || (!isHere && (scheme !== 'https' || port !== 443))) return undefined
  const name = host.replaceAll('-', '__').replaceAll('.', '_').toUpperCase()
  return `GIT_TOKEN_${name}`
}
