import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Client } from '../support/client'
import { sendRaw } from '../support/raw-request'
import { startWithTwoTenants } from '../support/second-tenant'
import { endAllServers, type Server } from '../support/server'

/** Who may be answered with logs: one tenant, whoever owns the key (the service's own host), or nobody. */
type Reached = 'acme' | 'globex' | 'service' | 'nobody'

/** A request as it goes over the wire, but for the key. */
interface Variant {
  readonly target: string
  readonly lines: readonly string[]
  readonly reaches: Reached
}

const TENANTS = ['acme', 'globex'] as const
type Name = (typeof TENANTS)[number]

const TARGET = '/logs?q=canary'
const hostLine = (host: string): string => `Host: ${host}`
const otherOf = (name: Name): Name => (name === 'acme' ? 'globex' : 'acme')

/** The same host in other words. */
const SPELLINGS: readonly ((host: string) => string)[] = [
  (host) => host,
  (host) => `${host}:80`,
  (host) => `${host}:443`,
  (host) => `${host}:65535`,
  (host) => `${host}:0`,
  (host) => `${host}:`,
  (host) => `${host}.`,
  (host) => `${host}.:8787`,
  (host) => host.toUpperCase(),
  (host) => host.replace(/^./, (letter) => letter.toUpperCase()),
  (host) => host.replace('localhost', 'LocalHost'),
  (host) => `${host.toUpperCase()}.:443`,
  (host) => host.replace('.', '。'),
  (host) => host.replace('.', '．'),
  (host) => `${host}。`,
  (host) => fullWidth(host),
  (host) => host.replace('c', '\u00adc').replace('g', 'g\u00ad'),
  (host) => `  ${host}`,
  (host) => `${host}  `,
  (host) => `\t${host}\t`,
]

/** What only looks like a host of a tenant, or is two at once. */
const CONFUSIONS: readonly ((host: string, other: string) => string)[] = [
  (host) => `${host}..`,
  (host) => `.${host}`,
  (host) => host.replace('.', '..'),
  (host) => `x.${host}`,
  (host) => `${host}.x`,
  (host) => `${host}.example.com`,
  (host) => `x${host}`,
  (host) => `-${host}`,
  (host) => host.replace('.', '_'),
  (host) => host.replace('.', '-'),
  (host) => host.replace('.', '%2e'),
  (host) => host.replace('.', '%2E'),
  (host) => host.replace('.', '%00.'),
  (host) => `%61${host.slice(1)}`,
  (host) => host.replace('.', '\t.'),
  (host) => host.replace('.', ' .'),
  (host) => host.replace('.localhost', ''),
  (host) => `${host}:99999`,
  (host) => `${host}:-1`,
  (host) => `${host}:abc`,
  (host) => `${host}:80:80`,
  (host) => `${host}:80@x`,
  (host) => `${host}/`,
  (host) => `${host}/logs`,
  (host) => `${host}?`,
  (host) => `${host}#`,
  (host) => `${host}\\`,
  (host) => `/${host}`,
  (host) => `//${host}`,
  (host) => `\\\\${host}`,
  (host) => `http://${host}`,
  (host) => `https://${host}/`,
  (host) => `@${host}`,
  (host) => `user@${host}`,
  (host) => `user:secret@${host}`,
  (host) => `[${host}]`,
  (host) => `"${host}"`,
  (host) => `${host};x`,
  (host) => `*.${host}`,
  (host) => `xn--${host}`,
  (host) => host.replace('a', '\u0430').replace('o', '\u043e'),
  (host) => host.replace('l', '\u0131'),
  (host) => `${host}\u0000`,
  (host, other) => `${host},${other}`,
  (host, other) => `${host}, ${other}`,
  (host, other) => `${host} ${other}`,
  (host, other) => `${other}@${host}`,
  (host, other) => `${host}\\@${other}`,
  (host, other) => `${host}#@${other}`,
  (host, other) => `${host}?@${other}`,
  (host, other) => `${host}/@${other}`,
  (host, other) => `${host};${other}`,
  (host, other) => `${host}.${other}`,
]

/** Headers with which proxies tell where a request was for. Nobody proves them, so they mean nothing. */
const CLAIMS: readonly ((host: string) => string)[] = [
  (host) => `X-Forwarded-Host: ${host}`,
  (host) => `X-Forwarded-Host: ${host}, ${host}`,
  (host) => `X-Forwarded-Server: ${host}`,
  (host) => `X-Forwarded-For: ${host}`,
  (host) => `X-Forwarded-Proto: https://${host}`,
  (host) => `X-Forwarded-Port: 80@${host}`,
  (host) => `X-Forwarded-Prefix: //${host}`,
  (host) => `Forwarded: for=1.1.1.1;host=${host};proto=https`,
  (host) => `X-Host: ${host}`,
  (host) => `X-Original-Host: ${host}`,
  (host) => `X-Original-URL: http://${host}/logs`,
  (host) => `X-Rewrite-URL: http://${host}/logs`,
  (host) => `X-HTTP-Host-Override: ${host}`,
  (host) => `CF-Connecting-Host: ${host}`,
  (host) => `CF-Worker: ${host}`,
  (host) => `MF-Original-URL: http://${host}/logs`,
  (host) => `MF-Original-Hostname: ${host}`,
  (host) => `True-Host: ${host}`,
  (host) => `Origin: http://${host}`,
  (host) => `Referer: http://${host}/logs`,
  (host) => `Via: 1.1 ${host}`,
]

/** Targets that lead to the logs of whoever the Host header names, and to nobody else. */
const SAME_TARGETS: readonly ((other: string) => string)[] = [
  () => '//logs?q=canary',
  () => '///logs//?q=canary',
  () => '/./logs?q=canary',
  () => '/../logs?q=canary',
  () => '/x/../logs?q=canary',
  () => '/%2e/logs?q=canary',
  () => '/x/%2E%2E/logs?q=canary',
  () => '/logs/?q=canary',
  (other) => `/${other}/../logs?q=canary`,
  (other) => `//${other}/../logs?q=canary`,
]

/** Targets that lead nowhere, whatever is read into them. */
const NO_TARGETS: readonly ((other: string) => string)[] = [
  (other) => `//${other}/logs?q=canary`,
  (other) => `///${other}/logs?q=canary`,
  (other) => `/\\${other}/logs?q=canary`,
  (other) => `\\\\${other}/logs?q=canary`,
  (other) => `@${other}/logs?q=canary`,
  (other) => `:80@${other}/logs?q=canary`,
  (other) => `.${other}/logs?q=canary`,
  (other) => `/@${other}/logs?q=canary`,
  (other) => `/http://${other}/logs?q=canary`,
  (other) => `http:/${other}/logs?q=canary`,
  (other) => `http:${other}/logs?q=canary`,
  () => 'http:///logs?q=canary',
  () => 'logs?q=canary',
  () => '/LOGS?q=canary',
  () => '/%6cogs?q=canary',
  () => '/logs%3Fq=canary',
  () => '/logs;x?q=canary',
  () => '*',
]

const fullWidth = (host: string): string =>
  host.replace(/[a-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0))

function variantsOf(name: Name): Variant[] {
  const [host, other] = [`${name}.localhost`, `${otherOf(name)}.localhost`]
  const plain = hostLine(host)
  return [
    ...SPELLINGS.map((spell) => ({ target: TARGET, lines: [hostLine(spell(host))], reaches: name })),
    ...['host', 'HOST', 'hOsT'].map((header) => ({ target: TARGET, lines: [`${header}: ${host}`], reaches: name })),
    ...CONFUSIONS.map((confuse) => ({
      target: TARGET,
      lines: [hostLine(confuse(host, other))],
      reaches: 'nobody' as const,
    })),
    ...CLAIMS.map((claim) => ({ target: TARGET, lines: [plain, claim(other)], reaches: name })),
    ...SAME_TARGETS.map((target) => ({ target: target(other), lines: [plain], reaches: name })),
    ...NO_TARGETS.map((target) => ({ target: target(other), lines: [plain], reaches: 'nobody' as const })),
    ...absoluteForms(host, other).map((target) => ({ target, lines: [plain], reaches: name })),
    { target: TARGET, lines: [plain, hostLine(other)], reaches: 'nobody' },
    { target: TARGET, lines: [plain, plain], reaches: 'nobody' },
    { target: TARGET, lines: [`Host : ${host}`], reaches: 'nobody' },
    { target: TARGET, lines: [` Host: ${host}`], reaches: 'nobody' },
    { target: TARGET, lines: ['X-Before: 1', ` Host: ${host}`], reaches: 'nobody' },
    { target: TARGET, lines: [plain, `:authority: ${other}`], reaches: 'nobody' },
  ]
}

/**
 * A whole address as the target. The runtime takes its path and goes by the Host header; what else stood there never
 * reaches the Worker.
 */
const absoluteForms = (host: string, other: string): string[] => [
  `http://${host}${TARGET}`,
  `HTTP://${host.toUpperCase()}${TARGET}`,
  `http://${host}:80${TARGET}`,
  `https://${host}${TARGET}`,
  `http://${other}${TARGET}`,
  `http://${other}@${host}${TARGET}`,
  `http://${host}@${other}${TARGET}`,
]

const OF_NOBODY: readonly Variant[] = [
  { target: TARGET, lines: [], reaches: 'nobody' },
  { target: `http://acme.localhost${TARGET}`, lines: [], reaches: 'nobody' },
  ...[
    '',
    '.',
    ':80',
    'nobody.localhost',
    'example.com',
    'acme',
    '0.0.0.0',
    '[::]',
    '169.254.169.254',
    'workers.dev',
  ].map((host) => ({ target: TARGET, lines: [hostLine(host)], reaches: 'nobody' as const })),
]

const OF_SERVICE: readonly Variant[] = [
  ...[
    'localhost',
    'LOCALHOST.',
    'localhost:1',
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f.0.0.1',
    '[::1]',
    '[0:0::1]:80',
  ],
  ...['sluice.somebody.workers.dev', 'Sluice.Somebody.Workers.Dev.:443'],
].map((host) => ({ target: TARGET, lines: [hostLine(host)], reaches: 'service' }))

const VARIANTS: readonly Variant[] = [...TENANTS.flatMap(variantsOf), ...OF_NOBODY, ...OF_SERVICE]

let server: Server
let keys: Readonly<Record<Name, string>>

beforeAll(async () => {
  const both = await startWithTwoTenants({ flags: ['--quiet'] })
  server = both.server
  keys = { acme: server.tenant.queryKey, globex: both.globex.queryKey }
  const writers = { acme: server.tenant.ingestKey, globex: both.globex.ingestKey }
  for (const name of TENANTS) {
    const client = new Client({ port: server.port, key: writers[name] })
    expect((await client.post('/logs', JSON.stringify({ message: `canary-${name}` }))).status).toBe(202)
    client.close()
  }
})
afterAll(endAllServers)

/** The status and the canaries of what one tenant's key is answered. */
async function ask({ target, lines }: Variant, name: Name): Promise<string> {
  const head = [`GET ${target} HTTP/1.1`, ...lines, `Authorization: Bearer ${keys[name]}`, 'Connection: close']
  const answer = await sendRaw(server.port, `${head.join('\r\n')}\r\n\r\n`, { isLast: false })
  const canaries = new Set(Array.from(answer.matchAll(/canary-\w+/g), ([canary]) => canary))
  const [, status = 'no answer'] = /^HTTP\/1\.1 (\d{3}) /.exec(answer) ?? []
  // What the runtime takes for the root is answered as everybody's root is: by the banner that Elasticsearch clients look for.
  if (status === '200' && answer.includes('You Know, for Search')) return '404'
  return [status, ...canaries].join(' ')
}

describe('of more than 200 ways to name a host', () => {
  it('each reaches whom it names, with that tenant’s key, and nobody else', async () => {
    expect(VARIANTS.length).toBeGreaterThan(200)
    const misroutes: string[] = []
    for (const variant of VARIANTS) {
      for (const name of TENANTS) {
        const answer = await ask(variant, name)
        const isReached = variant.reaches === name || variant.reaches === 'service'
        const isRight = isReached ? answer === `200 canary-${name}` : /^40[04]$/.test(answer)
        if (!isRight) misroutes.push(`${JSON.stringify(variant)} as ${name}: ${answer}`)
      }
    }
    expect(misroutes).toEqual([])
  })

  it('what is public holds nothing of a tenant, on any host', async () => {
    for (const host of ['acme.localhost', 'globex.localhost', 'nobody.localhost', 'localhost']) {
      const answer = await sendRaw(
        server.port,
        `GET /openapi.json HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
        {
          isLast: false,
        },
      )
      expect(answer).toMatch(/^HTTP\/1\.1 200 /)
      expect(answer).not.toContain('canary-')
    }
  })
})
