import { requestLogs } from './datasets.ts'
import { fiftyRules, type RuleBody } from './fifty-rules.ts'
import { post, quantile, type Request, send } from './http-load.ts'
import { measureTree } from './process-tree.ts'
import { type Ready, startServer } from './server.ts'
import { grouped, type Line } from './table.ts'

const PER_BODY = 1000
const RECORDS = 150_000
const CONNECTIONS = 4

/** The machine's speed wanders: each set of rules is measured this often, in turn, and its best counts. */
const ROUNDS = 4

/** What 50 rules may cost of ingest's throughput. */
const COST_MUST = 0.15

/** Rules that are on while logs are sent. */
interface RuleSet {
  readonly name: string
  readonly builtIn: boolean
  readonly own: number
}

const SETS: readonly RuleSet[] = [
  { name: 'without rules', builtIn: false, own: 0 },
  { name: 'with the built-in rules', builtIn: true, own: 0 },
  { name: 'with 10 rules', builtIn: false, own: 10 },
  { name: 'with 50 rules', builtIn: false, own: 50 },
  { name: 'with 50 rules and the built-in ones', builtIn: true, own: 50 },
]

interface Measured {
  readonly perSecond: number
  readonly cpuSecondsPerMillion: number
  readonly p50: number
  readonly failures: number
}

/** A table of `npm run bench`: what triage rules cost of ingest, 1,000 a POST. */
export async function measureRules(): Promise<readonly Line[]> {
  const server = await startServer()
  try {
    const rules = await prepare(server.ready)
    const measured = new Map<RuleSet, Measured>()
    // The first requests of a process pay for compiling its code.
    await choose(server.ready, rules, SETS[SETS.length - 1])
    await sendLogs(server.ready, 1000)
    for (let round = 0; round < ROUNDS; round++) {
      for (const set of SETS) {
        await choose(server.ready, rules, set)
        const now = await sendLogs(server.ready, round * SETS.length + SETS.indexOf(set))
        if (now.perSecond > (measured.get(set)?.perSecond ?? 0)) measured.set(set, now)
      }
    }
    const bare = measured.get(SETS[0])?.perSecond ?? Number.NaN
    return Array.from(measured, ([set, result]) => lineOf(set, result, bare))
  } finally {
    await server.stop()
  }
}

/** The ids of the tenant's rules: its own are made, and are off. */
async function prepare(
  ready: Ready,
): Promise<{ readonly builtIn: readonly string[]; readonly own: readonly string[] }> {
  const listed: { readonly data: readonly { readonly id: string }[] } = JSON.parse(await ask(ready, 'GET', ''))
  const own: string[] = []
  for (const rule of fiftyRules()) {
    const made: { readonly id: string } = JSON.parse(await ask(ready, 'POST', '', { ...rule, enabled: false }))
    own.push(made.id)
  }
  return { builtIn: listed.data.map(({ id }) => id), own }
}

/** Of the tenant's own rules every fifth is among ten, so that they are of each kind. */
async function choose(
  ready: Ready,
  { builtIn, own }: { readonly builtIn: readonly string[]; readonly own: readonly string[] },
  set: RuleSet,
): Promise<void> {
  const step = set.own === 0 ? Number.POSITIVE_INFINITY : own.length / set.own
  for (const id of builtIn) await ask(ready, 'PATCH', `/${id}`, { enabled: set.builtIn })
  for (const [index, id] of own.entries()) await ask(ready, 'PATCH', `/${id}`, { enabled: index % step === 0 })
}

async function ask(
  { url, tenant }: Ready,
  method: Request['method'],
  path: string,
  body?: RuleBody | { readonly enabled: boolean },
): Promise<string> {
  const request = { method, path: `/integration/rules${path}`, contentType: 'application/json' }
  const target = { url, key: tenant.adminKey }
  const bytes = new TextEncoder().encode(JSON.stringify(body ?? null))
  const reply = await send(target, body === undefined ? request : { ...request, body: bytes })
  if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${reply.text}`)
  return reply.text
}

async function sendLogs({ url, pid, tenant }: Ready, seed: number): Promise<Measured> {
  const { bodies } = requestLogs({ records: RECORDS, perBody: PER_BODY, seed: 50_000 + seed * 1000 })
  const before = measureTree(pid).cpuSeconds
  const result = await post({ url, key: tenant.ingestKey }, bodies, CONNECTIONS)
  return {
    perSecond: RECORDS / result.seconds,
    cpuSecondsPerMillion: ((measureTree(pid).cpuSeconds - before) / RECORDS) * 1e6,
    p50: quantile(result.latencies, 0.5),
    failures: result.failures,
  }
}

function lineOf({ name, own }: RuleSet, result: Measured, bare: number): Line {
  const { perSecond, cpuSecondsPerMillion, p50, failures } = result
  const cost = 1 - perSecond / bare
  const failed = failures > 0 ? `, ${failures} FAILED` : ''
  const isHeld = own === 50
  return {
    measure: `ingest ${name}, 1,000 a POST`,
    result: `${grouped(perSecond)}/s (−${(cost * 100).toFixed(1)} %), ${cpuSecondsPerMillion.toFixed(1)} CPU-s/M, p50 ${p50.toFixed(1)} ms${failed}`,
    must: isHeld ? `−${COST_MUST * 100} %` : '',
    aim: '',
    met: isHeld ? cost <= COST_MUST && failures === 0 : undefined,
  }
}
