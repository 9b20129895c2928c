/** An address block. `bytes` are 4 or 16; those behind the prefix do not count. */
export interface Cidr {
  readonly family: 4 | 6
  readonly bytes: readonly number[]
  readonly prefix: number
}

/** Bytes before an IPv4 address that is written as IPv6, `::ffff:10.0.0.1`. */
const MAPPED_PREFIX: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]

/** `10.0.0.0/8` or `2001:db8::/32`; undefined for anything else. */
export function parseCidr(text: string): Cidr | undefined {
  const [whole, address, digits] = /^([\da-f:.]+)\/(\d{1,3})$/i.exec(text) ?? []
  if (whole === undefined) return undefined
  const bytes = parseAddress(address)
  const prefix = Number(digits)
  if (!bytes || prefix > bytes.length * 8) return undefined
  if (isMapped(bytes) && prefix >= 96) return { family: 4, bytes: bytes.slice(12), prefix: prefix - 96 }
  return { family: bytes.length === 4 ? 4 : 6, bytes, prefix }
}

/** Says whether an address, as text, lies in the block. Text that is no address does not. */
export function cidrContains(cidr: Cidr, ipText: string): boolean {
  const parsed = parseAddress(ipText.replace(/%.*$/, ''))
  if (!parsed) return false
  const bytes = cidr.family === 4 && isMapped(parsed) ? parsed.slice(12) : parsed
  return bytes.length === cidr.bytes.length && samePrefix(bytes, cidr.bytes, cidr.prefix)
}

function samePrefix(left: readonly number[], right: readonly number[], prefix: number): boolean {
  return left.every((byte, index) => {
    const hostBits = Math.min(8, Math.max(0, (index + 1) * 8 - prefix))
    return byte >> hostBits === right[index] >> hostBits
  })
}

const isMapped = (bytes: readonly number[]): boolean =>
  bytes.length === 16 && MAPPED_PREFIX.every((byte, index) => bytes[index] === byte)

const parseAddress = (text: string): readonly number[] | undefined =>
  text.includes(':') ? parseIpv6(text) : parseIpv4(text)

function parseIpv4(text: string): readonly number[] | undefined {
  const parts = text.split('.')
  // A leading zero means octal to some readers, so it is no address to us.
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) return undefined
  const bytes = parts.map(Number)
  return bytes.every((byte) => byte <= 255) ? bytes : undefined
}

function parseIpv6(text: string): readonly number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = groupsToBytes(halves[0], halves.length === 1)
  const tail = halves.length === 1 ? [] : groupsToBytes(halves[1], true)
  if (!head || !tail) return undefined
  const missing = 16 - head.length - tail.length
  // `::` stands for at least one group.
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail]
}

/** Only the last group of an address may be written as IPv4. */
function groupsToBytes(text: string, mayEndInIpv4: boolean): readonly number[] | undefined {
  if (text === '') return []
  const groups = text.split(':')
  const bytes: number[] = []
  for (const [index, group] of groups.entries()) {
    const ipv4 = mayEndInIpv4 && index === groups.length - 1 ? parseIpv4(group) : undefined
    if (ipv4) bytes.push(...ipv4)
    else if (/^[\da-f]{1,4}$/i.test(group))
      bytes.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255)
    else return undefined
  }
  return bytes
}
