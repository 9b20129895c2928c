import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { KNOWN_ID_MS } from '../../src/limits/limits'
import { limitsOf } from '../../src/limits/policies'
import { tenantStub } from '../../src/tenant-stub'
import { type Answered, makeShipperWorld, type ShipperWorld } from '../support/shipper-world'

const NO_LIMITS = {
  ...{ RATE_LIMIT_ENABLED: false, RATE_LIMIT_REQUESTS: 1, RATE_LIMIT_WINDOW: 1 },
  ...{ API_V1_REQUESTS_PER_MINUTE: 0, API_V1_BATCHES_PER_MINUTE: 0 },
}

let world: ShipperWorld

beforeAll(async () => {
  world = await makeShipperWorld()
})

const stub = () => tenantStub(env, world.tenant.id)

const setClock = (clock: () => number): Promise<void> =>
  runInDurableObject(stub(), (object) => {
    object.clock = clock
  })

const lines = (...all: readonly object[]): string => all.map((one) => `${JSON.stringify(one)}\n`).join('')

const auth = () => ({ authorization: `ApiKey ${btoa(`name:${world.tenant.ingestKey}`)}` })

const bulk = (body: string, headers: Record<string, string> = {}, path = '/_bulk'): Promise<Answered> =>
  world.send(`POST ${path}`, { body, headers: { ...auth(), 'content-type': 'application/x-ndjson', ...headers } })

describe('_bulk', () => {
  it('answers an item for each action, stores the good ones and can be searched at once', async () => {
    const answer = await bulk(
      lines({ create: { _index: 'logs-a' } }, { message: 'one', mark: 'b1' }, { delete: { _index: 'a', _id: '1' } }) +
        lines({ index: {} }, { message: 'two', mark: 'b1' }),
      {},
      '/logs-b/_bulk',
    )
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-elastic-product')).toBe('Elasticsearch')
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.json).toMatchObject({
      errors: true,
      items: [
        { create: { _index: 'logs-a', status: 201 } },
        { delete: { _index: 'a', _id: '1', status: 400, error: { type: 'illegal_argument_exception' } } },
        { index: { _index: 'logs-b', status: 201 } },
      ],
    })
    const found = await world.find('mark:b1')
    expect(found.map(({ body, source }) => ({ body, source }))).toEqual([
      { body: { _index: 'logs-a', message: 'one', mark: 'b1' }, source: 'elastic' },
      { body: { _index: 'logs-b', message: 'two', mark: 'b1' }, source: 'elastic' },
    ])
  })

  it('answers 200 also where nothing of it can be stored, and 400 where it is no bulk request', async () => {
    const none = await bulk(lines({ delete: { _id: '1' } }))
    expect(none.status).toBe(200)
    expect(none.json).toMatchObject({ errors: true, items: [{ delete: { status: 400 } }] })
    for (const body of ['{"message":"no action"}\n', 'text', '{"index":{}}\n{}\n{"x":1}\n']) {
      const broken = await bulk(body)
      expect(broken.status, body).toBe(400)
      expect(broken.headers.get('x-elastic-product')).toBe('Elasticsearch')
      expect(broken.json).toMatchObject({
        error: {
          type: 'illegal_argument_exception',
          reason: expect.stringContaining('Malformed action/metadata line'),
        },
        status: 400,
      })
    }
  })

  it.each([
    ['ApiKey with an encoded name and key', () => `ApiKey ${btoa(`id:${world.tenant.ingestKey}`)}`],
    ['ApiKey as it is', () => `ApiKey ${world.tenant.ingestKey}`],
    ['ApiKey with the encoded key alone', () => `ApiKey ${btoa(world.tenant.ingestKey)}`],
    ['Basic with the key as the password', () => `Basic ${btoa(`elastic:${world.tenant.ingestKey}`)}`],
    ['Basic with the key as the user', () => `Basic ${btoa(`${world.tenant.ingestKey}:x`)}`],
    ['Bearer', () => `Bearer ${world.tenant.ingestKey}`],
  ])('takes a key as %s', async (_name, authorization) => {
    expect((await bulk(lines({ index: {} }, { a: 1 }), { authorization: authorization() })).status).toBe(200)
  })

  it('refuses in errors of Elasticsearch, under its header', async () => {
    const nobody = await world.send('POST /_bulk', { body: '{}' })
    expect(nobody.status).toBe(401)
    expect(nobody.headers.get('x-elastic-product')).toBe('Elasticsearch')
    expect(nobody.headers.get('www-authenticate')).toContain('Basic realm="security"')
    expect(nobody.json).toMatchObject({ error: { type: 'security_exception', root_cause: [{}] }, status: 401 })
    const reader = await bulk('{}', { authorization: `ApiKey ${world.tenant.queryKey}` })
    expect([reader.status, reader.json]).toMatchObject([403, { error: { type: 'security_exception' }, status: 403 }])
  })

  it('answers in the media type with a version that newer clients ask for', async () => {
    const accept = 'application/vnd.elasticsearch+json; compatible-with=9,text/plain'
    const type = 'application/vnd.elasticsearch+x-ndjson; compatible-with=9'
    const answer = await bulk(lines({ index: {} }, { a: 1 }), { accept, 'content-type': type })
    expect(answer.headers.get('content-type')).toBe('application/vnd.elasticsearch+json;compatible-with=9')
  })
})

describe('create with an _id', () => {
  const batch = (ids: readonly string[], index = 'logs'): string =>
    ids.map((id) => lines({ create: { _index: index, _id: id } }, { mark: `id-${id}` })).join('')
  const statuses = ({ json }: Answered): unknown => {
    const { items } = JSON.parse(JSON.stringify(json))
    return items.map(({ create }: { create: { status: number } }) => create.status)
  }

  it('stores each id once, however it comes again, and the account adds up', async () => {
    expect(statuses(await bulk(batch(['a', 'b', 'c'])))).toEqual([201, 201, 201])
    expect(statuses(await bulk(batch(['a', 'b', 'c'])))).toEqual([409, 409, 409])
    expect(statuses(await bulk(batch(['d', 'b', 'd', 'e'])))).toEqual([201, 409, 409, 201])
    expect(statuses(await bulk(batch(['a'], 'other')))).toEqual([201])
    expect(await world.find('mark:id-a')).toHaveLength(2)
    for (const id of ['b', 'c', 'd', 'e']) expect(await world.find(`mark:id-${id}`), id).toHaveLength(1)
    expect(await world.account()).toMatchObject({ imbalance: 0, duplicate: 5 })
  })

  it('stores it once when the same batch comes many times at once', async () => {
    const ids = Array.from({ length: 50 }, (_, index) => `race-${index}`)
    const answers = await Promise.all(Array.from({ length: 6 }, () => bulk(batch(ids, 'race'))))
    const taken = answers.flatMap((answer) => statuses(answer))
    expect(taken.filter((status) => status === 201)).toHaveLength(50)
    expect(taken.filter((status) => status === 409)).toHaveLength(250)
    expect(await world.find('_index:race')).toHaveLength(50)
  })

  it('remembers when the object has been away', async () => {
    expect(statuses(await bulk(batch(['away'])))).toEqual([201])
    await evictDurableObject(stub())
    expect(statuses(await bulk(batch(['away', 'new'])))).toEqual([409, 201])
    expect(await world.find('mark:id-away')).toHaveLength(1)
  })

  it('remembers nothing of a batch that was not stored', async () => {
    await runInDurableObject(stub(), (_object, { storage }) => {
      storage.sql.exec("CREATE TRIGGER broken BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'broken'); END")
    })
    expect((await bulk(batch(['lost']))).status).toBe(500)
    await runInDurableObject(stub(), (_object, { storage }) => {
      storage.sql.exec('DROP TRIGGER broken')
    })
    expect(statuses(await bulk(batch(['lost'])))).toEqual([201])
  })

  it('forgets after a day', async () => {
    const later = KNOWN_ID_MS + 60_000
    expect(statuses(await bulk(batch(['old'])))).toEqual([201])
    await setClock(() => Date.now() + later)
    expect(statuses(await bulk(batch(['old'])))).toEqual([201])
    expect(statuses(await bulk(batch(['old'])))).toEqual([409])
    await setClock(Date.now)
  })

  it('is the same by _create, and by _doc with op_type', async () => {
    const send = (route: string) => world.send(route, { body: '{"mark":"single"}', headers: auth() })
    expect((await send('PUT /logs/_create/one')).json).toMatchObject({ _index: 'logs', _id: 'one', result: 'created' })
    const again = await send('POST /logs/_create/one')
    expect([again.status, again.json]).toMatchObject([409, { error: { type: 'version_conflict_engine_exception' } }])
    expect((await send('PUT /logs/_doc/one?op_type=create')).status).toBe(409)
    expect((await send('PUT /logs/_doc/one')).status).toBe(201)
    expect((await send('POST /%3Clogs-%7Bnow%2Fd%7D%3E/_doc')).json).toMatchObject({ _index: '<logs-{now/d}>' })
    expect(await world.find('mark:single')).toHaveLength(3)
  })
})

describe('what clients ask before they send', () => {
  const get = (path: string, method = 'GET') => world.send(`${method} ${path}`, { headers: auth() })

  it.each([
    ['/_license?human=false', { license: { status: 'active', type: 'basic' } }],
    ['/_cluster/health?wait_for_status=yellow&timeout=1s', { status: 'green', timed_out: false }],
    ['/_nodes/http', { nodes: {} }],
    ['/_nodes/_all/http', { nodes: {} }],
    ['/_xpack', {}],
    ['/_index_template/filebeat', { index_templates: [{ name: 'filebeat' }] }],
    ['/_template/logstash', { logstash: {} }],
    ['/_component_template/x', { component_templates: [{ name: 'x' }] }],
    ['/_ilm/status', { operation_mode: 'RUNNING' }],
    ['/logstash', { logstash: {} }],
    ['/_something', {}],
  ])('GET %s', async (path, expected) => {
    const { status, headers, json } = await get(path)
    expect([status, json]).toMatchObject([200, expected])
    expect(headers.get('x-elastic-product')).toBe('Elasticsearch')
    expect((await get(path, 'HEAD')).status).toBe(200)
  })

  it.each(['/_ilm/policy/filebeat', '/_data_stream/logs', '/_ingest/pipeline/p', '/_alias/logs'])(
    'GET %s is not there, and PUT is acknowledged and ignored',
    async (path) => {
      const { status, json } = await get(path)
      expect([status, json]).toMatchObject([404, { status: 404 }])
      const put = await get(path, 'PUT')
      expect([put.status, put.json]).toMatchObject([
        200,
        { acknowledged: true, warning: expect.stringContaining('ignored') },
      ])
    },
  )

  it('tells clients what it is, and leads browsers to a page', async () => {
    const client = await world.send('GET /')
    expect([client.status, client.json]).toMatchObject([
      200,
      { tagline: 'You Know, for Search', version: { build_flavor: 'default' } },
    ])
    expect(client.headers.get('x-elastic-product')).toBe('Elasticsearch')
    const head = await world.send('HEAD /')
    expect([head.status, head.text, head.headers.get('x-elastic-product')]).toEqual([200, '', 'Elasticsearch'])
    const browser = await world.send('GET /', { headers: { accept: 'text/html,application/xhtml+xml' } })
    expect([browser.status, browser.headers.get('location')]).toEqual([302, '/app'])
  })
})

describe('limits', () => {
  afterEach(() => evictDurableObject(stub()))

  it('are told as 429 of the whole, and item by item to the bulk helper that asks for it', async () => {
    const rates = [{ per: 'key', unit: 'requests', units: 1, windowSeconds: 60 }] as const
    await runInDurableObject(stub(), (object) => {
      object.limitsFor = () => limitsOf(NO_LIMITS, { rates })
    })
    await bulk(lines({ index: {} }, { a: 1 }))
    const whole = await bulk(lines({ index: {} }, { a: 1 }))
    expect([whole.status, whole.json]).toMatchObject([
      429,
      { error: { type: 'es_rejected_execution_exception' }, status: 429 },
    ])
    expect(Number(whole.headers.get('retry-after'))).toBeGreaterThan(0)
    const helper = await bulk(lines({ index: {} }, { a: 1 }, { create: {} }, { a: 2 }), {
      'x-elastic-client-meta': 'es=9.5.1,js=24.1,t=9.5.1,hc=24.1,h=bp',
    })
    expect([helper.status, helper.json]).toMatchObject([
      200,
      { errors: true, items: [{ index: { status: 429 } }, { create: { status: 429 } }] },
    ])
  })
})
