import path from 'node:path'
import * as z from 'zod'
import { buildWorker } from '../scripts/serve/build.ts'
import { type Line, printTable } from './table.ts'

/** Microseconds that a decision may take. */
const DECISION_MICROS_MAX = 20

const RUNS = 5

const Decision = z.object({
  windowsPerDecision: z.number(),
  microsPerDecision: z.custom<() => number>((value) => typeof value === 'function'),
})

/** What deciding about a batch costs, as a line of `npm run bench`: the code of the Worker, in the engine that it runs in. */
export async function measureLimits(): Promise<Line> {
  const code = await buildWorker(path.join(import.meta.dirname, '..'), 'bench/limiter-decision.ts')
  const module = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`)
  const { windowsPerDecision, microsPerDecision } = Decision.parse({ ...module })
  const runs = Array.from({ length: RUNS }, () => microsPerDecision()).sort((left, right) => left - right)
  const micros = runs[Math.floor(RUNS / 2)]
  return {
    measure: `limiter: decide about a batch, ${windowsPerDecision} windows`,
    result: `${micros.toFixed(1)} µs of CPU`,
    must: `≤${DECISION_MICROS_MAX} µs`,
    aim: '',
    met: micros <= DECISION_MICROS_MAX,
  }
}

if (import.meta.main) printTable([await measureLimits()])
