import { OUTSIDE_URL_CHARACTERS_MAX } from '../limits/limits'
import { type Cidr, cidrContains, parseCidr } from '../query/cidr'

/** What the installation says about addresses outside of it. */
export interface OutsideRules {
  /** Hosts of the service itself: it never asks itself, nor anything below its names. */
  readonly ownHosts: ReadonlySet<string>
  /** Whether `http://localhost:PORT` may be asked: for development, where receivers run on the same machine. */
  readonly allowsLocalHttp: boolean
}

/** An address that may be asked, or why it may not: the reason is for whoever wrote the address into a setting. */
export type OutsideAddress = { readonly ok: true; readonly url: URL } | { readonly ok: false; readonly reason: string }

/**
 * Decides whether an address that a tenant wrote may be asked at all. It looks at the text only, after the URL standard has
 * brought every spelling of an address (decimal, octal, hexadecimal, full-width) into one form. To be asked when a setting
 * is saved and again before each request. OWASP's cheat sheet against server-side request forgery names the cases.
 */
export function checkOutsideAddress(text: string, rules: OutsideRules): OutsideAddress {
  if (text.length > OUTSIDE_URL_CHARACTERS_MAX) {
    return refuse(`it has more than ${OUTSIDE_URL_CHARACTERS_MAX} characters`)
  }
  if (!URL.canParse(text)) return refuse('it is not a URL')
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return refuse('it holds credentials')
  if (rules.allowsLocalHttp && isLocalHttp(url)) return { ok: true, url }
  if (url.protocol !== 'https:') return refuse(isLocalHttp(url) ? LOCAL_FAULT : 'it must begin with https://')
  if (url.port !== '' && url.port !== '8443') return refuse('it must use port 443 or 8443')
  const reason = hostFault(url.hostname, rules)
  return reason === undefined ? { ok: true, url } : refuse(reason)
}

/**
 * Whether an IP address, as text, belongs to the public Internet. Of IPv6 only the global unicast block does, without the
 * parts of it that are reserved (IANA's special-purpose registries, RFC 6890), and an address that carries an IPv4 address
 * is as public as that one.
 */
export function isPublicAddress(text: string): boolean {
  if (!text.includes(':') || cidrContains(EVERY_IPV4, text)) return isPublicIpv4(text)
  const inner = innerIpv4(text)
  if (inner !== undefined) return isPublicIpv4(inner)
  return cidrContains(GLOBAL_UNICAST, text) && !RESERVED_IPV6.some((block) => cidrContains(block, text))
}

const refuse = (reason: string): OutsideAddress => ({ ok: false, reason })

/** For who tries out a receiver of their own, and has not read on. */
const LOCAL_FAULT =
  'it must begin with https://; http://localhost is for a server that was started with ALLOW_LOCAL_DESTINATIONS=true and ENVIRONMENT=development'

const isLocalHttp = ({ protocol, hostname }: URL): boolean =>
  protocol === 'http:' && (hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]')

/** Names that mean something only inside a network (RFC 6761, 6762, 8375, 9476, and what ICANN keeps out of the root). */
const INNER_SUFFIXES: ReadonlySet<string> = new Set(
  'localhost local localdomain internal intranet private corp home lan arpa test onion alt'.split(' '),
)

function hostFault(hostname: string, { ownHosts }: OutsideRules): string | undefined {
  if (hostname.startsWith('[')) {
    return isPublicAddress(hostname.slice(1, -1)) ? undefined : 'its address is not on the public Internet'
  }
  // The URL standard reads every host whose last label is a number as IPv4, or refuses it.
  if (/^\d+\.\d+\.\d+\.\d+$/.test(hostname)) {
    return isPublicAddress(hostname) ? undefined : 'its address is not on the public Internet'
  }
  const labels = hostname.split('.')
  if (labels.length < 2 || labels.includes('')) return 'its host must be a full domain name, without a final dot'
  if (INNER_SUFFIXES.has(labels.at(-1) ?? '')) return 'its host is a name for an inner network'
  return isOwn(labels, ownHosts) ? 'it is an address of this service' : undefined
}

/** Whether a name or anything above it is ours. */
const isOwn = (labels: readonly string[], ownHosts: ReadonlySet<string>): boolean =>
  labels.some((_, index) => ownHosts.has(labels.slice(index).join('.')))

function block(text: string): Cidr {
  const cidr = parseCidr(text)
  if (cidr === undefined) throw new Error(`${text} is not an address block`)
  return cidr
}

const RESERVED_IPV4: readonly Cidr[] = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // between a carrier and its customers
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local: the metadata servers of clouds
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
].map(block)

/** Holds the mapped ones too, `::ffff:10.0.0.1`: cidrContains compares them as what they hold. */
const EVERY_IPV4 = block('0.0.0.0/0')

const GLOBAL_UNICAST = block('2000::/3')

const RESERVED_IPV6: readonly Cidr[] = [
  '2001::/23', // protocol assignments, Teredo among them
  '2001:db8::/32', // documentation
  '3fff::/20', // documentation
].map(block)

/** Where an IPv6 address holds an IPv4 one: the 16-bit group it begins at. */
const TRANSLATED: readonly { readonly block: Cidr; readonly group: number }[] = [
  { block: block('64:ff9b::/96'), group: 6 }, // NAT64
  { block: block('2002::/16'), group: 1 }, // 6to4
]

const isPublicIpv4 = (text: string): boolean =>
  cidrContains(EVERY_IPV4, text) && !RESERVED_IPV4.some((reserved) => cidrContains(reserved, text))

function innerIpv4(text: string): string | undefined {
  const found = TRANSLATED.find((translated) => cidrContains(translated.block, text))
  if (found === undefined) return undefined
  return parseCidr(`${text}/128`)
    ?.bytes.slice(found.group * 2, found.group * 2 + 4)
    .join('.')
}
