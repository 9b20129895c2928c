import { describe, expect, it } from 'vitest'
import {
  WEBHOOK_BATCH_EVENTS_MAX,
  WEBHOOK_BODY_BYTES_MAX,
  WEBHOOK_BREAKER_FAILURES,
  WEBHOOK_BREAKER_MS_MAX,
  WEBHOOK_BREAKER_MS_MIN,
  WEBHOOK_IN_FLIGHT_MAX,
  WEBHOOK_INTERRUPTIONS_MAX,
  WEBHOOK_RETRY_AFTER_MS_MAX,
  WEBHOOKS_FAILING_IN_FLIGHT_MAX,
  WEBHOOKS_IN_FLIGHT_MAX,
} from '../../src/limits/limits'
import { afterInterruption } from '../../src/webhooks/after-attempt'
import { type Candidate, chooseDeliveries } from '../../src/webhooks/choose-deliveries'
import { deliveryId, deliveryNumber } from '../../src/webhooks/delivery'
import { afterFailure, afterSuccess, isBeyondHope, UNKNOWN_HEALTH } from '../../src/webhooks/endpoint-health'
import { canonicalType, EVENT_TYPES, subscribedName } from '../../src/webhooks/event'
import { addToBatch, batchBody, batchIdOf, eventBody, messageIdOf } from '../../src/webhooks/payload'
import { parseRetryAfter } from '../../src/webhooks/retry-after'
import { newSecret, secretFault, standardForm } from '../../src/webhooks/signing-secret'

const NOW_MS = Date.UTC(2026, 10, 21, 12)

describe('Retry-After', () => {
  it('is seconds or a date, bounded', () => {
    expect(parseRetryAfter('120', NOW_MS)).toBe(120_000)
    expect(parseRetryAfter(' 1 ', NOW_MS)).toBe(1000)
    expect(parseRetryAfter('Sat, 21 Nov 2026 13:00:00 GMT', NOW_MS)).toBe(3_600_000)
    expect(parseRetryAfter('999999999999999', NOW_MS)).toBe(WEBHOOK_RETRY_AFTER_MS_MAX)
    expect(parseRetryAfter('Sun, 01 Jan 2090 00:00:00 GMT', NOW_MS)).toBe(WEBHOOK_RETRY_AFTER_MS_MAX)
  })

  it('is ignored when it is over, or nothing of the kind', () => {
    const bad = [null, '', '0', '-5', '1.5', '1e3', 'soon', '+10', '0x10', 'Infinity', '9'.repeat(400), '2026-11-22']
    for (const text of [...bad, 'Sat, 21 Nov 2026 11:00:00 GMT', 'Saturday, 21-Nov-26 13:00:00 GMT', '10 seconds'])
      expect(parseRetryAfter(text, NOW_MS), `${text}`).toBeUndefined()
    expect(parseRetryAfter('Fri, 99 Nov 2026 13:00:00 GMT', NOW_MS)).toBeUndefined()
  })
})

describe('the health of a webhook', () => {
  it('pauses longer after each failure from the fifth on, up to a bound, and forgives all with one success', () => {
    let health = UNKNOWN_HEALTH
    const pauses: number[] = []
    for (let failure = 1; failure <= 15; failure++) {
      health = afterFailure(health, { nowMs: NOW_MS, random: 0.5 })
      pauses.push(Math.max(0, health.pausedUntilMs - NOW_MS))
    }
    expect(pauses.slice(0, WEBHOOK_BREAKER_FAILURES - 1)).toEqual([0, 0, 0, 0])
    expect(pauses[WEBHOOK_BREAKER_FAILURES - 1]).toBe(WEBHOOK_BREAKER_MS_MIN)
    expect(pauses.at(-1)).toBe(WEBHOOK_BREAKER_MS_MAX)
    expect(afterSuccess(health, NOW_MS, 5)).toMatchObject({ failures: 0, failingSinceMs: 0, pausedUntilMs: 0 })
  })

  it('is beyond hope after 20 failures in a row that took a day, neither of them alone', () => {
    const failed = (failures: number, hours: number) =>
      isBeyondHope({ ...UNKNOWN_HEALTH, failures, failingSinceMs: NOW_MS - hours * 3_600_000 }, NOW_MS)
    expect(failed(20, 24)).toBe(true)
    expect(failed(19, 100)).toBe(false)
    expect(failed(1000, 23.9)).toBe(false)
  })

  it('leaves a receiver alone for as long as it asks', () => {
    const health = afterFailure(UNKNOWN_HEALTH, { nowMs: NOW_MS, random: 0, retryAfterMs: 60_000 })
    expect(health.pausedUntilMs).toBe(NOW_MS + 60_000)
  })
})

describe('an attempt that was cut short', () => {
  it('is made again at once, and counts only when that happens all the time', () => {
    const again = afterInterruption({ failures: 2, interruptions: 1 }, NOW_MS, 0.5)
    expect(again).toEqual({ status: 'waiting', dueMs: NOW_MS, failures: 2 })
    const often = afterInterruption({ failures: 2, interruptions: WEBHOOK_INTERRUPTIONS_MAX + 1 }, NOW_MS, 0.5)
    expect(often).toMatchObject({ status: 'waiting', failures: 3 })
  })
})

describe('the places of a tenant', () => {
  const due = (count: number, from = 0) =>
    Array.from({ length: count }, (_, index) => ({ number: from + index, dueMs: index }))
  const candidate = (webhookId: string, members: Partial<Candidate>): Candidate => ({
    ...{ webhookId, health: { failures: 0, pausedUntilMs: 0 }, inFlight: 0, due: [] },
    ...members,
  })
  const free = { all: 0, failing: 0, isAlone: false }

  it('are all for one that is alone, and never all for one of several', () => {
    const one = [candidate('a', { due: due(20) })]
    expect(chooseDeliveries(one, { ...free, isAlone: true }, NOW_MS).length).toBe(WEBHOOKS_IN_FLIGHT_MAX)
    expect(chooseDeliveries(one, free, NOW_MS).length).toBe(WEBHOOK_IN_FLIGHT_MAX)
  })

  it('are shared by all that have something due, the least served first', () => {
    const all = ['a', 'b', 'c'].map((id, index) => candidate(id, { due: due(20, index * 100) }))
    const chosen = chooseDeliveries(all, free, NOW_MS)
    expect(chosen.toSorted((one, other) => one - other)).toEqual([0, 1, 100, 101, 200])
  })

  it('are one each for those that fail, in a part of them, and none for those that pause', () => {
    const bad = { failures: 1, pausedUntilMs: 0 }
    const failing = Array.from({ length: 9 }, (_, index) =>
      candidate(`f${index}`, { health: bad, due: due(9, index * 10) }),
    )
    expect(chooseDeliveries(failing, free, NOW_MS).length).toBe(WEBHOOKS_FAILING_IN_FLIGHT_MAX)
    const one = [candidate('f', { health: bad, due: due(9) })]
    expect(chooseDeliveries(one, free, NOW_MS)).toEqual([0])
    expect(
      chooseDeliveries([candidate('f', { ...one[0], inFlight: 1 })], { ...free, all: 1, failing: 1 }, NOW_MS),
    ).toEqual([])
    const paused = candidate('p', { health: { failures: 9, pausedUntilMs: NOW_MS + 1 }, due: due(9) })
    expect(chooseDeliveries([paused], free, NOW_MS)).toEqual([])
    expect(chooseDeliveries([paused], free, NOW_MS + 1)).toEqual([0])
  })
})

describe('the names of events', () => {
  it('are delivered exactly as they were subscribed to', () => {
    for (const [name, alias] of Object.entries(EVENT_TYPES)) {
      expect(canonicalType(alias)).toBe(name)
      for (const subscribed of [name, alias]) {
        expect(subscribedName([subscribed], name)).toBe(subscribed)
        expect(subscribedName(['other', subscribed], alias)).toBe(subscribed)
        expect(subscribedName(['*', subscribed], name)).toBe(subscribed)
      }
      expect(subscribedName(['*'], alias)).toBe(name)
      expect(subscribedName(['other'], name)).toBeUndefined()
    }
    expect(subscribedName(['disk.full'], 'disk.full')).toBe('disk.full')
  })
})

describe('a body', () => {
  const event = (data: object, id = 'evt_1') => ({
    type: 'critical_error',
    id,
    occurredMs: NOW_MS,
    data: JSON.parse(JSON.stringify(data)),
  })
  const sent = (data: object, id?: string) => ({
    event: event(data, id),
    type: 'log.critical',
    origin: 'https://logs.example.com',
  })

  it('holds type, timestamp, data and links', () => {
    expect(JSON.parse(eventBody(sent({ count: 1, link: '/logs?q=x' })))).toEqual({
      type: 'log.critical',
      timestamp: '2026-11-21T12:00:00.000Z',
      data: { count: 1 },
      links: { api: 'https://logs.example.com/logs?q=x' },
    })
  })

  it('is never longer than it may be: it loses rows, says how many, and in the end tells only what it is about', () => {
    const row = (length: number) => ({ message: '€'.repeat(length) })
    for (const rows of [[row(10)], Array.from({ length: 10 }, () => row(1000)), [row(9000)], [row(1), row(9000)]]) {
      const text = eventBody(sent({ rule: { id: 'rul_1' }, count: 7, rows }))
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(WEBHOOK_BODY_BYTES_MAX)
      const { data } = JSON.parse(text)
      expect(data).toMatchObject({ rule: { id: 'rul_1' }, count: 7 })
      expect(data.rows.length + (data.rows_omitted ?? 0)).toBe(rows.length)
    }
    const { data } = JSON.parse(eventBody(sent({ count: 7, other: 'x'.repeat(50_000) })))
    expect(data).toMatchObject({ count: 7, omitted_bytes: expect.any(Number) })
    const whole = JSON.parse(eventBody(sent({ rule: 'x'.repeat(50_000) })))
    expect(Object.keys(whole.data)).toEqual(['omitted_bytes'])
  })

  it('of a batch takes events until one does not fit', () => {
    let body = batchBody(sent({}))
    let events = 1
    for (let longer = addToBatch(body, sent({})); longer !== undefined; longer = addToBatch(body, sent({}))) {
      body = longer
      events++
    }
    expect(events).toBe(WEBHOOK_BATCH_EVENTS_MAX)
    expect(
      addToBatch(batchBody(sent({ text: 'x'.repeat(12_000) })), sent({ text: 'x'.repeat(12_000) })),
    ).toBeUndefined()
  })

  it('is named by the event, in what a signature can be made over', () => {
    expect(messageIdOf('evt_abc')).toBe('evt_abc')
    expect(messageIdOf('a.b')).toMatch(/^evt_[0-9a-f]{32}$/)
    expect(batchIdOf('evt_abc')).toBe('bat_abc')
  })
})

describe('a secret', () => {
  it('is 24 to 64 bytes behind whsec_, or a plain text', () => {
    for (const length of [24, 32, 64]) expect(secretFault(newSecret(new Uint8Array(length)))).toBeUndefined()
    for (const text of ['webhook-secret', 'x'.repeat(128), 'with a space']) expect(secretFault(text)).toBeUndefined()
    for (const length of [0, 23, 65]) expect(secretFault(newSecret(new Uint8Array(length)))).toBeDefined()
    for (const text of ['short', 'ü'.repeat(20), 'x'.repeat(129), 'whsec_????', 'whsk_x', 'whpk_x', 'tab\tinside'])
      expect(secretFault(text), text).toBeDefined()
    expect(standardForm('webhook-secret')).toBe('whsec_d2ViaG9vay1zZWNyZXQ=')
    expect(standardForm('whsec_abc')).toBe('whsec_abc')
  })
})

describe('the id of a delivery', () => {
  it('is a number and back, and nothing else is one', () => {
    for (const number of [1, 31, 32, 1_000_000, 2 ** 40]) expect(deliveryNumber(deliveryId(number))).toBe(number)
    for (const text of ['', 'dlv_', 'dlv_1', 'dlv_00000000001', 'dlv_000000000i', 'evt_0000000001', 'DLV_0000000001'])
      expect(deliveryNumber(text), text).toBeUndefined()
  })
})
