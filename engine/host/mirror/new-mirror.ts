/**
 * A new mirror from what somebody wrote: the address in one form, a name, checked parts.
 */
import { randomBytes } from 'node:crypto'

import { IonError } from '#engine/core/error.ts'
import { limits } from '#engine/core/limits.ts'
import { kindOfAddress } from '#engine/connection/address.ts'
import { readTarget } from '#engine/connection/egress.ts'
import { checkSecretName } from '#engine/connection/secret.ts'
import { readGrant } from '#engine/dsl/power/ceiling.ts'
import type { Mirror } from '#engine/mirror/sync/mirror.ts'
import { isRefName } from '#engine/mirror/wire/refs.ts'

export interface MirrorWish {
  readonly url: string
  readonly name?: string | undefined
  readonly branch?: string | undefined
  readonly paths?: readonly string[] | undefined
  readonly maxCaps?: readonly string[] | undefined
  readonly tokenSecret?: string | undefined
}

/** Throws `CLI_USAGE` for a part that is none, and what reading an address throws. */
export function newMirror(wish: MirrorWish, now: number): Mirror {
  const url = addressOf(wish.url)
  const { branch, paths = [], maxCaps, tokenSecret } = wish
  if (branch !== undefined && !isRefName(`refs/heads/${branch}`))
    throw usage(`"${branch}" is not the name of a branch.`)
  if (tokenSecret !== undefined) checkSecretName(tokenSecret)
  for (const cap of maxCaps ?? []) {
    if (readGrant(cap) === undefined)
      throw usage(`"${cap}" is no power: write net:HOST, secrets:NAME or git:read.`)
  }
  for (const path of paths) {
    if (path === '' || path.startsWith('/') || path.length > limits.gitPathCharsMax)
      throw usage(`"${path}" is no glob from the root of the repository, such as "flows/**".`)
  }
  return {
    id: `m${randomBytes(8).toString('hex')}`,
    name: nameOf(wish.name, url),
    url,
    paths: [...new Set(paths)],
    addedAt: now,
    ...(branch === undefined ? {} : { branch }),
    ...(maxCaps === undefined ? {} : { maxCaps: [...new Set(maxCaps)] }),
    ...(tokenSecret === undefined ? {} : { tokenSecret }),
  }
}

/** `https://HOST/PATH` without an ending that means nothing. Plain http only to this machine. */
function addressOf(text: string): string {
  if (/^\w+:\/\/[^/]*@/.test(text))
    throw usage('The address has a user name or password; name a secret with --token-secret.')
  const address = text.replace(/^git\+/, '')
  if (!/^https?:\/\//i.test(address)) {
    const shown = address.slice(0, 200)
    throw usage(`"${shown}" is no address of a mirror: write https://HOST/OWNER/REPO.`)
  }
  const { url, scheme, host } = readTarget(address)
  if (url.search !== '')
    throw usage(`"${text}" has a query; write the address that \`git clone\` takes.`)
  const isHere = host === 'localhost' || kindOfAddress(host) === 'loopback'
  if (scheme === 'http' && !isHere)
    throw usage(`"${text}" is not encrypted; write it with https://.`)
  const path = url.pathname.replace(/\/+$/, '')
  if (path === '') throw usage(`"${text}" names a host and no repository.`)
  return url.origin + path
}

const nameShape = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/

function nameOf(given: string | undefined, url: string): string {
  const parts = new URL(url).pathname
    .replace(/\.git$/, '')
    .split('/')
    .filter((part) => part !== '')
  const name = given ?? parts.map((part) => decodeURIComponent(part)).join('/')
  if (nameShape.test(name)) return name
  throw usage(
    `"${name.slice(0, 100)}" is no name of a mirror: letters, digits, ".", "_", "-" and "/"; give one with --name.`,
  )
}

function usage(message: string): IonError {
  return new IonError('CLI_USAGE', message)
}
