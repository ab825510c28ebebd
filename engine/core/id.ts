/**
 * Names of runs: 26 characters that sort by their time of birth (the ULID layout).
 *
 * A child run's id is derived from its parent and the path of the calling step, so
 * that a crash between "decide" and "start" can never start it twice.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'

declare const brand: unique symbol
/** 26 characters of Crockford base 32, upper case: 10 of time (ms), 16 of chance. */
export type RunId = string & { readonly [brand]: 'RunId' }

/** Where fresh names come from; the only randomness the runtime sees. */
export interface Ids {
  runId(): RunId
}

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Builds a run id from a time in milliseconds and ten random bytes. */
export function runIdFrom(at: number, chance: Uint8Array): RunId {
  let time = ''
  for (let rest = at, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) {
    time = alphabet.charAt(rest % 32) + time
  }
  return (time + base32(chance, alphabet)) as RunId
}

/** The id of the run that the step at `path` of `parent` starts: the same at every try. */
export function childRunId(parent: RunId, path: string): RunId {
  const hash = sha256(utf8ToBytes(`${parent}\n${path}`))
  return (parent.slice(0, 10) + base32(hash.subarray(0, 10), alphabet)) as RunId
}

/**
 * The id of the run that one event starts at `at`: the same however often the event is heard,
 * so that it starts one run. `key` names the event and who listens.
 */
export function firedRunId(at: number, key: string): RunId {
  return runIdFrom(at, sha256(utf8ToBytes(key)).subarray(0, 10))
}

export function isRunId(text: string): text is RunId {
  return /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text)
}

/** When a run began, in milliseconds since 1970: the first ten characters of its id. */
export function birthOf(run: RunId): number {
  if (!isRunId(run)) return 0
  let at = 0
  for (const char of run.slice(0, 10)) at = at * 32 + alphabet.indexOf(char)
  return at
}

/** Five bits a character, in the letters of `letters`; what is missing of the last one is zero. */
export function base32(bytes: Iterable<number>, letters: string): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += letters.charAt((value >>> bits) & 31)
      value &= (1 << bits) - 1
    }
  }
  return bits === 0 ? text : text + letters.charAt((value << (5 - bits)) & 31)
}
