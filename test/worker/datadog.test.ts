import { beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { type Answered, makeShipperWorld, type ShipperWorld } from '../support/shipper-world'

let world: ShipperWorld

beforeAll(async () => {
  world = await makeShipperWorld()
})

const told = ({ status, json }: Answered): unknown => [status, json]

const post = (path: string, body: string, headers: Record<string, string> = {}): Promise<Answered> =>
  world.send(`POST ${path}`, {
    body,
    headers: { 'dd-api-key': world.tenant.ingestKey, 'content-type': 'application/json', ...headers },
  })

const logOf = (mark: string): string =>
  JSON.stringify([{ message: 'm', status: 'error', service: 's', ddtags: `mark:${mark}` }])

describe('the logs intake', () => {
  it('takes logs at its paths, with the statuses that clients wait for, wherever they put the key', async () => {
    const { ingestKey } = world.tenant
    expect(told(await post('/api/v2/logs', logOf('a')))).toEqual([202, {}])
    expect(told(await post('/v1/input', logOf('b')))).toEqual([200, {}])
    expect(told(await world.send(`POST /v1/input/${ingestKey}`, { body: logOf('c') }))).toEqual([200, {}])
    expect(
      told(await world.send(`POST /api/v2/logs?dd-api-key=${ingestKey}&ddsource=x`, { body: logOf('d') })),
    ).toEqual([202, {}])
    for (const mark of ['a', 'b', 'c', 'd'])
      expect(await world.find(`tags.mark:${mark}`), mark).toMatchObject([
        { level: 'error', service: 's', message: 'm', source: 'datadog', body: { ddtags: `mark:${mark}` } },
      ])
  })

  it('keeps what is good beside what is bad, and is asked by empty bodies whether it is there', async () => {
    expect(told(await post('/api/v2/logs', '{"message":"x","ddtags":"mark:good"}\n{"message":'))).toEqual([202, {}])
    expect(await world.find('tags.mark:good')).toHaveLength(1)
    for (const body of ['', '{}', '[]']) expect(told(await post('/api/v2/logs', body)), body).toEqual([202, {}])
  })

  it('refuses by a list of errors', async () => {
    const broken = await post('/api/v2/logs', '[{"message":]')
    expect(told(broken)).toMatchObject([400, { errors: [{ status: '400', detail: expect.stringContaining('byte') }] }])
    const nobody = await world.send('POST /api/v2/logs', { body: '[]' })
    expect(told(nobody)).toMatchObject([401, { errors: [{ status: '401' }] }])
    const reader = await post('/api/v2/logs', logOf('x'), { 'dd-api-key': world.tenant.queryKey })
    expect(told(reader)).toMatchObject([403, { errors: [{ status: '403' }] }])
  })

  it('says whether a key is good', async () => {
    const validate = (key: string) => world.send('GET /api/v1/validate', { headers: { 'dd-api-key': key } })
    expect(told(await validate(world.tenant.ingestKey))).toEqual([200, { valid: true }])
    expect((await validate('wrong')).status).toBe(401)
  })
})

describe('a tenant that stores repeated bodies once', () => {
  const set = (value: string) =>
    world.send('PATCH /admin/settings', {
      headers: { authorization: `Bearer ${world.tenant.adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ repeated_bodies: value }),
    })

  it('has one of each, and only while it says so', async () => {
    expect((await set('once')).status).toBe(200)
    for (let times = 0; times < 3; times++) expect((await post('/api/v2/logs', logOf('again'))).status).toBe(202)
    expect(await world.find('tags.mark:again')).toHaveLength(1)
    expect((await set('store')).status).toBe(200)
    expect((await post('/api/v2/logs', logOf('again'))).status).toBe(202)
    expect(await world.find('tags.mark:again')).toHaveLength(2)
  })
})

describe('a page in a browser', () => {
  const PAGE = 'https://shop.example'

  it('sends with its own key and from its own origin, without asking first, and may read the answer', async () => {
    const made = await world.send('POST /admin/keys', {
      headers: { authorization: `Bearer ${world.tenant.adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'pub', origins: [PAGE] }),
    })
    const { key } = z.object({ key: z.string() }).loose().parse(made.json)
    const path = `/api/v2/logs?ddsource=browser&dd-api-key=${key}&dd-evp-origin=browser`
    const send = (origin: string) =>
      world.send(`POST ${path}`, {
        host: 'acme.localhost',
        headers: { origin, 'content-type': 'text/plain;charset=UTF-8' },
        body: '{"message":"from a page","status":"warn"}\n{"message":"and again"}',
      })
    const answer = await send(PAGE)
    expect(told(answer)).toEqual([202, {}])
    expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE)
    expect(await world.find('ddsource:browser')).toMatchObject([
      { level: 'warn', message: 'from a page' },
      { message: 'and again' },
    ])
    const elsewhere = await send('https://evil.example')
    expect(elsewhere.status).toBe(403)
    expect(elsewhere.headers.get('access-control-allow-origin')).toBeNull()
  })
})
