import { DOMAIN_TEXT_CHARACTERS_MAX, HOST_CHARACTERS_MAX, LABEL_CHARACTERS_MAX } from '../limits/limits'
import { toHostName } from './host-name'
import { findLookAlike } from './look-alike'
import { isPublicSuffix } from './public-suffix'
import { toUnicodeLabel } from './punycode'

/** A name that a tenant may register. */
export interface DomainName {
  /** A-labels in lower case, without port and final dot: what the Host header of a request is compared with. */
  readonly name: string
  /** The same for people to read. */
  readonly unicodeName: string
  /** `local`: below localhost. `platform`: below a host of the service itself. Only `custom` names need proof. */
  readonly kind: 'local' | 'platform' | 'custom'
}

export type DomainNameFault =
  | 'not_a_host_name'
  | 'too_long'
  | 'ip_address'
  | 'single_label'
  | 'own_name'
  | 'special_use'
  | 'public_suffix'
  | 'look_alike'

export type ParsedDomainName =
  | { readonly ok: true; readonly domain: DomainName }
  | { readonly ok: false; readonly fault: DomainNameFault; readonly detail: string }

/** Top-level domains that never lead anywhere public (RFC 6761, 6762, 7686, 9476), so that nobody can prove them. */
const SPECIAL_USE = ['alt', 'arpa', 'internal', 'invalid', 'local', 'onion']

/** Labels below our own host that a visitor would take for ours. */
const RESERVED_LABELS = ['admin', 'api', 'app', 'auth', 'docs', 'login', 'mail', 'status', 'support', 'www']

/**
 * Reads a name that somebody wants to register, in any of its spellings (IDNA as of UTS 46, case, port, one final dot).
 * `serviceHosts` are the hosts of the service itself, as SERVICE_HOSTS has them.
 */
export function parseDomainName(text: string, serviceHosts: ReadonlySet<string>): ParsedDomainName {
  if (text.length > DOMAIN_TEXT_CHARACTERS_MAX) return refuse('too_long', 'It has too many characters.')
  const name = toHostName(text)
  if (name === undefined) return refuse('not_a_host_name', 'It is not a host name, such as logs.example.com.')
  if (isAddress(name)) return refuse('ip_address', 'It is an IP address; only names can be registered.')
  const form = faultOfForm(name)
  if (form) return form
  const unicodeName = toUnicodeName(name)
  if (unicodeName === undefined) return refuse('not_a_host_name', 'One of its xn-- labels is not valid (UTS 46).')
  if (/\p{S}/u.test(unicodeName)) return refuse('not_a_host_name', 'A host name has no symbols (IDNA 2008).')
  const kind = kindOf(name, serviceHosts)
  const place = faultOfPlace(name, kind, serviceHosts)
  if (place) return place
  const lookAlike = findLookAlike(unicodeName)
  if (lookAlike !== undefined)
    return refuse(
      'look_alike',
      `The label ${lookAlike} could be taken for another: it mixes scripts, or reads as Latin.`,
    )
  return { ok: true, domain: { name, unicodeName, kind } }
}

const refuse = (fault: DomainNameFault, detail: string) => ({ ok: false, fault, detail }) as const

/** The parser of URLs has brought every spelling of an address into one of these two. */
const isAddress = (name: string): boolean => name.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(name)

function faultOfForm(name: string) {
  if (name.length > HOST_CHARACTERS_MAX)
    return refuse('too_long', `A name has at most ${HOST_CHARACTERS_MAX} characters.`)
  const labels = name.split('.')
  if (labels.includes('')) return refuse('not_a_host_name', 'It has an empty label.')
  if (labels.some((label) => label.length > LABEL_CHARACTERS_MAX))
    return refuse('too_long', `A label has at most ${LABEL_CHARACTERS_MAX} characters.`)
  if (name.includes('_')) return refuse('not_a_host_name', 'A host name has no underscore; only other DNS names do.')
  if (labels.every((label) => /^[\da-z]([\da-z-]*[\da-z])?$/.test(label))) return undefined
  return refuse('not_a_host_name', 'Its labels may have letters, digits, and dashes between them.')
}

/** Undefined for A-labels that IDNA would not have made: the parser of URLs lets some of them through. */
function toUnicodeName(name: string): string | undefined {
  if (!name.includes('xn--')) return name
  const labels = name.split('.').map(toUnicodeLabel)
  if (labels.includes(undefined)) return undefined
  const unicodeName = labels.join('.')
  return unicodeName !== name && toHostName(unicodeName) === name ? unicodeName : undefined
}

function kindOf(name: string, serviceHosts: ReadonlySet<string>): DomainName['kind'] {
  if (name.endsWith('.localhost')) return 'local'
  return parentIn(name, serviceHosts) === undefined ? 'custom' : 'platform'
}

const parentIn = (name: string, serviceHosts: ReadonlySet<string>): string | undefined =>
  [...serviceHosts].find((host) => name.endsWith(`.${host}`))

function faultOfPlace(name: string, kind: DomainName['kind'], serviceHosts: ReadonlySet<string>) {
  if (isOurs(name, serviceHosts)) return refuse('own_name', 'This name belongs to the service itself.')
  if (kind === 'local') return undefined
  const labels = name.split('.')
  if (kind === 'platform')
    return RESERVED_LABELS.includes(labels[0]) ? refuse('own_name', 'This name is reserved.') : undefined
  if (labels.length === 1) return refuse('single_label', 'It has only one label; a domain has at least two.')
  if (SPECIAL_USE.includes(labels[labels.length - 1]))
    return refuse('special_use', 'Its top-level domain is not part of the public DNS.')
  if (isPublicSuffix(name))
    return refuse('public_suffix', 'Names below it belong to different people (publicsuffix.org).')
  return undefined
}

const isOurs = (name: string, serviceHosts: ReadonlySet<string>): boolean =>
  name === 'localhost' || serviceHosts.has(name) || name === 'workers.dev' || name.endsWith('.workers.dev')
