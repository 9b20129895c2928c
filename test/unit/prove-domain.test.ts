import { describe, expect, it } from 'vitest'
import type { DomainPorts } from '../../src/admin/domain-ports'
import { type ProvableDomain, proveAgain, proveDomain } from '../../src/admin/prove-domain'
import { challengeOf } from '../../src/domains/challenge'
import type { CustomHostnames, HostnameOutcome } from '../../src/domains/custom-hostname'
import { PROOF_LOST_MS } from '../../src/limits/limits'
import type { DomainRow } from '../../src/tenant/directory-rows'
import { fakeDns } from '../support/fake-dns'

const NOW = 1_000_000
const secret = new Uint8Array(32).fill(5)

/** A platform that remembers what it was told. */
function fakePlatform() {
  const hosts = new Map<string, string>()
  let isAway = false
  const answer = <Value>(value: Value): HostnameOutcome<Value> =>
    isAway ? { ok: false, fault: { kind: 'unavailable' } } : { ok: true, value }
  const of = (host: string) => ({ id: `id-${host}`, status: 'pending', records: [], faults: [] }) as const
  const hostnames: CustomHostnames = {
    ensure: async (host) => {
      if (!isAway) hosts.set(host, `id-${host}`)
      return answer(of(host))
    },
    find: async (host) => answer(hosts.has(host) ? of(host) : undefined),
    remove: async (host) => {
      if (!isAway) hosts.delete(host)
      return answer(undefined)
    },
  }
  return {
    hosts,
    hostnames,
    setAway: (away: boolean) => {
      isAway = away
    },
  }
}

function world(row: Partial<DomainRow> = {}) {
  const dns = fakeDns()
  const platform = fakePlatform()
  const call: DomainPorts['callHost'] = async ({ url }) => {
    try {
      const response = await dns.fetch(new Request(url))
      const body = new Uint8Array(await response.arrayBuffer())
      return { ok: true, status: response.status, headers: response.headers, body }
    } catch {
      return { ok: false, fault: { kind: 'unreachable' } }
    }
  }
  const ports: DomainPorts = {
    ...{ callResolver: call, callHost: call, hostnames: platform.hostnames },
    resolvers: ['https://one.example/dns-query', 'https://two.example/dns-query'],
  }
  const base: DomainRow = { status: 'pending', tokenExpiresMs: NOW + 5000, config: {}, createdMs: 0 }
  const domain: ProvableDomain = { tenantId: 'ten_a', domain: 'a.example.com', secret, row: { ...base, ...row } }
  const { record } = challengeOf({ secret, tenantId: 'ten_a', domain: 'a.example.com', expiresMs: NOW + 5000 })
  const publish = () => dns.texts.set(record.name, record.value)
  return { ports, domain, platform, publish }
}

describe('proving a domain', () => {
  it('tells the platform once it is proved, and not before', async () => {
    const { ports, domain, platform, publish } = world()
    expect(await proveDomain(ports, domain, () => NOW)).toMatchObject({ patch: undefined, platform: undefined })
    expect(platform.hosts.size).toBe(0)
    publish()
    const proved = await proveDomain(ports, domain, () => NOW)
    expect(proved.patch).toMatchObject({ status: 'active', proof: 'dns', hostnameId: 'id-a.example.com' })
    expect(proved.platform).toMatchObject({ status: 'pending' })
    expect([...platform.hosts.keys()]).toEqual(['a.example.com'])
  })

  it('counts all the same when the platform is away, and the daily look tells it then', async () => {
    const { ports, domain, platform, publish } = world()
    publish()
    platform.setAway(true)
    const proved = await proveDomain(ports, domain, () => NOW)
    expect(proved.platform).toEqual({ kind: 'unavailable' })
    expect(proved.patch).toMatchObject({ status: 'active' })
    expect(proved.patch).not.toHaveProperty('hostnameId')
    platform.setAway(false)
    const row: DomainRow = { ...domain.row, status: 'active', proof: 'dns', provedMs: NOW }
    const again = await proveAgain(ports, { ...domain, row }, () => NOW)
    expect(again.patch).toMatchObject({ hostnameId: 'id-a.example.com' })
  })

  it('takes the host from the platform when its proof is lost for good', async () => {
    const lost: Partial<DomainRow> = { status: 'active', proof: 'dns', lostMs: NOW, hostnameId: 'id-a.example.com' }
    const { ports, domain, platform } = world(lost)
    platform.hosts.set('a.example.com', 'id-a.example.com')
    expect((await proveAgain(ports, domain, () => NOW + PROOF_LOST_MS - 1)).patch).not.toHaveProperty('status')
    expect(platform.hosts.size).toBe(1)
    platform.setAway(true)
    const away = await proveAgain(ports, domain, () => NOW + PROOF_LOST_MS)
    expect(away.patch).toMatchObject({ status: 'unrouted' })
    expect(away.patch).not.toHaveProperty('hostnameId')
    platform.setAway(false)
    const gone = await proveAgain(ports, domain, () => NOW + PROOF_LOST_MS)
    expect(gone.patch).toMatchObject({ status: 'unrouted', hostnameId: null })
    expect(gone.notice?.event).toBe('domain_unrouted')
    expect(platform.hosts.size).toBe(0)
  })

  it('of a suspended domain does not tell the platform', async () => {
    const { ports, domain, platform, publish } = world({ status: 'suspended' })
    publish()
    const { patch } = await proveDomain(ports, domain, () => NOW)
    expect(patch).toMatchObject({ proof: 'dns' })
    expect(patch).not.toHaveProperty('status')
    expect(platform.hosts.size).toBe(0)
  })
})
