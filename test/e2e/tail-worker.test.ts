import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stop as stopEsbuild } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { prepareData } from '../../scripts/serve/backstage'
import { buildWorker } from '../../scripts/serve/build'
import { miniflareOptions } from '../../scripts/serve/miniflare-options'
import { readWranglerConfig } from '../../scripts/serve/wrangler-config'
import { Client, parseAnswer } from '../support/client'
import { newDirectory } from '../support/server'

/**
 * Another Worker, in the same runtime, that has ours as its tail consumer: what it does becomes records of a tenant. The local
 * runtime does not say the script's name; what is made of it is in the tests of receiveTail.
 */

const SHOP = `
import { channel } from 'node:diagnostics_channel'
import { DurableObject, WorkerEntrypoint } from 'cloudflare:workers'

export class Cart extends DurableObject {
  async fetch(request) {
    console.log('cart asked')
    if (request.headers.get('upgrade') === 'websocket') {
      const [client, server] = Object.values(new WebSocketPair())
      this.ctx.acceptWebSocket(server)
      return new Response(null, { status: 101, webSocket: client })
    }
    await this.ctx.storage.setAlarm(Date.now())
    return new Response('set')
  }
  alarm() { console.warn('alarm rang', { alarms: 1 }) }
  webSocketMessage(socket, message) {
    console.info('socket said', message)
    socket.send('heard')
  }
  webSocketClose(socket) { console.info('socket closed') }
}

export class Stock extends WorkerEntrypoint {
  count(of) { console.log('stock counted', { of }); return 7 }
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url)
    if (pathname === '/levels') {
      console.debug('at debug'); console.info('at info'); console.log('at log'); console.warn('at warn'); console.error('at error')
      console.log({ level: 'error', msg: 'one object', order: { id: 17 } })
      console.log('several', { a: [1, null, { b: 'ü' }] }, 42, undefined, null, true)
      console.log('{"msg":"json in a text","n":1}')
      console.error(new TypeError('as an argument'))
    }
    if (pathname === '/throw') throw new RangeError('thrown on purpose')
    if (pathname === '/channel') channel('prices').publish({ price: 12 })
    if (pathname === '/much') for (let n = 0; n < 400; n++) console.log('much '.repeat(250))
    if (pathname === '/rpc') return new Response(String(await env.STOCK.count('pens')))
    if (pathname === '/alarm' || pathname === '/socket') return env.CART.get(env.CART.idFromName('one')).fetch(request)
    return new Response('ok')
  },
  scheduled() { console.log('cron came') },
  queue(batch) { console.log('queue came', batch.messages.length); batch.ackAll() },
}
`

const Records = z.object({ data: z.array(z.record(z.string(), z.unknown())), meta: z.object({ matched: z.int() }) })

let runtime: Miniflare
let reader: Client
const directory = newDirectory()
const root = path.resolve('.')

beforeAll(async () => {
  const config = readWranglerConfig(path.join(root, 'wrangler.toml'))
  const [workerCode, backstageCode] = await Promise.all([
    buildWorker(root, config.main),
    buildWorker(root, 'scripts/serve/backstage-worker.ts'),
  ])
  await stopEsbuild()
  const options = miniflareOptions({
    ...{ root, config, workerCode, backstageCode, directory, flags: { port: 0, host: '127.0.0.1' } },
    secretsKey: randomBytes(32).toString('base64'),
    ...{ onDeath: () => {}, onRestart: () => {}, onOutput: () => {} },
  })
  const { workers: producers } = convertV4MiniflareOptions({
    workers: [
      {
        name: 'shop',
        modules: [{ type: 'ESModule', path: 'shop.js', contents: SHOP }],
        compatibilityDate: config.compatibility_date,
        compatibilityFlags: ['nodejs_compat'],
        tails: [config.name],
        durableObjects: { CART: { className: 'Cart', useSQLite: true } },
        serviceBindings: { STOCK: { name: 'shop', entrypoint: 'Stock' } },
        queueConsumers: ['orders'],
        queueProducers: { ORDERS: 'orders' },
      },
    ],
  })
  runtime = new Miniflare({ ...options, workers: [...options.workers, ...producers] })
  await runtime.ready
  const { tenant } = await prepareData({ root, directory }, runtime, config, true)
  const { port } = await runtime.unsafeGetDirectURL(config.name)
  reader = new Client({ port: Number(port), key: tenant?.queryKey ?? '' })
})

afterAll(async () => {
  reader.close()
  await runtime.dispose()
  rmSync(directory, { recursive: true, force: true, maxRetries: 10 })
})

/** The records that a query finds, once there are enough. */
async function found(query: string, wanted = 1) {
  for (let tries = 0; ; tries++) {
    const answer = await reader.get(`/logs?limit=1000&order=asc&q=${encodeURIComponent(query)}`)
    const { data } = parseAnswer(Records, answer)
    if (data.length >= wanted || tries === 100) return data
    await sleep(50)
  }
}

async function shop() {
  const worker = await runtime.getWorker('shop')
  return worker
}

describe('a Worker with sluice as its tail consumer', () => {
  it('has its lines kept, each with its level and its arguments', async () => {
    await (await shop()).fetch('http://shop.example/levels?x=1')
    const lines = await found('source:tail event.url:*/levels* NOT cpu_time_ms:*', 9)
    expect(lines.map(({ level, message }) => [level, message])).toMatchObject([
      ['debug', 'at debug'],
      ['info', 'at info'],
      ['info', 'at log'],
      ['warn', 'at warn'],
      ['error', 'at error'],
      ['error', 'one object'],
      ['info', expect.stringContaining('several {"a":[1,null,{"b":"ü"}]} 42')],
      ['info', 'json in a text'],
      ['error', expect.stringContaining('as an argument')],
    ])
    expect(lines[5].body).toMatchObject({ json: { order: { id: 17 } } })
  })

  it('has its run kept: what for, how it ended, and what it took', async () => {
    await (await shop()).fetch('http://shop.example/plain')
    const [run] = await found('source:tail event.url:*/plain*')
    expect(run).toMatchObject({
      level: 'info',
      message: 'GET http://shop.example/plain 200: ok',
      body: { outcome: 'ok', truncated: false, event: { type: 'fetch', method: 'GET', status: 200 } },
    })
    expect(run.body).toMatchObject({ cpu_time_ms: expect.any(Number), wall_time_ms: expect.any(Number) })
  })

  it('has what it threw kept, with its stack', async () => {
    await (await shop()).fetch('http://shop.example/throw').catch(() => {})
    const [thrown] = await found('source:tail "thrown on purpose" exception.name:RangeError')
    expect(thrown).toMatchObject({ level: 'error', message: 'RangeError: thrown on purpose' })
    expect(JSON.stringify(thrown.body)).toContain('shop.js')
    expect(await found('source:tail outcome:exception event.url:*/throw* cpu_time_ms:*')).toMatchObject([
      { level: 'error' },
    ])
  })

  it('has what it publishes on channels kept', async () => {
    await (await shop()).fetch('http://shop.example/channel')
    expect(await found('source:tail diagnostic.channel:prices')).toMatchObject([
      { level: 'debug', body: { diagnostic: { message: { price: 12 } } } },
    ])
  })

  it('is told when the platform has cut its lines short', async () => {
    await (await shop()).fetch('http://shop.example/much')
    expect(await found('source:tail event.url:*/much* truncated:true')).toMatchObject([
      { level: 'warn', message: expect.stringContaining('lines are missing') },
    ])
  })

  it('has every kind of event told apart', async () => {
    const worker = await shop()
    await worker.scheduled({ cron: '0 2 * * *' })
    await worker.queue('orders', [{ id: '1', timestamp: new Date(), attempts: 1, body: { a: 1 } }])
    await worker.fetch('http://shop.example/rpc')
    await worker.fetch('http://shop.example/alarm')
    const { webSocket } = await worker.fetch('http://shop.example/socket', { headers: { upgrade: 'websocket' } })
    webSocket?.accept()
    webSocket?.send('hello')
    await sleep(200)
    webSocket?.close(1000, 'done')
    for (const [word, type] of [
      ['"cron came"', 'scheduled'],
      ['"queue came"', 'queue'],
      ['"stock counted"', 'rpc'],
      ['"alarm rang"', 'alarm'],
      ['"socket said"', 'websocket'],
    ])
      expect(await found(`source:tail ${word}`), word).toMatchObject([{ body: { event: { type } } }])
  })
})
