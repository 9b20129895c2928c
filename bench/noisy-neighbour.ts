import { once } from 'node:events'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { requestLogs } from './datasets.ts'
import { type PacedResult, postPaced, quantile, type Target } from './http-load.ts'
import { measureTree } from './process-tree.ts'
import type { Ready } from './server.ts'
import type { Line } from './table.ts'
import { makeTenants } from './tenants.ts'

/** POSTs a second that the noisy tenant may send: 20 times as many are a quarter of what the first table asks of the machine. */
const QUOTA = 10
const TIMES_QUOTA = 20

/** POSTs a second of the other tenant, who has no quota. */
const QUIET_RATE = 40
const RECORDS_A_POST = 100
const ROUND_SECONDS = 5
const ROUNDS = 6

/** By how much the neighbour may lengthen the other tenant's p99. */
const P99_RATIO_MAX = 1.5

/** The variables of a server whose tenants of the plan `standard` have the quota. */
export const QUOTA_VARIABLES = {
  RATE_LIMIT_ENABLED: 'true',
  RATE_LIMIT_REQUESTS: `${QUOTA}`,
  RATE_LIMIT_WINDOW: '1',
}

/** What the thread that makes the noise is started with, and told for each round. */
export interface Noise {
  readonly target: Target
  readonly bodies: readonly Uint8Array[]
}
export interface NoiseRound {
  readonly perSecond: number
  readonly seconds: number
}

/** What became of the quiet tenant's POSTs alone and beside the noise, and of the noise. */
interface Round {
  readonly alone: PacedResult
  readonly beside: PacedResult
  readonly noise: PacedResult
  /** What the process tree took more than without it. */
  readonly noiseCpuSeconds: number
}

/**
 * One tenant sends 20 times what it may, and another one a modest rate: how many of the other's POSTs are stored, and how much
 * longer they take than without the neighbour. Rounds with and without it take turns, so that whatever else goes on in the
 * machine is in both. The noise comes from a thread of its own; else the clients would wait for each other.
 */
export async function measureNeighbour(ready: Ready): Promise<Line> {
  const [noisy] = await makeTenants(ready, ['bench-noisy'], 'standard')
  const [quiet] = await makeTenants(ready, ['bench-quiet'], 'custom')
  const workerData: Noise = { target: noisy, bodies: bodiesOf(1) }
  const thread = new Worker(path.join(import.meta.dirname, 'noise.ts'), { workerData })
  const bodies = bodiesOf(2)
  const pace = { perSecond: QUIET_RATE, seconds: ROUND_SECONDS }
  const measureBeside = async (): Promise<readonly [PacedResult, PacedResult]> => {
    const noise = makeNoise(thread)
    return [await postPaced(quiet, bodies, pace), await noise]
  }
  // The first round loads the thread and warms all of them up.
  await measureBeside()
  const rounds: Round[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const cpuBefore = measureTree(ready.pid).cpuSeconds
    const alone = await postPaced(quiet, bodies, pace)
    const cpuBetween = measureTree(ready.pid).cpuSeconds
    const [beside, noise] = await measureBeside()
    const noiseCpuSeconds = measureTree(ready.pid).cpuSeconds - cpuBetween - (cpuBetween - cpuBefore)
    rounds.push({ alone, beside, noise, noiseCpuSeconds })
  }
  await thread.terminate()
  return lineOf(rounds)
}

const bodiesOf = (seed: number): readonly Uint8Array[] =>
  requestLogs({ records: 100 * RECORDS_A_POST, perBody: RECORDS_A_POST, seed }).bodies

async function makeNoise(thread: Worker): Promise<PacedResult> {
  const round: NoiseRound = { perSecond: QUOTA * TIMES_QUOTA, seconds: ROUND_SECONDS }
  thread.postMessage(round)
  const [result]: PacedResult[] = await once(thread, 'message')
  return result
}

function lineOf(rounds: readonly Round[]): Line {
  const [alone, beside, noise] = [
    rounds.map((round) => round.alone),
    rounds.map((round) => round.beside),
    rounds.map((round) => round.noise),
  ]
  const [quietMs, besideMs] = [p99Of(alone), p99Of(beside)]
  const [stored, sent, noisy] = [countOf(beside, 202), countOf(beside), countOf(noise)]
  const times = noisy / sum(noise.map(({ seconds }) => seconds)) / QUOTA
  const cpuMillis = (sum(rounds.map(({ noiseCpuSeconds }) => noiseCpuSeconds)) / noisy) * 1000
  const refused = countOf(noise, 429) / noisy
  const ratio = besideMs / quietMs
  return {
    measure: `beside a tenant at ${times.toFixed(1)} times its quota`,
    result: `${((stored / sent) * 100).toFixed(stored === sent ? 0 : 2)} % stored, p99 ${quietMs.toFixed(1)} → ${besideMs.toFixed(1)} ms: x${ratio.toFixed(2)}; of the noise ${(refused * 100).toFixed(0)} % refused, ${cpuMillis.toFixed(2)} ms of CPU each`,
    must: `100 %, x${P99_RATIO_MAX}`,
    aim: '',
    met: stored === sent && ratio <= P99_RATIO_MAX && times > TIMES_QUOTA * 0.9 && refused > 0.9,
  }
}

const p99Of = (results: readonly PacedResult[]): number =>
  quantile(
    results.flatMap(({ latencies }) => latencies).sort((left, right) => left - right),
    0.99,
  )

const countOf = (results: readonly PacedResult[], status?: number): number =>
  sum(
    results
      .flatMap(({ statuses }) => Object.entries(statuses))
      .filter(([own]) => status === undefined || own === `${status}`)
      .map(([, count]) => count),
  )

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
