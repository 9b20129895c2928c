import { type AddressType, addressQuestion, readAddressReply } from '../domains/dns-message'
import { DNS_MESSAGE_BYTES_MAX, HOST_ADDRESSES_MAX, HOST_ADDRESSES_MS, HOST_LOOKUP_MS_MAX } from '../limits/limits'
import { guardedFetch, type OutsidePorts } from './guarded-fetch'
import type { OutsideRules } from './outside-address'

/** Whom names are asked of. */
export interface ResolverPorts {
  /** As in DOH_RESOLVERS. */
  readonly resolvers: () => readonly string[]
  readonly outside: Pick<OutsidePorts, 'fetch' | 'timeout'>
  readonly rules: () => OutsideRules
  readonly clock: () => number
}

interface Known {
  readonly addresses: readonly string[]
  readonly untilMs: number
}

/**
 * The addresses of hosts, by DNS over HTTPS (RFC 8484), remembered for HOST_ADDRESSES_MS. They are for the guard: where one of
 * them is not public, the host is not asked. What the platform's fetch connects to a moment later may be another one, so this
 * narrows the gap that names leave, and the platform's own rule closes it.
 */
export class HostAddresses {
  readonly #ports: ResolverPorts
  readonly #known = new Map<string, Known>()

  constructor(ports: ResolverPorts) {
    this.#ports = ports
  }

  /** All addresses of a host; none for a name that does not exist. Throws when no resolver can tell. */
  async resolve(host: string): Promise<readonly string[]> {
    const nowMs = this.#ports.clock()
    const known = this.#known.get(host)
    if (known !== undefined && nowMs < known.untilMs) return known.addresses
    const addresses = await this.#ask(host)
    this.#keep(host, { addresses, untilMs: nowMs + HOST_ADDRESSES_MS })
    return addresses
  }

  /** One resolver after the other: the first that tells both kinds of address is believed. */
  async #ask(host: string): Promise<readonly string[]> {
    for (const resolver of this.#ports.resolvers()) {
      const replies = await Promise.all([this.#askFor(resolver, host, 'A'), this.#askFor(resolver, host, 'AAAA')])
      const told = replies.filter((reply) => reply !== undefined)
      if (told.length === replies.length) return told.flat()
    }
    throw new Error('no resolver answers')
  }

  async #askFor(resolver: string, host: string, type: AddressType): Promise<readonly string[] | undefined> {
    const { outside, rules } = this.#ports
    const url = new URL(resolver)
    url.searchParams.set('dns', Buffer.from(addressQuestion(host, type)).toString('base64url'))
    const bounds = { rules: rules(), msMax: HOST_LOOKUP_MS_MAX, bytesMax: DNS_MESSAGE_BYTES_MAX }
    const headers = { accept: 'application/dns-message' }
    // Without `resolve`: a resolver's own name cannot be asked of itself, and the operator has chosen it.
    const { fetch, timeout } = outside
    const reply = await guardedFetch({ url: url.href, headers, ...bounds }, { fetch, timeout })
    const read = reply.ok && reply.status === 200 ? readAddressReply(reply.body, host, type) : undefined
    return read?.ok ? read.addresses : undefined
  }

  #keep(host: string, known: Known): void {
    if (this.#known.size >= HOST_ADDRESSES_MAX) this.#known.clear()
    this.#known.set(host, known)
  }
}
