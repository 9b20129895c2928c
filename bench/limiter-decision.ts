import { decide, noWindows } from '../src/limits/limiter'
import { TakeTail } from '../src/limits/limiter-bytes'
import { LIMITER_TAIL_CHARACTERS_MAX } from '../src/limits/limits'
import { chargesOf, type Demand, limitsOf } from '../src/limits/policies'

const DECISIONS = 200_000
const START_MS = 1_800_000_000_000

/** As many windows as a tenant has whose plan limits everything: of requests, records and bytes, by all four scopes. */
const { policies } = limitsOf(
  {
    RATE_LIMIT_ENABLED: false,
    RATE_LIMIT_REQUESTS: 1,
    RATE_LIMIT_WINDOW: 1,
    API_V1_REQUESTS_PER_MINUTE: 0,
    API_V1_BATCHES_PER_MINUTE: 0,
  },
  {
    rates: (['tenant', 'key', 'address'] as const).flatMap((per) => [
      { per, unit: 'requests', units: 100_000, windowSeconds: 60 },
      { per, unit: 'records', units: 60_000_000, windowSeconds: 60 },
      { per, unit: 'bytes', units: 1_000_000_000_000, windowSeconds: 3600 },
    ]),
    maxLogsPerDay: 10_000_000_000,
    maxLogsPerDayByService: { checkout: 1_000_000_000, billing: 1_000_000_000 },
  },
)

/** Windows that a batch is held against here. */
export const windowsPerDecision = policies.length

/** Microseconds of CPU that deciding about a batch takes, with noting for the state row what it took. */
export function microsPerDecision(): number {
  const windows = noWindows()
  let tail = new TakeTail()
  const before = process.cpuUsage()
  for (let batch = 0; batch < DECISIONS; batch++) {
    const nowMs = START_MS + batch * 5
    const decision = decide(windows, chargesOf(policies, demandOf(batch)), nowMs)
    if (!decision.ok) throw new Error('the limits of the bench are too small for it')
    tail.add(decision.takes, nowMs)
    if (tail.text.length > LIMITER_TAIL_CHARACTERS_MAX) tail = new TakeTail()
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / DECISIONS
}

const demandOf = (batch: number): Demand => ({
  keyId: `key_${batch % 20}`,
  address: `192.0.2.${batch % 200}`,
  surfaces: [],
  requests: 1,
  records: 1000,
  bytes: 227_000,
  services: [
    ['checkout', 400],
    ['billing', 300],
    ['mail', 300],
  ],
  unlistedRecords: 0,
})
