import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { tenantStub } from '../../src/tenant-stub'
import { demo } from '../support/demo'
import { watchInvocations } from '../support/invocation'
import { randomIntegers } from '../support/sample-logs'

const HOUR_MS = 3_600_000
const random = randomIntegers(11)

const { tenantId, ask } = await demo()
const stub = tenantStub(env, tenantId)

/** Days ahead, so that no alarm fires unless the test lets it, and what is sent now is old enough for the archive. */
let objectMs = Date.now() + 72 * HOUR_MS
let sent = 0

beforeAll(() =>
  runInDurableObject(stub, (instance) => {
    instance.clock = () => objectMs
  }),
)

/** Text that does not pack: base64 of random bytes. */
function noise(length: number): string {
  const words = Uint32Array.from({ length: Math.ceil((length * 3) / 16) }, () => random(2 ** 32))
  return Buffer.from(words.buffer).toString('base64').slice(0, length)
}

async function post(records: readonly unknown[]): Promise<void> {
  const body = records.map((record) => JSON.stringify(record)).join('\n')
  const response = await ask('ingest', '/logs', { method: 'POST', body })
  expect(await response.json()).toMatchObject({ accepted: records.length, rejected: 0 })
  sent += records.length
}

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))

async function expectAllFound(): Promise<void> {
  const response = await ask('query', '/logs?q=%7C+count&from=now-7d')
  expect(await response.json()).toMatchObject({ data: [{ count: sent }] })
  expect(response.status).toBe(200)
}

/** Lets the object do all that is due, and all that becomes due by it. Answers how often it sealed. */
async function work(forMs: number): Promise<number> {
  objectMs += forMs
  const seen = await watchInvocations(async () => {
    for (let calls = 0; calls < 8; calls++) await runDurableObjectAlarm(stub)
  })
  return seen.filter(({ name }) => name === 'Sealer.seal').length
}

const big = (index: number) => ({ message: noise(1_000_000), index })
const astral = () => ({ message: '𒀀'.repeat(250_000) })
const wide = (index: number) => Object.fromEntries(times(10_000, (key) => [`key_${index}_${key}`, key]))

const inputs: [string, () => Promise<void>][] = [
  ['a batch of large records that do not pack', () => post(times(5, big))],
  [
    'large records one at a time, faster than they are sealed',
    async () => {
      for (let index = 0; index < 5; index++) await post([big(index)])
    },
  ],
  ['50,000 records in one batch', () => post(times(50_000, (index) => ({ message: noise(20), index })))],
  ['records of 10,000 keys of their own each', () => post(times(3, wide))],
  ['a key of 1 MB', () => post([{ [noise(1_000_000)]: 1 }])],
  ['text of four bytes a character', () => post(times(4, astral))],
]

describe('within production’s limits', () => {
  it.each(inputs)(
    '%s can be found when taken and when sealed',
    async (_, send) => {
      await send()
      await expectAllFound()
      expect(await work(HOUR_MS)).toBeGreaterThan(0)
      await expectAllFound()
    },
    60_000,
  )

  it('text that packs a thousand times is sealed early, and not in one go', async () => {
    for (let batch = 0; batch < 3; batch++) await post(times(15, () => ({ message: 'a'.repeat(1_000_000) })))
    await expectAllFound()
    expect(await work(0)).toBe(1)
    expect(await work(HOUR_MS)).toBe(1)
    await expectAllFound()
  }, 60_000)

  it('all of it can be found when it is archived', async () => {
    for (let day = 0; day < 3; day++) await work(25 * HOUR_MS)
    const { results } = await env.CONTROL.prepare('SELECT DISTINCT place FROM segment WHERE removed IS NULL').all()
    expect(results).toEqual([{ place: 'r2' }])
    await expectAllFound()
  }, 60_000)
})
