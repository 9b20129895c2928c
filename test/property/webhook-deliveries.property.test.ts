import { describe, expect, it } from 'vitest'
import { WEBHOOK_DISABLE_FAILURES, WEBHOOK_DISABLE_MS } from '../../src/limits/limits'
import type { OutsideOutcome } from '../../src/outside/guarded-fetch'
import { afterAttempt } from '../../src/webhooks/after-attempt'
import { JITTER_PART, RETRY_PAUSES_MS } from '../../src/webhooks/delivery-schedule'
import { UNKNOWN_HEALTH } from '../../src/webhooks/endpoint-health'
import { judgeAnswer } from '../../src/webhooks/judge-answer'
import { OutboxWorld } from '../support/outbox-world'
import { randomIntegers } from '../support/sample-logs'

const EVENTS = 1000
const DAY_MS = 86_400_000
const MILLION = 1_000_000

const answered = (status: number, headers: Record<string, string> = {}): OutsideOutcome => ({
  ...{ ok: true, status, body: new Uint8Array() },
  headers: new Headers(headers),
})

const failed = (kind: 'unreachable' | 'too_slow'): OutsideOutcome => ({ ok: false, fault: { kind } })

/** What a receiver does that is not well, at a time. */
const FAULTS: Readonly<Record<string, (nowMs: number) => OutsideOutcome>> = {
  down: () => failed('unreachable'),
  'connection refused': () => failed('unreachable'),
  'DNS fails': () => failed('unreachable'),
  'TLS fails': () => failed('unreachable'),
  '3xx': () => answered(302, { location: 'https://elsewhere.example.com/' }),
  '400': () => answered(400),
  '404': () => answered(404),
  '410': () => answered(410),
  '429 with Retry-After': () => answered(429, { 'retry-after': '600' }),
  '500': () => answered(500),
  '503 with a date': (nowMs) => answered(503, { 'retry-after': new Date(nowMs + 3_600_000).toUTCString() }),
  hangs: () => failed('too_slow'),
  drips: () => failed('too_slow'),
  // It is cut where enough of it was read: its status is what counts.
  'huge body': () => answered(200),
}

describe.each(Object.entries(FAULTS))('a receiver with: %s', (name, fault) => {
  it(`has each of ${EVENTS} events delivered or dead, with pauses by the schedule`, () => {
    const random = randomIntegers(7)
    const wrong: unknown[] = []
    for (let event = 0; event < EVENTS; event++) {
      const startMs = Date.UTC(2040, 0, 1) + random(DAY_MS)
      // Some are well again after a few attempts.
      const wellFrom = random(2) === 0 ? Number.POSITIVE_INFINITY : 1 + random(12)
      const end = live((nowMs, attempt) => (attempt >= wellFrom ? answered(204) : fault(nowMs)), startMs, random)
      const isEnded = end.status === 'delivered' || end.status === 'dead'
      const isGone = name === '410' && wellFrom > 1 ? end.status === 'dead' && end.pauses.length === 0 : true
      if (!isEnded || !isGone || !end.pauses.every(isByTheSchedule)) wrong.push(end)
    }
    expect(wrong).toEqual([])
  })
})

/** Within the jitter, and never before what the receiver has asked for. */
function isByTheSchedule({ pauseMs, askedMs }: { pauseMs: number; askedMs: number }, index: number): boolean {
  const scheduledMs = RETRY_PAUSES_MS[index]
  const leastMs = Math.max(scheduledMs * (1 - JITTER_PART), askedMs)
  const mostMs = Math.max(scheduledMs, askedMs) * (1 + JITTER_PART)
  return pauseMs >= leastMs - 1 && pauseMs <= mostMs + 1
}

/** One delivery by itself, to its end. */
function live(
  receive: (nowMs: number, attempt: number) => OutsideOutcome,
  startMs: number,
  random: (below: number) => number,
) {
  const pauses: { pauseMs: number; askedMs: number }[] = []
  let failures = 0
  for (let [nowMs, attempt] = [startMs, 1]; attempt <= 20; attempt++) {
    const result = judgeAnswer(receive(nowMs, attempt), nowMs, [])
    const fraction = random(MILLION) / MILLION
    const { next } = afterAttempt({ result, failures, health: UNKNOWN_HEALTH, latencyMs: 5, nowMs, random: fraction })
    if (next.status !== 'waiting') return { status: next.status, pauses }
    pauses.push({ pauseMs: next.dueMs - nowMs, askedMs: result.retryAfterMs ?? 0 })
    failures = next.failures
    nowMs = next.dueMs
  }
  return { status: 'without end', pauses }
}

const HOUR_MS = 3_600_000

/** The same faults as a fetch meets them. */
const FETCHES: Readonly<Record<string, (nowMs: number) => Promise<Response> | Response>> = {
  down: () => Promise.reject(new Error('connect ECONNREFUSED')),
  '3xx': () => new Response(null, { status: 307, headers: { location: 'http://127.0.0.1/' } }),
  '400': () => new Response('no', { status: 400 }),
  '410': () => new Response('gone', { status: 410 }),
  '429': () => new Response('', { status: 429, headers: { 'retry-after': '120' } }),
  '503': (nowMs) =>
    new Response('', { status: 503, headers: { 'retry-after': new Date(nowMs + HOUR_MS).toUTCString() } }),
  hangs: () => new Promise<Response>(() => {}),
  drips: () => new Response(new ReadableStream({ start: (body) => body.enqueue(new Uint8Array(1)) }), { status: 200 }),
  huge: () =>
    new Response(new ReadableStream({ pull: (body) => body.enqueue(new Uint8Array(65_536)) }), { status: 200 }),
}

/** At every receiver, through the real outbox. */
const EVENTS_OF_ALL = process.env.SLUICE_SOAK === '1' ? 200 : 10

describe('the outbox', () => {
  it('ends every event at every receiver, whatever it does, and the process with it', {
    timeout: 600_000,
  }, async () => {
    const seed = 11
    const random = randomIntegers(seed)
    const world = new OutboxWorld(
      () => random(MILLION) / MILLION,
      (request, nowMs) => {
        const [name] = new URL(request.url).hostname.split('.')
        const isWell = name === 'well' || (name === 'flaky' && random(3) > 0)
        return isWell ? new Response('ok') : (FETCHES[name] ?? FETCHES.down)(nowMs)
      },
    )
    const names = ['well', 'flaky', ...Object.keys(FETCHES)]
    for (const name of names) world.addWebhook(name, { events: ['critical_error'] })
    const endMs = world.nowMs + 60 * DAY_MS
    for (let event = 0; event < EVENTS_OF_ALL; event++) {
      world.put({ id: `evt_${event}` })
      await world.step(world.nowMs + random(20 * 60_000))
      if (random(8) === 0) world.restart()
    }
    for (let steps = 0; steps < 100_000 && (await world.step(endMs)); steps++);

    expect(world.reported).toEqual([])
    for (const name of names) {
      const all = world.deliveries(name)
      expect(all.length, name).toBe(EVENTS_OF_ALL)
      expect(
        all.filter(({ status }) => status === 'waiting'),
        `${name}, seed ${seed}`,
      ).toEqual([])
      if (name === 'well' || name === 'huge')
        expect(new Set(all.map(({ status }) => status))).toEqual(new Set(['delivered']))
    }
    // Whatever a receiver got of one event had one name and one body, and the time of its attempt.
    const bodies = new Map<string, string>()
    for (const { url, headers, body, atMs } of world.received) {
      const name = `${url} ${headers.get('webhook-id')}`
      expect(bodies.get(name) ?? body).toBe(body)
      bodies.set(name, body)
      expect(Number(headers.get('webhook-timestamp'))).toBe(Math.floor(atMs / 1000))
    }
    for (const name of ['well', 'flaky', 'huge'])
      expect([...bodies.keys()].filter((key) => key.includes(`//${name}.`)).length, name).toBe(EVENTS_OF_ALL)
  })

  it('keeps a webhook that is well from waiting, however many others hang', async () => {
    const random = randomIntegers(3)
    const world = new OutboxWorld(
      () => random(MILLION) / MILLION,
      (request) => (request.url.includes('well') ? new Response('ok') : new Promise<Response>(() => {})),
    )
    for (let dead = 0; dead < 8; dead++) world.addWebhook(`dead-${dead}`)
    world.addWebhook('well')
    // Until each of the others has failed once, which is as long as an attempt may take, all of them look the same.
    for (let event = 0; event < 3; event++) world.put({ id: `evt_first_${event}` })
    for (let steps = 0; steps < 12; steps++) await world.step(world.nowMs + 10 * 60_000)
    for (let event = 0; event < 50; event++) {
      world.put({ id: `evt_${event}` })
      await world.settle()
      expect(world.received.filter(({ url }) => url.includes('well')).at(-1)).toMatchObject({ atMs: world.nowMs })
      expect(world.deliveries('well').filter(({ status }) => status === 'waiting')).toEqual([])
      await world.step(world.nowMs + 60_000)
    }
  })

  it('switches a webhook off after 20 failures in a row over a day, and says so', async () => {
    const random = randomIntegers(5)
    const world = new OutboxWorld(
      () => random(MILLION) / MILLION,
      (request) => new Response(null, { status: request.url.includes('well') ? 200 : 500 }),
    )
    world.addWebhook('bad', { events: ['critical_error', 'endpoint.disabled'] })
    world.addWebhook('well', { events: ['endpoint.disabled'] })
    const startMs = world.nowMs
    for (let event = 0; event < 40; event++) world.put({ id: `evt_${event}` })
    for (let steps = 0; steps < 2000 && world.outbox.webhooks.find('bad')?.webhook.disabled === undefined; steps++)
      await world.step(startMs + 3 * DAY_MS)
    const row = world.outbox.webhooks.find('bad')
    expect(row?.webhook.disabled).toMatchObject({ code: 'failing' })
    expect(world.nowMs - startMs).toBeGreaterThanOrEqual(WEBHOOK_DISABLE_MS)
    expect(row?.health.failures).toBeGreaterThanOrEqual(WEBHOOK_DISABLE_FAILURES)
    const all = world.deliveries('bad')
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set(['dead']))
    expect(world.audited).toMatchObject([{ what: 'webhook.disabled', id: 'bad' }])
    await world.settle()
    const told = world.received.filter(({ url }) => url.includes('well'))
    expect(told.map(({ body }) => JSON.parse(body))).toMatchObject([
      { type: 'endpoint.disabled', data: { webhookId: 'bad', code: 'failing' } },
    ])
    // What comes meanwhile waits among the dead letters for its owner.
    world.put({ id: 'evt_late' })
    expect(world.deliveries('bad').at(0)).toMatchObject({ status: 'dead', reason: 'endpoint_disabled' })
  })
})
