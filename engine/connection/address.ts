/**
 * What an IP address is good for: reaching the public internet, this machine, a private
 * network, or nothing at all.
 *
 * Pure. An address that is not understood is `never`, and so is every form of IPv6 that
 * carries an IPv4 address inside (mapped, compatible, NAT64, 6to4, Teredo): what it leads
 * to is decided by a gateway that nobody has checked.
 */

/** `never` cannot even be granted: unspecified, link-local, multicast, reserved, translated. */
export type AddressKind = 'public' | 'loopback' | 'private' | 'never'

type Range = readonly [prefix: bigint, bits: number, kind: AddressKind]

const v4 = (text: string, bits: number, kind: AddressKind): Range => [
  numberOfV4(text) ?? 0n,
  bits,
  kind,
]
const v6 = (text: string, bits: number, kind: AddressKind): Range => [
  numberOfV6(text) ?? 0n,
  bits,
  kind,
]

/** IANA's special-purpose registry; the first range that fits decides, the rest is public. */
const v4Ranges: readonly Range[] = [
  v4('0.0.0.0', 8, 'never'),
  v4('10.0.0.0', 8, 'private'),
  v4('100.64.0.0', 10, 'private'),
  v4('127.0.0.0', 8, 'loopback'),
  v4('169.254.0.0', 16, 'never'),
  v4('172.16.0.0', 12, 'private'),
  v4('192.0.0.0', 24, 'never'),
  v4('192.0.2.0', 24, 'never'),
  v4('192.31.196.0', 24, 'never'),
  v4('192.52.193.0', 24, 'never'),
  v4('192.88.99.0', 24, 'never'),
  v4('192.168.0.0', 16, 'private'),
  v4('192.175.48.0', 24, 'never'),
  v4('198.18.0.0', 15, 'never'),
  v4('198.51.100.0', 24, 'never'),
  v4('203.0.113.0', 24, 'never'),
  v4('224.0.0.0', 4, 'never'),
  v4('240.0.0.0', 4, 'never'),
]

/** Of IPv6 only the global unicast block is public, without what is carved out of it. */
const v6Ranges: readonly Range[] = [
  v6('::1', 128, 'loopback'),
  v6('fc00::', 7, 'private'),
  v6('2001::', 23, 'never'),
  v6('2001:db8::', 32, 'never'),
  v6('2002::', 16, 'never'),
  v6('2620:4f:8000::', 48, 'never'),
  v6('3fff::', 20, 'never'),
  v6('2000::', 3, 'public'),
]

/** What `address`, a bare IPv4 or IPv6 address, is good for. */
export function kindOfAddress(address: string): AddressKind {
  const four = numberOfV4(address)
  if (four !== undefined) return find(v4Ranges, four, 32) ?? 'public'
  const six = numberOfV6(address)
  return six === undefined ? 'never' : (find(v6Ranges, six, 128) ?? 'never')
}

/** Whether both texts mean the same address; false for what is no address. */
export function isSameAddress(a: string, b: string): boolean {
  const number = numberOfV4(a) ?? numberOfV6(a)
  return number !== undefined && number === (numberOfV4(b) ?? numberOfV6(b))
}

function find(ranges: readonly Range[], number: bigint, width: number): AddressKind | undefined {
  for (const [prefix, bits, kind] of ranges) {
    const rest = BigInt(width - bits)
    if (number >> rest === prefix >> rest) return kind
  }
  return undefined
}

/** Four decimal parts and nothing else: the odd spellings are the URL parser's to undo. */
function numberOfV4(text: string): bigint | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (parts === null) return undefined
  let number = 0n
  for (const part of parts.slice(1)) {
    if (Number(part) > 255 || (part.length > 1 && part.startsWith('0'))) return undefined
    number = (number << 8n) | BigInt(part)
  }
  return number
}

function numberOfV6(text: string): bigint | undefined {
  if (!/^[0-9A-Fa-f:.]{2,45}$/.test(text) || !text.includes(':')) return undefined
  let host: string
  try {
    host = new URL(`http://[${text}]/`).hostname.slice(1, -1)
  } catch {
    return undefined
  }
  const [head = '', tail] = host.split('::')
  const groupsOf = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const before = groupsOf(head)
  const after = groupsOf(tail ?? '')
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return BigInt(`0x${[...before, ...zeros, ...after].map((g) => g.padStart(4, '0')).join('')}`)
}
