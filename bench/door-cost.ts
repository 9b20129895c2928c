import { once } from 'node:events'
import http from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { load, send, type Target } from './http-load.ts'
import { measureTree } from './process-tree.ts'
import type { Ready } from './server.ts'
import type { Line } from './table.ts'
import { administer } from './tenants.ts'

/** Requests of each kind in a round. /proc counts CPU by hundredths of a second, of which a round takes some hundred. */
const ROUND_REQUESTS = 4000
const ROUNDS = 5
const CONNECTIONS = 8

/** Milliseconds of CPU that the front door may take for a request. */
const KEY_MS_MAX = 0.3
const JWT_MS_MAX = 0.5

const POLL_MS = 250
const KNOWN_WAIT_MS = 15_000

const AUDIENCE = 'sluice-bench'
const KEY_ID = 'bench-1'

/**
 * What the front door costs a request, warm: the CPU of the whole process tree for requests that pass it, less that for the
 * same requests without credentials, which stop before it. Both are the same POST with a parameter that there is not, so that
 * the one is refused by the handler, right after the door and before the body, and the other by the door's first step: what
 * HTTP, routing and a refusal's answer cost is in both, and the difference is proving the credential, finding the tenant of
 * the host and holding its scopes against the route. Asking the tenant's object whether that still holds is part of the
 * append, and of its figures. The kinds take turns, and the median of the rounds counts.
 *
 * The host is the tenant's own, so that it has to be looked up too. ES256 comes from a tenant's issuer, as every signature with
 * public keys does; its key server is this process, which is not in the tree.
 */
export async function measureDoor(ready: Ready): Promise<readonly Line[]> {
  const nobody: Target = { url: ready.url, host: ready.tenant.domain }
  const { token, close } = await startIssuer(ready)
  const kinds: readonly Target[] = [nobody, { ...nobody, key: ready.tenant.ingestKey }, { ...nobody, key: token }]
  for (const target of kinds) await waitUntilKnown(target)
  await measureRound(ready, kinds)
  const rounds: (readonly number[])[] = []
  for (let round = 0; round < ROUNDS; round++) rounds.push(await measureRound(ready, kinds))
  close()
  const costOf = (kind: number): number => median(rounds.map((millis) => millis[kind] - millis[0]))
  const whole = median(rounds.map(([without]) => without))
  return [
    lineOf('front door, warm: a request with a key', costOf(1), { must: KEY_MS_MAX, whole }),
    lineOf('front door, warm: a request with an ES256 JWT', costOf(2), { must: JWT_MS_MAX, whole }),
  ]
}

/** Milliseconds of CPU of a request of each kind. */
async function measureRound({ pid }: Ready, kinds: readonly Target[]): Promise<readonly number[]> {
  const millis: number[] = []
  for (const target of kinds) {
    const before = measureTree(pid).cpuSeconds
    await stopAtDoor(target)
    millis.push(((measureTree(pid).cpuSeconds - before) / ROUND_REQUESTS) * 1000)
  }
  return millis
}

/** One that stops right behind the door, or before it when nobody asks. */
const REQUEST = { method: 'POST', path: '/logs?bench', body: Buffer.from('{}') } as const

const statusOf = ({ key }: Target): number => (key === undefined ? 401 : 400)

async function stopAtDoor(target: Target): Promise<void> {
  const status = statusOf(target)
  const options = { requests: ROUND_REQUESTS, connections: CONNECTIONS, status }
  const { failures } = await load(options, () => ({ target, request: REQUEST }))
  if (failures > 0) throw new Error(`${failures} of ${ROUND_REQUESTS} answers were not ${status}`)
}

/** Somebody new may be refused for a few seconds, for as long as hints live that say so. */
async function waitUntilKnown(target: Target): Promise<void> {
  for (let waited = 0; ; waited += POLL_MS) {
    const { status, text } = await send(target, REQUEST)
    if (status === statusOf(target)) return
    if (waited > KNOWN_WAIT_MS) throw new Error(`the answer should be ${statusOf(target)}, and is ${status}: ${text}`)
    await pause(POLL_MS)
  }
}

/** Has the tenant trust an issuer whose key server runs here, and answers a token of it. */
async function startIssuer({ url, tenant }: Ready): Promise<{ readonly token: string; readonly close: () => void }> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: KEY_ID, alg: 'ES256', use: 'sig' }] })
  const server = http.createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(keys)
  })
  await once(server.listen(0, 'localhost'), 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the key server has no port')
  const issuer = `http://localhost:${address.port}/`
  const trusted = {
    ...{ id: 'bench', issuer, audience: AUDIENCE, jwks_url: `${issuer}jwks.json` },
    ...{ algorithms: ['ES256'], role: { default: 'ingest' } },
  }
  const document = { jwt_issuers: [trusted] }
  await administer({ url, key: tenant.adminKey }, { method: 'PATCH', path: '/admin/settings', document })
  const token = await new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: KEY_ID, typ: 'JWT' })
    .setIssuer(issuer)
    .setAudience(AUDIENCE)
    .setSubject('bench')
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(privateKey)
  return { token, close: () => server.close() }
}

const lineOf = (measure: string, millis: number, { must, whole }: { must: number; whole: number }): Line => ({
  measure,
  result: `${millis.toFixed(3)} ms of CPU, beside ${whole.toFixed(3)} without it`,
  must: `≤${must} ms`,
  aim: '',
  met: millis <= must,
})

const median = (values: readonly number[]): number =>
  [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)]
