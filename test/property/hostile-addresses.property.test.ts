import { once } from 'node:events'
import net from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { guardedFetch, type OutsidePorts } from '../../src/outside/guarded-fetch'
import { checkOutsideAddress, isPublicAddress } from '../../src/outside/outside-address'
import { OUTSIDE_PORTS } from '../../src/outside-ports'
import { startLocalServer } from '../support/local-http'
import { randomIntegers } from '../support/sample-logs'

/** Blocks that are not of the public Internet (IANA's special-purpose registries), by their first address and length. */
const INNER_BLOCKS: readonly (readonly [first: string, bits: number])[] = [
  ...([
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
  ] as const),
  ...([
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.88.99.0', 24],
    ['192.168.0.0', 16],
  ] as const),
  ...([
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
  ] as const),
]

const INNER_IPV6 = [
  ...['::', '::1', '100::1', '2001::1', '2001:db8::1', '3fff::1', 'fc00::1', 'fd12:3456::1', 'fe80::1', 'fec0::1'],
  ...['ff02::1', '5f00::1', '64:ff9b:1::1', '2001:0:7f00:1::', '4000::1', '::ffff:0:7f00:1'],
]

const INNER_NAMES = [
  ...['localhost', 'a.localhost', 'printer.local', 'metadata.google.internal', 'db.corp', 'nas.home', 'router.lan'],
  ...['1.0.0.127.in-addr.arpa', 'intranet', 'svc.cluster.local', 'x.test', 'x.onion', 'localhost.localdomain'],
  ...['logs.example.org', 'tenant.logs.example.org', 'metadata', 'kubernetes.default.svc.cluster.local'],
]

const RULES = { ownHosts: new Set(['logs.example.org']), allowsLocalHttp: false }

const random = randomIntegers(20_261_121)

const toBytes = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]

const toNumber = (address: string): number => address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)

/** Any address of a block, its edges among them. */
function addressIn([first, bits]: (typeof INNER_BLOCKS)[number], pick: number): number {
  const size = 2 ** (32 - bits)
  const offset = pick === 0 ? 0 : pick === 1 ? size - 1 : random(Math.min(size, 2 ** 31))
  return toNumber(first) + offset
}

/** The ways in which URLs, resolvers and networks write an IPv4 address. */
function spellings(value: number): string[] {
  const bytes = toBytes(value)
  const [a, b, c, d] = bytes
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0'))
  const full = bytes.join('.')
  const wide = [...full].map((unit) => (unit === '.' ? '。' : String.fromCodePoint(unit.charCodeAt(0) + 0xfee0)))
  return [
    ...[full, `${full}.`, `${value}`, `0x${hex.join('')}`, `0${value.toString(8)}`],
    ...[bytes.map((byte) => `0x${byte.toString(16)}`).join('.'), bytes.map((byte) => `0${byte.toString(8)}`).join('.')],
    ...[`${a}.${(b << 16) | (c << 8) | d}`, `${a}.${b}.${(c << 8) | d}`, `0x${hex[0]}.${b}.0${c.toString(8)}.${d}`],
    ...[wide.join(''), [...full].map((unit) => `%${unit.charCodeAt(0).toString(16)}`).join('')],
    ...[
      `[::ffff:${full}]`,
      `[::ffff:${hex[0]}${hex[1]}:${hex[2]}${hex[3]}]`,
      `[::${full}]`,
      `[0:0:0:0:0:ffff:${full}]`,
    ],
    ...[`[64:ff9b::${full}]`, `[64:ff9b:1::${full}]`, `[2002:${hex[0]}${hex[1]}:${hex[2]}${hex[3]}::]`],
    `[2001:0:0:0:0:0:${hex[0]}${hex[1]}:${hex[2]}${hex[3]}]`,
  ]
}

const traps: net.Server[] = []
let connections = 0
let port = 0

/** Whoever connects to this machine is seen. */
beforeAll(async () => {
  for (const host of ['127.0.0.1', '::1']) {
    const trap = net.createServer((socket) => {
      connections++
      socket.destroy()
    })
    trap.listen(port, host)
    await once(trap, 'listening')
    const address = trap.address()
    if (address !== null && typeof address === 'object') port = address.port
    traps.push(trap)
  }
})

afterAll(() => {
  for (const trap of traps) trap.close()
})

/** Hosts as they stand in a URL, each with every port and way in front of it that could make a difference. */
function hostileUrls(): string[] {
  const addresses = INNER_BLOCKS.flatMap((block) => [0, 1, 2].flatMap((pick) => spellings(addressIn(block, pick))))
  const hosts = [
    ...addresses,
    ...spellings(toNumber('127.0.0.1')),
    ...INNER_IPV6.map((address) => `[${address}]`),
    ...INNER_NAMES,
  ]
  return hosts.flatMap((host) => [`https://${host}/`, `https://${host}:${port}/a`, `http://${host}:${port}/`])
}

describe('the guard', () => {
  it('makes no connection for any of at least 600 hostile addresses, whatever it is written as', async () => {
    const urls = hostileUrls()
    expect(new Set(urls).size).toBeGreaterThan(600)
    const taken = urls.filter((url) => checkOutsideAddress(url, RULES).ok)
    expect(taken).toEqual([])
    // Through the whole of it, with the real fetch behind.
    for (const url of urls) {
      const outcome = await guardedFetch({ url, rules: RULES, msMax: 1000, bytesMax: 100 }, OUTSIDE_PORTS)
      expect(outcome, url).toMatchObject({ ok: false, fault: { kind: 'refused_address' } })
    }
    expect(connections).toBe(0)
  })

  it('takes this machine only over http, and only where a development server allows it', () => {
    const local = { ...RULES, allowsLocalHttp: true }
    const taken = hostileUrls().filter((url) => checkOutsideAddress(url, local).ok)
    const hosts = new Set(taken.map((url) => new URL(url).host))
    expect(hosts).toEqual(new Set([`127.0.0.1:${port}`, `[::1]:${port}`, `localhost:${port}`]))
    expect(taken.every((url) => url.startsWith('http://'))).toBe(true)
  })

  it('asks nobody whose name leads inside, be it only one of many addresses, or only the second time', async () => {
    const inner = INNER_BLOCKS.flatMap((block) => [0, 1, 2].map((pick) => toBytes(addressIn(block, pick)).join('.')))
    const asked: string[] = []
    for (const address of [...inner, ...INNER_IPV6, ...inner.map((one) => `::ffff:${one}`)]) {
      expect(isPublicAddress(address), address).toBe(false)
      let times = 0
      const ports: OutsidePorts = {
        fetch: async ({ url }) => {
          asked.push(url)
          return new Response('ok')
        },
        timeout: () => new AbortController().signal,
        resolve: async () => (times++ === 0 ? ['93.184.215.14'] : ['93.184.215.14', address]),
      }
      const request = { url: 'https://rebinding.example.com/', rules: RULES, msMax: 1000, bytesMax: 100 }
      expect(await guardedFetch(request, ports)).toMatchObject({ ok: true })
      expect(await guardedFetch(request, ports), address).toMatchObject({ fault: { kind: 'refused_address' } })
    }
    expect(asked.length).toBe(inner.length * 2 + INNER_IPV6.length)
  })

  it('follows no redirect to this machine', async () => {
    const statuses = [301, 302, 303, 307, 308]
    for (const status of statuses) {
      const headers = { location: `http://127.0.0.1:${port}/` }
      const server = await startLocalServer(() => ({ status, headers }))
      const rules = { ...RULES, allowsLocalHttp: true }
      const request = { url: server.url, method: 'POST', rules, msMax: 5000, bytesMax: 100 } as const
      expect(await guardedFetch(request, OUTSIDE_PORTS)).toMatchObject({ ok: false, fault: { kind: 'redirect' } })
      await server.close()
    }
    expect(connections).toBe(0)
  })
})
