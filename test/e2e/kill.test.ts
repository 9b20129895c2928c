import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import { SEGMENT_ROWS_MAX } from '../../src/limits/limits'
import { readAll, usageOf } from '../support/answers'
import { Client } from '../support/client'
import { exportedCounts, histogramOf, totalOf } from '../support/counts'
import { type FoundRow, judge } from '../support/history'
import { KillWriter, type Target, toFoundRow } from '../support/kill-writer'
import { randomIntegers } from '../support/sample-logs'
import { startWithTwoTenants, type Tenant } from '../support/second-tenant'
import { endAllServers, Server } from '../support/server'

const SEED = Number(process.env.SLUICE_SEED ?? randomInt(1_000_000))
const KILLS = Number(process.env.SLUICE_KILLS ?? (process.env.SLUICE_SOAK ? 200 : 10))
const WRITERS = 4

/** Records of a writer between two kills: in a short run as many as make each tenant seal a few times. */
const ROUND_ROWS = KILLS > 20 ? 1500 : 8000
const ANSWERS_BEFORE_KILL_MAX = 40
const KILL_LATER_MS_MAX = 25

/** A seal and the publishing after it take about as long. */
const SEAL_MS_MAX = 400

afterAll(endAllServers)

it(`loses, doubles and reorders nothing in ${KILLS} times kill -9, and counts what is there (SLUICE_SEED=${SEED})`, {
  timeout: 60_000 + KILLS * 15_000,
}, async () => {
  const random = randomIntegers(SEED)
  const { server: first, globex } = await startWithTwoTenants({ flags: ['--quiet'] })
  const tenants = [
    { ...first.tenant, name: 'acme' },
    { ...globex, name: 'globex' },
  ]
  const progress = new Progress()
  const writers = Array.from(
    { length: WRITERS },
    (_, index) =>
      new KillWriter({
        name: `w${index}`,
        targets: tenants,
        random: randomIntegers(random(2 ** 31)),
        largeRowsMax: ROUND_ROWS / 2,
        onAnswer: progress.note,
      }),
  )

  let server = first
  for (let kill = 0; kill < KILLS; kill++) {
    const writing = Promise.all(writers.map((writer) => writer.write(server.port, ROUND_ROWS)))
    await Promise.race([writing, random(2) ? progress.answers(random(ANSWERS_BEFORE_KILL_MAX)) : progress.sealing()])
    await sleep(random(random(2) ? KILL_LATER_MS_MAX : SEAL_MS_MAX))
    await server.kill()
    await writing
    server = await Server.start({ data: server.data, flags: ['--quiet'] })
    for (const tenant of tenants) expect(await usage(server, tenant)).toMatchObject({ imbalance: 0 })
  }
  await Promise.all(writers.map((writer) => writer.finish(server.port)))
  // What was answered last of all has been on disk for the shortest time.
  await server.kill()
  server = await Server.start({ data: server.data, flags: ['--quiet'] })

  for (const tenant of tenants) {
    const reader = new Client({ port: server.port, key: tenant.queryKey })
    const found = (await readAll(reader, '/logs?limit=1000&order=asc')).map(toFoundRow)
    const verdict = judge(
      writers.flatMap((writer) => writer.sentTo(tenant)),
      found,
    )
    const { generation, ...account } = await usage(server, tenant)
    console.log(`seed ${SEED}, ${KILLS} kills, ${tenant.name}: ${inWords(verdict)}, ${generation} publications`)
    expect(verdict).toMatchObject({ lost: 0, doubled: 0, unexpected: 0, torn: 0, misordered: 0, unsorted: 0 })
    expect(verdict.acknowledged).toBeGreaterThan(0)
    expect(account).toMatchObject({ imbalance: 0, rejected_total: 0, stored: found.length })
    expect(generation).toBeGreaterThan(0)
    await expectCountsToAgree(reader, found, random)
  }
  console.log(`${writers.reduce((sum, { replayed }) => sum + replayed, 0)} batches were stored but not answered`)
  await server.stop()
})

/** Over everything, and over a range from the time of one record to that of another. */
async function expectCountsToAgree(
  reader: Client,
  found: readonly FoundRow[],
  random: (below: number) => number,
): Promise<void> {
  const timeOf = (index: number): string => new Date(found[index].timeMs).toISOString()
  const [first, last] = [random(found.length), random(found.length)].sort((left, right) => left - right)
  for (const range of [
    { from: timeOf(0), to: timeOf(found.length - 1) },
    { from: timeOf(first), to: timeOf(last) },
  ]) {
    const exported = await exportedCounts(reader, range)
    expect(await histogramOf(reader, range), `the histogram from ${range.from} to ${range.to}`).toEqual(exported)
    const inRange = found.filter(({ timeMs }) => timeMs >= Date.parse(range.from) && timeMs <= Date.parse(range.to))
    expect(totalOf(exported)).toBe(inRange.length)
  }
}

const usage = (server: Server, { adminKey }: Tenant) => usageOf(new Client({ port: server.port, key: adminKey }))

const inWords = (counts: object): string =>
  Object.entries(counts)
    .map(([word, count]) => `${word} ${count}`)
    .join(', ')

/** What the writers have got answers for, for whoever waits for a moment to kill. */
class Progress {
  readonly #rows = new Map<string, number>()
  #waiting: { isReached: () => boolean; resolve: () => void }[] = []
  #answers = 0
  #seals = 0

  note = (target: Target, rows: number): void => {
    const before = this.#rows.get(target.name) ?? 0
    this.#rows.set(target.name, before + rows)
    this.#answers++
    if (Math.floor((before + rows) / SEGMENT_ROWS_MAX) > Math.floor(before / SEGMENT_ROWS_MAX)) this.#seals++
    for (const { isReached, resolve } of this.#waiting) if (isReached()) resolve()
    this.#waiting = this.#waiting.filter(({ isReached }) => !isReached())
  }

  /** Resolves after so many answers more. */
  answers(count: number): Promise<void> {
    const goal = this.#answers + count
    return this.#wait(() => this.#answers >= goal)
  }

  /** Resolves when a tenant has got enough records for its next segment. */
  sealing(): Promise<void> {
    const goal = this.#seals + 1
    return this.#wait(() => this.#seals >= goal)
  }

  #wait(isReached: () => boolean): Promise<void> {
    if (isReached()) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ isReached, resolve }))
  }
}
