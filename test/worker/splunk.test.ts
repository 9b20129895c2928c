import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { limitsOf } from '../../src/limits/policies'
import { tenantStub } from '../../src/tenant-stub'
import { type Answered, makeShipperWorld, type ShipperWorld } from '../support/shipper-world'

const CHANNEL = '0A1B2C3D-4e5f-4a6b-8c7d-9e0f1a2b3c4d'

const NO_LIMITS = {
  ...{ RATE_LIMIT_ENABLED: false, RATE_LIMIT_REQUESTS: 1, RATE_LIMIT_WINDOW: 1 },
  ...{ API_V1_REQUESTS_PER_MINUTE: 0, API_V1_BATCHES_PER_MINUTE: 0 },
}

const Acknowledged = z.object({ ackId: z.int() }).loose()

let world: ShipperWorld

beforeAll(async () => {
  world = await makeShipperWorld()
})

const post = (path: string, body: string, headers: Record<string, string> = {}): Promise<Answered> =>
  world.send(`POST ${path}`, { body, headers: { authorization: `Splunk ${world.tenant.ingestKey}`, ...headers } })

const told = ({ status, json }: Answered): unknown => [status, json]

const SUCCESS = [200, { text: 'Success', code: 0 }]

describe('the event collector', () => {
  it.each(['', '/event', '/event/1.0'])(
    'takes events at /services/collector%s, whatever their type is called',
    async (end) => {
      const mark = `mark-${end.length}`
      const body = `{"time":"${Date.now() / 1000}","host":"h","event":{"message":"a","mark":"${mark}"}}{"event":{"mark":"${mark}"}}`
      const answer = await post(`/services/collector${end}`, body, {
        'content-type': 'application/x-www-form-urlencoded',
      })
      expect(told(answer)).toEqual(SUCCESS)
      expect(answer.headers.get('content-type')).toBe('application/json')
      const found = await world.find(`event.mark:${mark}`)
      expect(found).toHaveLength(2)
      expect(found).toMatchObject([{ source: 'splunk' }, { body: { host: 'h' } }])
    },
  )

  it.each(['/raw', '/raw/1.0'])('takes lines at /services/collector%s', async (end) => {
    const answer = await post(`/services/collector${end}?sourcetype=nginx&source=s${end.length}`, 'ERROR one\ntwo\n')
    expect(told(answer)).toEqual(SUCCESS)
    const found = await world.find(`source:s${end.length}`)
    expect(found.map(({ body, level }) => ({ body, level }))).toMatchObject([
      { body: { event: 'ERROR one', sourcetype: 'nginx' }, level: 'error' },
      { body: { event: 'two' }, level: 'info' },
    ])
  })

  it('answers what is wrong by its code, and keeps what is good beside it', async () => {
    expect(told(await post('/services/collector', ''))).toEqual([400, { text: 'No data', code: 5 }])
    expect(told(await post('/services/collector', ' \n'))).toEqual([400, { text: 'No data', code: 5 }])
    const cases = [
      ['{"event":"x"', 6, 'Invalid data format'],
      ['{"host":"x"}', 12, 'Event field is required'],
      ['{"event":""}', 13, 'Event field cannot be blank'],
      ['{"event":"x","fields":{"a":{}}}', 15, 'Error in handling indexed fields'],
    ] as const
    for (const [body, code, text] of cases) {
      expect(told(await post('/services/collector', body)), body).toEqual([
        400,
        { text, code, 'invalid-event-number': 0 },
      ])
      const beside = await post(
        '/services/collector',
        `{"event":{"mark":"beside-${code}"}}\n${body}\n{"event":{"mark":"beside-${code}"}}`,
      )
      expect(told(beside), body).toEqual([400, { text, code, 'invalid-event-number': 1 }])
      expect(await world.find(`event.mark:beside-${code}`)).toHaveLength(2)
    }
  })

  it('tells apart no token, no credential, a wrong one and one that may not', async () => {
    const body = '{"event":"x"}'
    const by = async (headers: Record<string, string>) =>
      told(await world.send('POST /services/collector', { body, headers }))
    expect(await by({})).toEqual([401, { text: 'Token is required', code: 2 }])
    expect(await by({ authorization: 'Splunk' })).toEqual([401, { text: 'Invalid authorization', code: 3 }])
    expect(await by({ authorization: 'Splunk wrong' })).toEqual([403, { text: 'Invalid token', code: 4 }])
    expect(await by({ authorization: `Splunk ${world.tenant.queryKey}` })).toEqual([
      403,
      { text: 'Invalid token', code: 4 },
    ])
    expect(await by({ authorization: `Basic ${btoa(`x:${world.tenant.ingestKey}`)}` })).toEqual(SUCCESS)
    expect(await by({ authorization: `splunk ${world.tenant.ingestKey}` })).toEqual(SUCCESS)
  })

  it('is healthy, and says whether a token that is shown to it is good', async () => {
    const health = (headers: Record<string, string> = {}) =>
      world.send('GET /services/collector/health/1.0', { headers })
    expect(told(await health())).toEqual([200, { text: 'HEC is healthy', code: 17 }])
    expect((await health({ authorization: `Splunk ${world.tenant.ingestKey}` })).status).toBe(200)
    expect(told(await health({ authorization: 'Splunk wrong' }))).toEqual([400, { text: 'Invalid token', code: 21 }])
  })

  it('says that it is busy where a limit is reached: the one thing after which every client sends again', async () => {
    const stub = tenantStub(env, world.tenant.id)
    const rates = [{ per: 'key', unit: 'requests', units: 1, windowSeconds: 60 }] as const
    await runInDurableObject(stub, (object) => {
      object.limitsFor = () => limitsOf(NO_LIMITS, { rates })
    })
    await post('/services/collector', '{"event":"x"}')
    const busy = await post('/services/collector', '{"event":"x"}')
    expect(told(busy)).toEqual([503, { text: 'Server is busy', code: 9 }])
    expect(Number(busy.headers.get('retry-after'))).toBeGreaterThan(0)
    await evictDurableObject(stub)
  })
})

describe('acknowledgements', () => {
  const ask = (acks: unknown, headers: Record<string, string> = { 'x-splunk-request-channel': CHANNEL }) =>
    post('/services/collector/ack', JSON.stringify({ acks }), headers)

  it('are given out for a channel, and true from then on for it alone', async () => {
    const sent = await post(`/services/collector?channel=${CHANNEL}`, '{"event":"x"}')
    expect(sent.status).toBe(200)
    const { ackId } = Acknowledged.parse(sent.json)
    expect(told(await ask([ackId, 0, 1]))).toEqual([200, { acks: { [ackId]: true, 0: false, 1: false } }])
    const other = { 'x-splunk-request-channel': CHANNEL.replace('0A', 'FF') }
    expect(told(await ask([ackId], other))).toEqual([200, { acks: { [ackId]: false } }])
    expect(Acknowledged.safeParse((await post('/services/collector', '{"event":"x"}')).json).success).toBe(false)
  })

  it('need a channel that is a GUID, and a list of numbers', async () => {
    expect(told(await ask([0], {}))).toEqual([400, { text: 'Data channel is missing', code: 10 }])
    const bad = { 'x-splunk-request-channel': 'mine' }
    expect(told(await ask([0], bad))).toEqual([400, { text: 'Invalid data channel', code: 11 }])
    expect(told(await post('/services/collector/raw', 'x', bad))).toEqual([
      400,
      { text: 'Invalid data channel', code: 11 },
    ])
    for (const acks of ['0', { a: 1 }, ['x']])
      expect(told(await ask(acks))).toEqual([400, { text: 'Invalid data format', code: 6 }])
  })
})
