/**
 * The hosts that a grant names, as data: `api.example.com`, `*.example.com`, `host:8443`,
 * `http://localhost:8080`, `GET,HEAD api.example.com`.
 *
 * Without a scheme a pattern means https and its port. A pattern that is not written the
 * way a URL prints its host means nothing at all, so that a reader sees what is granted.
 */

/** One pattern, taken apart. */
export interface HostPattern {
  readonly scheme: 'https' | 'http'
  /** As a URL prints it; an IPv6 address in brackets. Of `*.example.com` it is `example.com`. */
  readonly host: string
  /** Whether every host below `host` is meant, and not `host` itself. */
  readonly isWildcard: boolean
  readonly port: number
  /** Absent means every method. */
  readonly methods?: readonly string[]
}

const shape =
  /^(?:([A-Z]+(?:,[A-Z]+)*) )?(?:(https?):\/\/)?(\*\.)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?$/

/** Reads a pattern; undefined for a text that names no host. */
export function parseHostPattern(text: string): HostPattern | undefined {
  const [whole, methods, scheme = 'https', star, host = '', port] = shape.exec(text) ?? []
  if (whole === undefined || (scheme !== 'https' && scheme !== 'http')) return undefined
  const number = port === undefined ? (scheme === 'https' ? 443 : 80) : Number(port)
  if (number < 1 || number > 65_535 || hostOf(host) !== host.toLowerCase()) return undefined
  return {
    scheme,
    host: host.toLowerCase(),
    isWildcard: star !== undefined,
    port: number,
    ...(methods === undefined ? {} : { methods: methods.split(',') }),
  }
}

/** As a URL prints it: no odd spelling of an address stays what it was. */
function hostOf(host: string): string | undefined {
  if (host.endsWith('.')) return undefined
  try {
    return new URL(`https://${host}/`).hostname
  } catch {
    return undefined
  }
}

/** Whether everything that `narrow` allows is allowed by `wide`. */
export function covers(wide: HostPattern, narrow: HostPattern): boolean {
  if (wide.scheme !== narrow.scheme || wide.port !== narrow.port) return false
  const { methods } = narrow
  const { methods: granted } = wide
  if (granted !== undefined) {
    if (methods === undefined || !methods.every((method) => granted.includes(method))) return false
  }
  if (!wide.isWildcard) return !narrow.isWildcard && wide.host === narrow.host
  if (narrow.isWildcard && wide.host === narrow.host) return true
  return narrow.host.endsWith(`.${wide.host}`)
}
