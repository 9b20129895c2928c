import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { ACTIVITY_TENANT } from '../../src/activity/activity-tenant'
import type { OutsidePorts } from '../../src/outside/guarded-fetch'
import { tenantStub } from '../../src/tenant-stub'
import { demo, type Who } from '../support/demo'

/** What others entrust to us, in words that stand nowhere else. */
const API_KEY = 'entrusted-api-key-zx81-quartz'
const NEXT_API_KEY = 'entrusted-next-key-zx82-basalt'
const WEBHOOK_SECRET = 'entrusted-webhook-secret-zx83-granite'
const SECRETS = [API_KEY, NEXT_API_KEY, WEBHOOK_SECRET]

/** A secret, and every way in which it may be written down. */
const writtenWays = (secret: string): string[] => [
  secret,
  Buffer.from(secret).toString('base64').replace(/=+$/, '').slice(0, -1),
  Buffer.from(secret).toString('base64url').slice(0, -1),
  Buffer.from(secret).toString('hex'),
  encodeURIComponent(secret),
]

const holdsSecret = (text: string): string | undefined =>
  SECRETS.flatMap(writtenWays).find((written) => text.toLowerCase().includes(written.toLowerCase()))

const { tenantId, ask } = await demo()

/** Goes on between two looks at a service. */
let nowMs = Date.now()

/** Everything that was printed. */
const printed: string[] = []
const answers: { readonly about: string; readonly text: string }[] = []
/** What our own requests to the outside held. */
const sent: Request[] = []

const send = async (who: Who, about: string, body?: unknown, headers: Record<string, string> = {}) => {
  const [method, path] = about.split(' ')
  const init = { method, headers: { 'content-type': 'application/json', ...headers } }
  const response = await ask(who, path, { ...init, ...(body !== undefined && { body: JSON.stringify(body) }) })
  const text = await response.text()
  answers.push({ about: `${about} ${response.status}`, text })
  return { status: response.status, text }
}

const Made = z.object({ id: z.string() })

beforeAll(async () => {
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const)
    vi.spyOn(console, method).mockImplementation((...parts) => void printed.push(parts.map(String).join(' ')))
  await runInDurableObject(tenantStub(env, tenantId), (instance) => {
    instance.clock = () => nowMs
    instance.outside = (): OutsidePorts => ({
      fetch: async (request) => {
        sent.push(request)
        // A server that says what it was told.
        const echo = [...request.headers].map(([name, value]) => `${name}: ${value}`).join('\n')
        return new Response(echo, { status: 500, headers: { 'x-echo': request.headers.get('authorization') ?? '' } })
      },
      timeout: () => new AbortController().signal,
      resolve: async () => ['203.0.112.7'],
    })
  })
  const service = { serviceName: 'quarry', serviceUrl: 'https://quarry.example.com', healthEndpoint: '/health' }
  const made = await send('admin', 'POST /integration/services', { ...service, apiKey: API_KEY })
  const path = `/integration/services/${Made.parse(JSON.parse(made.text)).id}`
  await settle()
  await send('admin', 'POST /integration/services', { ...service, apiKey: API_KEY })
  await send('admin', 'POST /integration/services', { ...service, serviceName: 5, apiKey: API_KEY })
  await send('admin', 'POST /integration/services', { ...service, apiKey: `${API_KEY} ${API_KEY}` })
  await send('admin', 'POST /integration/services', { ...service, [API_KEY.slice(0, 10)]: 1, apiKey: API_KEY })
  await send('query', 'POST /integration/services', { ...service, apiKey: API_KEY })
  await send('nobody', 'POST /integration/services', { ...service, apiKey: API_KEY })
  await send('admin', `PATCH ${path}`, { apiKey: NEXT_API_KEY }, { 'if-match': '"9"' })
  await send('admin', `PATCH ${path}`, { apiKey: NEXT_API_KEY, serviceUrl: 'http://10.0.0.1' })
  await send('admin', `PATCH ${path}`, { apiKey: NEXT_API_KEY })
  await settle()
  await settle()
  const webhook = { url: 'https://hooks.example.com/in', events: ['*'], secret: WEBHOOK_SECRET, active: true }
  const created = await send('admin', 'POST /integration/webhooks', { webhookId: 'hook-1', ...webhook })
  expect(created.status, created.text).toBe(201)
  // Who makes a webhook is shown its secret, this once.
  answers.pop()
  await send('query', 'POST /integration/webhooks', { webhookId: 'hook-2', ...webhook })
  await send('admin', 'POST /integration/webhooks', { webhookId: 'hook-1', ...webhook })
  await send('admin', 'POST /integration/webhooks/hook-1/test')
  await settle()
  for (const about of ['services', 'webhooks', 'webhooks/hook-1', 'webhooks/hook-1/deliveries', 'health'])
    await send('admin', `GET /integration/${about}`)
  await send('admin', `GET ${path}`)
  await send('query', 'GET /metrics')
  await send('query', 'GET /logs?limit=1000')
  await send('admin', 'GET /admin/audit')
  await send('admin', 'GET /admin/audit/export')
  await send('operator', 'GET /logs?limit=1000')
})

afterAll(() => {
  vi.restoreAllMocks()
})

/** Lets the object ask and deliver what is due. */
async function settle(): Promise<void> {
  nowMs += 120_000
  await runInDurableObject(tenantStub(env, tenantId), async (instance) => {
    await instance.alarm()
    for (let turns = 0; turns < 100; turns++) await Promise.resolve()
    await new Promise((resolve) => setTimeout(resolve, 5))
  })
}

/** Every value of every table of an object, as text. */
const contentsOf = (id: string): Promise<string[]> =>
  runInDurableObject(tenantStub(env, id), (_instance, { storage }) => {
    const tables = storage.sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").toArray()
    return tables
      .filter(({ name }) => !name.startsWith('_cf'))
      .flatMap(({ name }) =>
        storage.sql
          .exec(`SELECT * FROM ${name}`)
          .toArray()
          .map((row) =>
            Object.values(row)
              .map((value) => textOf(value))
              .join(' '),
          ),
      )
  })

const textOf = (value: unknown): string =>
  value instanceof ArrayBuffer ? Buffer.from(value).toString('latin1') : String(value)

describe('what others entrust to us', () => {
  it('is told to their own server, and to nobody else', () => {
    const told = sent.filter(({ headers }) => holdsSecret(headers.get('authorization') ?? '') !== undefined)
    expect(told.map(({ url, headers }) => [url, headers.get('authorization')])).toEqual(
      expect.arrayContaining([['https://quarry.example.com/health', `Bearer ${API_KEY}`]]),
    )
    for (const { url } of told) expect(new URL(url).host).toBe('quarry.example.com')
  })

  it('stands in no answer, whatever was asked and however it was refused', () => {
    expect(answers.length).toBeGreaterThan(20)
    for (const { about, text } of answers) expect(holdsSecret(text), `${about}\n${text}`).toBeUndefined()
  })

  it('stands in no entry of the audit, which has the changes', () => {
    const audit = answers.find(({ about }) => about.startsWith('GET /admin/audit '))?.text ?? ''
    expect(audit).toContain('service.added')
    expect(audit).toContain('service.edited')
    expect(audit).not.toMatch(/sb1\./)
  })

  it('stands in nothing that we print, nor in our own logs', async () => {
    expect(printed.join('\n')).not.toBe('')
    expect(holdsSecret(printed.join('\n'))).toBeUndefined()
    expect(holdsSecret((await contentsOf(ACTIVITY_TENANT.id)).join('\n'))).toBeUndefined()
  })

  it('stands nowhere in the clear, where it is stored sealed', async () => {
    const contents = (await contentsOf(tenantId)).join('\n')
    expect(contents).toContain('quarry')
    expect(contents.match(/sb1\.[0-9a-f]{8}\./g)?.length).toBeGreaterThanOrEqual(2)
    expect(holdsSecret(contents)).toBeUndefined()
    for (const database of [env.CONTROL, env.PAYLOAD]) {
      const { results } = await database
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
        .all<{ name: string }>()
      for (const { name } of results.filter((table) => !table.name.startsWith('_cf'))) {
        const rows = await database.prepare(`SELECT * FROM ${name}`).all()
        expect(holdsSecret(JSON.stringify(rows.results)), name).toBeUndefined()
      }
    }
  })
})
