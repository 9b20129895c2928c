import { expect, it } from 'vitest'
import { HOST_ADDRESSES_MAX, HOST_ADDRESSES_MS } from '../../src/limits/limits'
import { HostAddresses } from '../../src/outside/host-addresses'
import { type DnsRecord, type DnsReply, dnsAnswer, questionName } from '../support/dns-server'

const RESOLVERS = ['https://first.example.net/dns-query', 'https://second.example.org/dns-query']
const IPV6 = 28

/** What resolvers answer, by their host, name and type; `undefined` is a server that fails. */
type Answers = (host: string, name: string, type: 'A' | 'AAAA') => DnsReply | undefined

function resolverWorld(answers: Answers) {
  const asked: string[] = []
  const world = { nowMs: 1000 }
  const addresses = new HostAddresses({
    resolvers: () => RESOLVERS,
    rules: () => ({ ownHosts: new Set(), allowsLocalHttp: false }),
    clock: () => world.nowMs,
    outside: {
      timeout: () => new AbortController().signal,
      fetch: async ({ url }) => {
        const { hostname, searchParams } = new URL(url)
        const question = Buffer.from(searchParams.get('dns') ?? '', 'base64url')
        const type = question.readUInt16BE(question.length - 4) === IPV6 ? 'AAAA' : 'A'
        asked.push(`${hostname} ${questionName(question)} ${type}`)
        const reply = answers(hostname, questionName(question), type)
        return reply === undefined ? new Response(null, { status: 500 }) : new Response(dnsAnswer(question, reply))
      },
    },
  })
  return { addresses, asked, world }
}

const record = (name: string, type: DnsRecord['type'], ...data: string[]): DnsRecord => ({ name, type, data })

const BOTH: Answers = (_host, name, type) => ({
  records: [
    record(name, 'CNAME', 'edge.example.net'),
    type === 'A'
      ? record('edge.example.net', 'A', '5db8d70e')
      : record('edge.example.net', 'AAAA', '26064700'.padEnd(32, '0')),
  ],
})

it('tells the addresses of both kinds, whichever alias they are of', async () => {
  const { addresses, asked } = resolverWorld(BOTH)
  expect(await addresses.resolve('hooks.example.com')).toEqual(['93.184.215.14', '2606:4700:0:0:0:0:0:0'])
  expect(asked).toEqual(['first.example.net hooks.example.com A', 'first.example.net hooks.example.com AAAA'])
})

it('remembers them for a short time, and asks again after it', async () => {
  const { addresses, asked, world } = resolverWorld(BOTH)
  await addresses.resolve('hooks.example.com')
  world.nowMs += HOST_ADDRESSES_MS - 1
  await addresses.resolve('hooks.example.com')
  expect(asked.length).toBe(2)
  world.nowMs++
  await addresses.resolve('hooks.example.com')
  expect(asked.length).toBe(4)
})

it('asks the next resolver when one fails, refuses, or tells only one of the two kinds', async () => {
  const faults: readonly Answers[] = [
    () => undefined,
    () => ({ code: 2 }),
    () => ({ truncated: true }),
    (_host, name, type) => (type === 'A' ? BOTH('', name, type) : undefined),
  ]
  for (const fault of faults) {
    const { addresses } = resolverWorld((host, name, type) =>
      (host.startsWith('first') ? fault : BOTH)(host, name, type),
    )
    expect((await addresses.resolve('hooks.example.com')).length).toBe(2)
  }
})

it('tells a name that does not exist from resolvers that do not answer', async () => {
  const none = resolverWorld(() => ({ code: 3 }))
  expect(await none.addresses.resolve('nobody.example.com')).toEqual([])
  const { addresses } = resolverWorld(() => undefined)
  await expect(addresses.resolve('hooks.example.com')).rejects.toThrow('no resolver answers')
})

it('is bounded', async () => {
  const { addresses, asked } = resolverWorld(BOTH)
  for (let host = 0; host <= HOST_ADDRESSES_MAX; host++) await addresses.resolve(`h${host}.example.com`)
  const before = asked.length
  await addresses.resolve('h0.example.com')
  expect(asked.length).toBe(before + 2)
})
