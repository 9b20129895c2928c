import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { tenantStub } from '../../src/tenant-stub'
import * as productWorker from '../../src/worker'
import { demo } from '../support/demo'
import { type Invocation, runInvocation, watchInvocations } from '../support/invocation'
import * as limitedWorker from '../support/limited-worker'
import { PRODUCTION_LIMITS, takeBrokenLimits } from '../support/production-limits'
import { sampleLogs } from '../support/sample-logs'

const RECORDS = 40_000
const { rowBytes, kvValueBytes, subrequests, queries, kvOperations, connections, delayMs } = PRODUCTION_LIMITS

const caller = { tenantId: 'ten_limits', host: '', keyId: 'key_a', address: '', settingsVersion: 0 }

const { tenantId, ask } = await demo()
await env.CONTROL.prepare('CREATE TABLE wide (id INTEGER PRIMARY KEY, one, two)').run()

/** Does what production refuses, and answers what was said. The test would fail if nobody took what was broken. */
async function refusal(run: () => unknown): Promise<string> {
  const outcome = await Promise.resolve()
    .then(run)
    .then(
      () => 'nothing was refused',
      (error: unknown) => String(error),
    )
  expect(outcome).toContain(takeBrokenLimits()[0])
  return outcome
}

const insertWide = (one: unknown, two: unknown) =>
  env.CONTROL.prepare('INSERT INTO wide (one, two) VALUES (?, ?)').bind(one, two)

const inObject = (sql: string, ...values: unknown[]) =>
  runInDurableObject(tenantStub(env, 'ten_limits'), (_, { storage }) => storage.sql.exec(sql, ...values).toArray())

describe('what production refuses is refused here:', () => {
  it('a value or a row of more than 2,000,000 bytes in D1, alone and in a batch', async () => {
    const half = 'x'.repeat(rowBytes / 2)
    await insertWide(half, half).run()
    expect(await refusal(() => insertWide(half, `${half}x`).run())).toMatch(/a row is too big: 2000001 bytes/)
    const batch = [insertWide(1, 2), insertWide(`${half}${half}x`, 0)]
    expect(await refusal(() => env.CONTROL.batch(batch))).toMatch(/string or blob too big: 2000001 bytes/)
    expect(await refusal(() => insertWide(new Uint8Array(rowBytes + 1), 0).run())).toMatch(/too big/)
    const rows = env.CONTROL.prepare('INSERT INTO wide (one, two) VALUES (?, ?), (?, ?)')
    await rows.bind(half, 'a', half, 'b').run()
    expect(await refusal(() => rows.bind('a', 'b', half, `${half}x`).run())).toMatch(/a row is too big/)
    const update = env.CONTROL.prepare('UPDATE wide SET one = ?, two = ? WHERE id = ?')
    expect(await refusal(() => update.bind(half, half, 1).run())).toMatch(/a row is too big/)
  })

  it('an aggregate of D1 that is longer than a value may be', async () => {
    const statement = env.PAYLOAD.prepare('SELECT hex(zeroblob(1000001)) AS text')
    for (const read of [() => statement.all(), () => statement.first(), () => statement.raw()])
      expect(await refusal(read)).toMatch(/string or blob too big: 2000002 bytes/)
  })

  it('a statement of more than 100 parameters or 100,000 bytes', async () => {
    const marks = Array.from({ length: 101 }, () => '?').join()
    const many = Array.from({ length: 101 }, () => 1)
    expect(
      await refusal(() =>
        env.CONTROL.prepare(`SELECT ${marks}`)
          .bind(...many)
          .all(),
      ),
    ).toMatch(/SQL variables: 101/)
    const long = `SELECT '${'x'.repeat(100_000)}'`
    expect(await refusal(() => env.CONTROL.prepare(long).all())).toMatch(/statement too long: 100009 bytes/)
    expect(await refusal(() => env.CONTROL.exec(long))).toMatch(/statement too long/)
    expect(await refusal(() => inObject(`SELECT ${marks}`, ...many))).toMatch(/SQL variables: 101/)
    expect(await refusal(() => inObject(long))).toMatch(/statement too long/)
  })

  it('a value or a row of more than 2,000,000 bytes in an object', async () => {
    const put = 'INSERT INTO journal (first_seq, rows, min_time, max_time, bytes) VALUES (?, ?, ?, ?, ?)'
    await inObject(put, 1, 1, 0, 0, new Uint8Array(rowBytes - 32))
    expect(await refusal(() => inObject(put, 2, 1, 0, 0, new Uint8Array(rowBytes)))).toMatch(
      /a row is too big: 2000032/,
    )
    expect(await refusal(() => inObject('SELECT length(?)', 'x'.repeat(rowBytes + 1)))).toMatch(
      /string or blob too big/,
    )
    await inObject('DELETE FROM journal')
  })

  it('a key, a value, a lifetime or metadata that KV does not take', async () => {
    const key = 'é'.repeat(257)
    for (const call of [() => env.CACHE.get(key), () => env.CACHE.put(key, ''), () => env.CACHE.delete(key)])
      expect(await refusal(call)).toMatch(/414 key too long: UTF-8 encoded length of 514/)
    expect(await refusal(() => env.CACHE.put('k', new Uint8Array(kvValueBytes + 1)))).toMatch(/413 a value of 26214401/)
    expect(await refusal(() => env.CACHE.put('k', '', { expirationTtl: 59 }))).toMatch(/expirationTtl of 59/)
    expect(await refusal(() => env.CACHE.get('k', { cacheTtl: 29 }))).toMatch(/cacheTtl of 29/)
    expect(await refusal(() => env.CACHE.put('k', '', { metadata: 'x'.repeat(1023) }))).toMatch(/metadata of 1025/)
    const keys = Array.from({ length: 101 }, (_, index) => `${index}`)
    expect(await refusal(() => env.CACHE.get(keys))).toMatch(/101 keys/)
  })

  it('a key or metadata that R2 does not take', async () => {
    const bucket = env.ARCHIVE ?? expect.fail('there is no archive')
    const key = 'x'.repeat(1025)
    for (const call of [() => bucket.get(key), () => bucket.put(key, ''), () => bucket.delete([key])])
      expect(await refusal(call)).toMatch(/1025 exceeds 1024/)
    const customMetadata = { text: 'x'.repeat(8192) }
    expect(await refusal(() => bucket.put('k', '', { customMetadata }))).toMatch(/metadata too large/)
    expect(await refusal(() => bucket.delete(Array.from({ length: 1001 }, () => 'k')))).toMatch(/1001 keys/)
  })

  // The runtime itself does, with a message of its own.
  it('a message of more than 32 MiB to an object', async () => {
    const known = ['x'.repeat(33 * 1024 * 1024)]
    const sent = (async () => {
      await tenantStub(env, 'ten_limits').snapshot(caller, known, 0)
    })()
    await expect(sent).rejects.toThrow(/32MiB/)
  })

  it('more than 1,000 queries of an invocation, each statement of a batch counted', async () => {
    const one = env.CONTROL.prepare('SELECT 1')
    await env.CONTROL.batch(Array.from({ length: queries - 1 }, () => one))
    await one.all()
    expect(await refusal(() => one.all())).toMatch(/Too many D1 queries/)
  })

  it('more than 1,000 operations of KV in an invocation', async () => {
    await Promise.all(Array.from({ length: kvOperations }, () => env.CACHE.get('k')))
    expect(await refusal(() => env.CACHE.get('k'))).toMatch(/Too many KV operations/)
  })

  it('more than 10,000 subrequests of an invocation', async () => {
    for (let count = 0; count < subrequests; count++) tenantStub(env, 'ten_limits')
    expect(await refusal(() => tenantStub(env, 'ten_limits'))).toMatch(/Too many subrequests/)
  })
})

it.fails('a test does not pass in which something was refused, even if nobody minded', async () => {
  await insertWide('x'.repeat(rowBytes + 1), 0)
    .run()
    .catch(() => undefined)
})

describe('a call', () => {
  it('waits for one of six connections, and takes 5 ms more', async () => {
    const fromMs = performance.now()
    await Promise.all(Array.from({ length: 3 * connections }, () => env.CACHE.get('k')))
    expect(performance.now() - fromMs).toBeGreaterThanOrEqual(3 * delayMs - 1)
  })

  it('is what the clock stands still for', async () => {
    const fromMs = Date.now()
    spin(3 * delayMs)
    expect([Date.now(), new Date().toISOString()]).toEqual([fromMs, new Date(fromMs).toISOString()])
    await env.CONTROL.prepare('SELECT 1').all()
    expect(Date.now()).toBeGreaterThanOrEqual(fromMs + 4 * delayMs - 1)
  })

  it('is what the clock of an object stands still for, too', async () => {
    const stub = tenantStub(env, 'ten_limits')
    const steps = await runInDurableObject(stub, (instance) => {
      const seen: number[] = []
      instance.clock = () => {
        const fromMs = Date.now()
        spin(2)
        seen.push(Date.now() - fromMs)
        return fromMs
      }
      return seen
    })
    await stub.wake()
    expect(new Set(steps)).toEqual(new Set([0]))
  })
})

describe('the Worker of these tests', () => {
  it('has limits around all its stores, whatever they are called', async () => {
    // What vitest adds answers to any name.
    const names = Object.keys(env).filter((name) => !name.startsWith('__'))
    const calls = names.flatMap((name) => callsOf(Reflect.get(env, name)))
    expect(calls.length).toBeGreaterThanOrEqual(4)
    const seen = await watchInvocations(() =>
      runInvocation({ name: 'all' }, () => Promise.all(calls.map((call) => call()))),
    )
    expect(spentBy(seen, 'all').subrequests).toBe(calls.length)
  })

  it('exports what the product’s does', () => {
    expect(Object.keys(limitedWorker).sort()).toEqual(Object.keys(productWorker).sort())
    expect(Object.keys(limitedWorker.default).sort()).toEqual(Object.keys(productWorker.default).sort())
  })
})

describe('under the limits of production', () => {
  it('takes, seals and publishes a segment and more, each event with limits of its own', async () => {
    const lines = sampleLogs({ count: RECORDS, seed: 3, startMs: Date.now() - 3_600_000 })
    const seen = await watchInvocations(async () => {
      for (let from = 0; from < RECORDS; from += 10_000) {
        const body = lines.slice(from, from + 10_000).join('\n')
        expect((await ask('ingest', '/logs', { method: 'POST', body })).status).toBe(202)
      }
      await runDurableObjectAlarm(tenantStub(env, tenantId))
    })
    const names = seen.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['fetch', 'TenantObject.append', 'TenantObject.alarm', 'Sealer.seal']))
    expect(spentBy(seen, 'TenantObject.alarm').subrequests).toBeGreaterThan(3)
    const { results } = await env.CONTROL.prepare('SELECT rows FROM segment').all()
    expect(results.length).toBeGreaterThan(0)
  })

  it.each([
    ['a count over everything', '/logs?q=rocess+%7C+count'],
    ['a page', '/logs?q=level:error&limit=1000'],
    ['an export', '/logs/export?q=level:error'],
    ['facets', '/analytics/facets'],
    ['a histogram', '/analytics/histogram?step=1m'],
  ])('answers %s in few calls, six at a time', async (_, path) => {
    const seen = await watchInvocations(async () => {
      const response = await ask('query', path)
      expect(response.status).toBe(200)
      await response.text()
    })
    const spent = spentBy(seen, 'fetch')
    expect(spent.subrequests).toBeGreaterThan(0)
    expect(spent.subrequests).toBeLessThan(50)
    expect(spent.busiest).toBeLessThanOrEqual(connections)
  })

  it('finds all that was taken', async () => {
    const response = await ask('query', '/logs?q=%7C+count')
    expect(await response.json()).toMatchObject({ data: [{ count: RECORDS }] })
  })
})

/** A call of a database, a namespace or a bucket; of what is none of these, nothing. */
function callsOf(binding: unknown): (() => unknown)[] {
  if (typeof binding !== 'object' || binding === null) return []
  const { prepare, list, fetch }: { prepare?: unknown; list?: unknown; fetch?: unknown } = binding
  // The app's files are no store; of another Worker everything that is asked for is a method.
  if (typeof fetch === 'function') return []
  if (typeof prepare === 'function') return [() => Reflect.apply(prepare, binding, ['SELECT 1']).all()]
  return typeof list === 'function' ? [() => Reflect.apply(list, binding, [])] : []
}

function spentBy(seen: readonly Invocation[], name: string): Invocation['spent'] {
  const found = seen.find((invocation) => invocation.name === name)
  return found?.spent ?? expect.fail(`there was no ${name}`)
}

/** Works for so long without waiting for anything. */
function spin(durationMs: number): void {
  const fromMs = performance.now()
  while (performance.now() - fromMs < durationMs);
}
