/** A rule as POST /integration/rules takes it. */
export interface RuleBody {
  readonly kind: 'trigger'
  readonly name: string
  readonly enabled: boolean
  readonly query: string
  readonly trigger: Readonly<Record<string, unknown>>
  readonly cooldown: string
  readonly actions: readonly [{ readonly type: 'notify'; readonly event: string }]
}

const SERVICES = [
  'api',
  'auth',
  'billing',
  'checkout',
  'gateway',
  'inventory',
  'notifications',
  'orders',
  'search',
  'users',
]

/**
 * Rules as teams have them: for each of ten services a count and a rate of errors, slow requests and a burst of a status, and
 * ten about what messages say, of errors mostly.
 */
export function fiftyRules(): RuleBody[] {
  const ofServices = SERVICES.flatMap((service) => [
    rule(`errors of ${service}`, `service:${service} level:>=error`, { type: 'count', count: 50, window: '1m' }),
    rule(`error rate of ${service}`, `service:${service} level:>=error`, {
      ...{ type: 'ratio', of: `service:${service}`, above: 0.2, window: '5m', least_total: 100 },
    }),
    rule(`slow ${service}`, `service:${service} duration_ms:>5000`, { type: 'count', count: 100, window: '5m' }),
    rule(`unavailable ${service}`, `service:${service} status:503`, {
      type: 'change',
      factor: 5,
      window: '5m',
      least: 50,
    }),
  ])
  const ofMessages = [
    ['level:error "connection refused"', { type: 'count', count: 10, window: '1m', by: ['service'] }],
    ['level:error timeout', { type: 'count', count: 20, window: '1m', by: ['service'] }],
    ['level:error "out of memory"', { type: 'match' }],
    ['level:fatal', { type: 'match' }],
    ['level:>=error', { type: 'first_seen', field: 'service' }],
    ['level:warn "retry"', { type: 'count', count: 100, window: '5m', by: ['service'] }],
    ['"payment failed"', { type: 'count', count: 5, window: '5m' }],
    ['"certificate expired"', { type: 'match' }],
    ['deadlock', { type: 'count', count: 3, window: '1m' }],
    ['', { type: 'habit', factor: 5, least: '10m', by: ['service'] }],
  ] as const
  return [...ofServices, ...ofMessages.map(([query, trigger]) => rule(query || 'silence', query, trigger))]
}

const rule = (name: string, query: string, trigger: RuleBody['trigger']): RuleBody => ({
  ...{ kind: 'trigger', enabled: true, name, query, trigger, cooldown: '1h' },
  actions: [{ type: 'notify', event: 'bench' }],
})
