import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { requestLogs } from './datasets.ts'
import { load, postOf, type Target } from './http-load.ts'
import { busiestThreadSeconds, measureTree, type TreeUse } from './process-tree.ts'
import type { Ready } from './server.ts'
import { grouped, type Line } from './table.ts'
import { makeTenants } from './tenants.ts'

const CONNECTIONS = 4

/** Records of a POST, where its rate is measured, and where a tenant is only to have been used. */
const RECORDS_A_POST = 1000
const FEW_RECORDS = 10

/** Bodies that are there; they are sent again and again, each POST being a batch of its own. */
const BODIES = 200

/** Times that each tenant's POST is sent in turn with as many to one tenant. */
const ROUNDS = 3

/** What the rate over all tenants must be of one tenant's. */
const SHARE_MIN = 0.7

/** A thread that is busy for more than this share of the time is what everything waits for. */
const BUSY_SHARE = 0.85

/** Groups that the tenants are made in, an even number. */
const GROUPS = 8

/** The runtime puts away an object that nothing was asked of for 10 seconds. */
const AWAY_MS = 12_000
const POLL_MS = 500

/** Tenants that crons may have woken up again. */
const AWAKE_SHARE_MAX = 0.05

/** Bytes that say nothing of a tenant: the runtime's heap comes and goes by 20 MB. A tenant in use holds half a megabyte. */
const IDLE_BYTES_MAX = 32_000

/** What rounds of POSTs have taken. */
interface Spent {
  readonly records: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly threadSeconds: number
  readonly failures: number
}

/** Tenants as they came to be, and what the process tree held when they had been idle for a while, after each group of them. */
interface Made {
  readonly tenants: readonly Target[]
  readonly makingMs: number
  readonly idle: readonly TreeUse[]
}

/** What tenants cost while nobody asks them for anything, and how fast all of them together are filled beside one. */
export async function measureTenants(ready: Ready, count: number): Promise<readonly Line[]> {
  const [one] = await makeTenants(ready, ['bench-one'], 'custom')
  const made = await makeInGroups(ready, count)
  const round = rounds(ready, { posts: count, perBody: RECORDS_A_POST })
  await round([one])
  const first = await round(made.tenants)
  const [ofOne, ofAll]: Spent[][] = [[], []]
  for (let time = 0; time < ROUNDS; time++) {
    // In turns, so that whatever else goes on in the machine is in both.
    ofOne.push(await round([one]))
    ofAll.push(await round(made.tenants))
  }
  const inUse = measureTree(ready.pid)
  return [makingLine(made, first), rateLine(count, total(ofOne), total(ofAll)), memoryLine(made, inUse)]
}

/** Makes tenants and sends each a few logs, group by group, and waits after each until the runtime has put their objects away. */
async function makeInGroups(ready: Ready, count: number): Promise<Made> {
  const tenants: Target[] = []
  const idle: TreeUse[] = []
  let makingMs = 0
  const size = Math.ceil(count / GROUPS)
  const fill = rounds(ready, { posts: size, perBody: FEW_RECORDS })
  for (let group = 0; group < GROUPS; group++) {
    const names = Array.from({ length: size }, (_, index) => `bench-${group}-${index}`)
    const started = performance.now()
    const made = await makeTenants(ready, names, 'custom')
    makingMs += performance.now() - started
    await fill(made)
    tenants.push(...made)
    idle.push(await waitUntilAway(ready))
  }
  return { tenants, makingMs, idle }
}

/** Waits until the runtime has closed no more files for a while: each object that is in memory has one open. */
async function waitUntilAway({ pid }: Ready): Promise<TreeUse> {
  let [last, sinceMs] = [measureTree(pid), performance.now()]
  while (performance.now() - sinceMs < AWAY_MS) {
    await pause(POLL_MS)
    const now = measureTree(pid)
    if (now.openDatabases !== last.openDatabases) sinceMs = performance.now()
    last = now
  }
  return last
}

/** Rounds of as many POSTs, to the tenants of each in turn. */
function rounds(
  { pid }: Ready,
  { posts, perBody }: { readonly posts: number; readonly perBody: number },
): (targets: readonly Target[]) => Promise<Spent> {
  const { bodies } = requestLogs({ records: BODIES * perBody, perBody, seed: 7 })
  return async (targets) => {
    const before = measureTree(pid)
    const { seconds, failures } = await load({ requests: posts, connections: CONNECTIONS, status: 202 }, (index) => ({
      target: targets[index % targets.length],
      request: postOf(bodies[index % bodies.length]),
    }))
    const after = measureTree(pid)
    return {
      ...{ records: posts * perBody, seconds, failures },
      cpuSeconds: after.cpuSeconds - before.cpuSeconds,
      threadSeconds: busiestThreadSeconds(before, after),
    }
  }
}

const total = (spent: readonly Spent[]): Spent =>
  spent.reduce((sum, round) => ({
    records: sum.records + round.records,
    seconds: sum.seconds + round.seconds,
    cpuSeconds: sum.cpuSeconds + round.cpuSeconds,
    threadSeconds: sum.threadSeconds + round.threadSeconds,
    failures: sum.failures + round.failures,
  }))

const rateOf = ({ records, seconds }: Spent): number => records / seconds

function makingLine({ tenants, makingMs }: Made, first: Spent): Line {
  return {
    measure: `${grouped(tenants.length)} tenants made, with a key each`,
    result: `${(makingMs / 1000).toFixed(1)} s, ${(makingMs / tenants.length).toFixed(1)} ms each; logs to all of them after a rest ${grouped(rateOf(first))}/s`,
    ...{ must: '', aim: '', met: undefined },
  }
}

function rateLine(count: number, one: Spent, all: Spent): Line {
  const share = rateOf(all) / rateOf(one)
  const failures = one.failures + all.failures
  const cost = ({ cpuSeconds, records }: Spent): string => ((cpuSeconds / records) * 1e6).toFixed(1)
  const busy = all.threadSeconds / all.seconds
  const limit = busy > BUSY_SHARE ? 'the CPU of the runtime’s one thread' : 'waiting for the disk and for the client'
  return {
    measure: `ingest over ${grouped(count)} tenants, 1,000 a POST`,
    result: `${grouped(rateOf(all))}/s, ${(share * 100).toFixed(0)} % of one tenant’s ${grouped(rateOf(one))}/s, CPU-s/M ${cost(all)} and ${cost(one)}; limited by ${limit} (${(busy * 100).toFixed(0)} % busy)${failures > 0 ? `, ${failures} FAILED` : ''}`,
    must: `≥${SHARE_MIN * 100} %`,
    aim: '',
    met: share >= SHARE_MIN && failures === 0,
  }
}

/**
 * What a process has once needed it mostly keeps, and the heap of the runtime fills up before it is cleared, so that what is idle
 * does not show in one number. But the most that the tree has held while all were idle grows with each tenant that leaves
 * something behind: what it was while the first half of the tenants was made, and then the second.
 */
function memoryLine({ tenants, idle }: Made, inUse: TreeUse): Line {
  const half = tenants.length / 2
  const [firstBytes, secondBytes] = [idle.slice(0, GROUPS / 2), idle.slice(GROUPS / 2)].map(mostResident)
  const perTenant = (secondBytes - firstBytes) / half
  const openFiles = idle[GROUPS - 1].openDatabases
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`
  return {
    measure: 'memory of an idle tenant',
    result: `${(perTenant / 1000).toFixed(1)} kB: ${megabytes(firstBytes)} up to ${grouped(half)}, ${megabytes(secondBytes)} up to ${grouped(tenants.length)}, with ${openFiles} files open; later, with ${grouped(inUse.openDatabases)} open, ${megabytes(inUse.residentBytes)}`,
    must: `≈0: ≤${IDLE_BYTES_MAX / 1000} kB`,
    aim: '',
    met: perTenant <= IDLE_BYTES_MAX && openFiles - idle[0].openDatabases <= tenants.length * AWAKE_SHARE_MAX,
  }
}

const mostResident = (uses: readonly TreeUse[]): number => Math.max(...uses.map(({ residentBytes }) => residentBytes))
