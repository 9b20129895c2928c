import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import * as z from 'zod'
import { PROOF_COOLDOWN_MS } from '../../src/limits/limits'
import { Page, Receipt } from '../support/answers'
import { dnsAnswer, questionName } from '../support/dns-server'
import { type LocalServer, startLocalServer } from '../support/local-http'
import { commandsIn, shellBlocksIn } from '../support/markdown'
import { openControl } from '../support/second-tenant'
import { endAllServers, newDirectory, Server } from '../support/server'

/** The cron that erases runs each minute. */
const ERASED_MS_MAX = 100_000

const commands = shellBlocksIn(readFileSync('docs/guides/onboard-a-customer.md', 'utf8'))
  .flatMap(commandsIn)
  .filter((command) => command.startsWith('curl '))

/** What stands in the clear in the object's file while the customer is there. */
const TEXTS = ['payment timeout', 'logs.globex.com', 'ops@globex.example', 'checkout service']

/** TXT records of the world, by name. */
const texts = new Map<string, string>()
const resolvers: LocalServer[] = []
let server: Server

/** A resolver of the public DNS, as far as the guide needs one. */
const startResolver = () =>
  startLocalServer(({ url }) => {
    const question = Buffer.from(url.searchParams.get('dns') ?? '', 'base64url')
    const name = questionName(question)
    const text = texts.get(name)
    const records = text === undefined ? [] : [{ name, type: 'TXT' as const, data: [text] }]
    return { status: 200, body: dnsAnswer(question, { code: text === undefined ? 3 : 0, records }) }
  })

beforeAll(async () => {
  resolvers.push(await startResolver(), await startResolver())
  server = await Server.start({
    data: newDirectory(),
    flags: ['--empty'],
    environment: {
      DOH_RESOLVERS: resolvers.map(({ url }) => `${url}/dns-query`).join(','),
      ALLOW_LOCAL_DESTINATIONS: 'true',
      TENANT_GRACE_HOURS: '0',
    },
  })
})

afterAll(async () => {
  await endAllServers()
  for (const resolver of resolvers) await resolver.close()
})

const Registration = z.object({
  status: z.string(),
  verification: z.object({ record: z.object({ name: z.string(), value: z.string() }) }).nullable(),
})

it('the guide leads from nothing to logs under a customer’s domain, and to the end of the customer', async () => {
  const environment: Record<string, string> = {
    SLUICE: `http://127.0.0.1:${server.port}`,
    OPERATOR_KEY: server.ready.operatorKey,
  }
  // Beside this process, whose resolvers have to answer meanwhile.
  const run = async (command: string): Promise<unknown> => {
    const { stdout } = await promisify(execFile)('sh', ['-c', command], { env: { ...process.env, ...environment } })
    return JSON.parse(stdout)
  }
  const keep = (name: string, answer: unknown): void => {
    environment[name] = z.object({ key: z.string() }).parse(answer).key
  }
  const [makeTenant, agree, makeKey, registerLocal, register, verify, ...further] = commands
  const [makeIngestKey, makeQueryKey, send, search, remove, certify, ...others] = further
  expect(others).toEqual([])

  expect(await run(makeTenant)).toMatchObject({ name: 'globex', status: 'active', in_force: { domains: 100 } })
  expect(await run(agree)).toMatchObject({ in_force: { retention_days: 90, domains: 10 } })
  keep('OWNER_KEY', await run(makeKey))
  expect(await run(registerLocal)).toMatchObject({ domain: 'globex.localhost', status: 'active', tenantCreated: false })
  const { status, verification } = Registration.parse(await run(register))
  expect([status, verification?.record.name]).toEqual(['pending', '_sluice-challenge.logs.globex.com'])
  expect(await run(verify)).toMatchObject({ verified: false, status: 'pending' })
  texts.set(verification?.record.name ?? '', verification?.record.value ?? '')
  expect(await run(verify), 'asked again at once').toMatchObject({ code: 'rate_limited' })
  await sleep(PROOF_COOLDOWN_MS)
  expect(await run(verify)).toMatchObject({ verified: true, status: 'active', proof: 'dns', platform: null })
  keep('INGEST_KEY', await run(makeIngestKey))
  keep('QUERY_KEY', await run(makeQueryKey))
  expect(Receipt.parse(await run(send))).toMatchObject({ accepted: 1, rejected: 0 })
  expect(Page.parse(await run(search)).data).toMatchObject([{ message: 'payment timeout after 30s' }])
  expect(await run(search.replaceAll('logs.globex.com', 'globex.localhost'))).toMatchObject({ meta: { matched: 1 } })

  // Else looking for them afterwards would say nothing.
  for (const text of TEXTS) expect(filesWith('do', text), text).not.toEqual([])
  expect(await run(remove)).toMatchObject({ status: 'deleting' })
  expect(await run(search)).toMatchObject({ code: 'tenant_suspended' })
  const until = Date.now() + ERASED_MS_MAX
  const Erasure = z.object({ status: z.string().or(z.number()) })
  while (Erasure.parse(await run(certify)).status !== 'erased' && Date.now() < until) await sleep(1000)
  expect(await run(certify)).toMatchObject({
    status: 'erased',
    certificate: { records_of_all_time: expect.any(Number) },
  })
  expect(await run(search)).toMatchObject({ code: 'unauthenticated' })
  await server.stop()
  expectNothingLeft()
})

/** Files below a folder of the data directory that hold a text. */
function filesWith(folder: string, text: string): string[] {
  const below = path.join(server.data, folder)
  const files = readdirSync(below, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text))
    .map((file) => path.relative(server.data, file))
}

/** In bytes, also those that no table leads to any more; of D1 only what its tables hold, as the certificate says. */
function expectNothingLeft(): void {
  for (const text of TEXTS) {
    expect(filesWith('do', text), text).toEqual([])
    expect(filesWith('r2', text), text).toEqual([])
  }
  const control = openControl(server.data)
  const tables = control
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'")
    .all()
  for (const { name } of tables) {
    const rows = JSON.stringify(control.prepare(`SELECT * FROM "${name}"`).all())
    if (name !== 'erasure') expect(rows, `${name}`).not.toContain('globex')
    expect(rows).not.toContain('ops@globex.example')
  }
  control.close()
}
