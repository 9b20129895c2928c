/** A log of the story, as an application would send it. */
export interface StoryLog {
  readonly timestamp: string
  readonly level: string
  readonly service: string
  readonly message: string
  readonly [member: string]: unknown
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** When what happens in the story, in minutes before now. */
const DEPLOY_MINUTES = 42
const OUTAGE_MINUTES = 40
const ROLLBACK_MINUTES = 15

/** How many logs of everyday traffic the day has, before the incident adds its own. */
const EVERYDAY_LOGS = 16_000

/**
 * The day of a shop: traffic with its day and night, and an incident 40 minutes ago. A deployment of payments brings a card gateway
 * that times out; checkout fails with it, and a worker dies of memory; a rollback ends it. Beside it `change-flow` asks for
 * approvals and breaks a freeze. The same random numbers tell the same story.
 */
export function tellStory(nowMs: number, random: () => number): StoryLog[] {
  const teller = new Teller(nowMs, random)
  teller.everyday(EVERYDAY_LOGS)
  teller.noise()
  teller.incident()
  teller.changes()
  return teller.logs.sort((left, right) => (left.timestamp < right.timestamp ? -1 : 1))
}

/** A log of everyday traffic, now: for the gentle flow that goes on. */
export function everydayLog(nowMs: number, random: () => number): StoryLog {
  const teller = new Teller(nowMs, random)
  teller.order(nowMs)
  return teller.logs[0]
}

/** The day of another tenant, which must not show up in the first one's. */
export function tellOtherStory(nowMs: number, random: () => number): StoryLog[] {
  const teller = new Teller(nowMs, random)
  return Array.from({ length: 2100 }, (_, index) => {
    const ms = nowMs - Math.floor((index / 2100) * 24 * HOUR_MS)
    const unit = teller.pick(['assembly-1', 'assembly-2', 'forklift', 'warehouse'])
    const isHot = random() < 0.02
    return {
      ...{ timestamp: new Date(ms).toISOString(), level: isHot ? 'warn' : 'info', service: unit },
      message: isHot
        ? `temperature ${80 + teller.below(15)} °C is over the limit`
        : `pallet ${teller.below(90_000)} moved`,
      line: teller.below(4),
    }
  })
}

class Teller {
  readonly logs: StoryLog[] = []
  readonly #nowMs: number
  readonly #random: () => number

  constructor(nowMs: number, random: () => number) {
    this.#nowMs = nowMs
    this.#random = random
  }

  below(max: number): number {
    return Math.floor(this.#random() * max)
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]
  }

  everyday(count: number): void {
    for (let told = 0; told < count; ) {
      const ms = this.#nowMs - this.below(24 * HOUR_MS)
      // Fewer people buy at night.
      const hour = new Date(ms).getUTCHours()
      if (this.#random() > 0.35 + 0.65 * Math.sin(((hour + 1) / 24) * Math.PI)) continue
      this.order(ms)
      told++
    }
  }

  /** One request to one of the services. */
  order(ms: number) {
    const service = this.pick(['web', 'web', 'web', 'checkout', 'payments', 'worker', 'edge'])
    const trace_id = this.#hex(32)
    const user_id = 100 + this.below(4000)
    const duration_ms = Math.round(20 + this.#random() ** 3 * 400)
    const about = { trace_id, user_id, duration_ms, host: `${service}-${this.below(3)}`, env: 'production' }
    const status = this.#random() < 0.012 ? 404 : 200
    switch (service) {
      case 'web':
        return this.#tell(ms, 'info', service, `GET /products/${this.below(900)} ${status} ${duration_ms}ms`, {
          ...about,
          http: { method: 'GET', status, path: '/products' },
        })
      case 'checkout':
        return this.#tell(ms, 'info', service, `order ${this.#order()} placed`, {
          ...about,
          total: this.#price(),
          currency: 'EUR',
        })
      case 'payments':
        return this.#tell(
          ms,
          this.#random() < 0.01 ? 'warn' : 'info',
          service,
          `charged ${this.#price()} EUR through gateway-eu`,
          {
            ...about,
            card: { brand: this.pick(['visa', 'mastercard', 'amex']), number: '4111111111111111' },
          },
        )
      case 'worker':
        return this.#tell(
          ms,
          'debug',
          service,
          `job ${this.pick(['send-receipt', 'resize-image', 'sync-stock'])} done`,
          about,
        )
      default:
        return this.#tell(ms, 'info', service, `cache ${this.pick(['hit', 'hit', 'miss'])} /static/app.js`, {
          ...about,
          colo: this.pick(['FRA', 'AMS', 'VIE']),
        })
    }
  }

  /** What every log has between what matters. */
  noise(): void {
    for (let minute = 0; minute < 24 * 60; minute += 2)
      this.#tell(this.#nowMs - minute * MINUTE_MS, 'trace', 'web', 'GET /healthz 200 1ms', {
        http: { method: 'GET', status: 200, path: '/healthz' },
      })
    for (let index = 0; index < 40; index++)
      this.#tell(
        this.#nowMs - this.below(24 * HOUR_MS),
        'warn',
        'edge',
        `blocked a bot: Mozilla/5.0 (compatible; GreedyBot/${this.below(9)}.0)`,
        {
          client: { ip: `203.0.113.${this.below(255)}` },
          http: { method: 'GET', status: 403, path: '/wp-login.php' },
        },
      )
    this.#tell(
      this.#ago(190),
      'info',
      'worker',
      '\u001b[32m✔\u001b[0m built \u001b[1m312\u001b[0m modules in \u001b[33m4.1s\u001b[0m',
      {},
    )
    this.#tell(this.#ago(170), 'info', 'web', 'Grüße aus Zürich: 注文 №42 はどこですか? 🛒 שלום', { locale: 'ja-JP' })
    this.#tell(this.#ago(150), 'error', 'worker', stackTrace(40), { error: { type: 'TypeError', code: 'ERR_STOCK' } })
    this.#tell(this.#ago(130), 'info', 'checkout', 'the basket of a large customer', { basket: this.#basket() })
    this.#tell(
      this.#ago(120),
      'warn',
      'web',
      'sign-in with api_key=sk_live_51H8xXeExampleExample for jane@example.com',
      { password: 'correct horse' },
    )
    this.#tell(
      this.#ago(110),
      'info',
      'worker',
      'nightly report\n  orders   4,210\n  returns     37\n  revenue  182,904.12 EUR',
      {},
    )
  }

  incident(): void {
    this.#tell(this.#ago(DEPLOY_MINUTES), 'info', 'payments', 'deploy payments 2026.11.20-3', {
      version: '2026.11.20-3',
      actor: 'ci',
    })
    const outageMs = (OUTAGE_MINUTES - ROLLBACK_MINUTES) * MINUTE_MS
    for (let index = 0; index < 388; index++)
      this.#failedOrder(this.#ago(OUTAGE_MINUTES) + Math.floor((index / 388) * outageMs))
    this.#tell(this.#ago(28), 'fatal', 'worker', 'out of memory: heap limit 512 MB reached', {
      error: { type: 'OutOfMemory' },
      host: 'worker-1',
    })
    this.#tell(this.#ago(26), 'warn', 'payments', 'gateway-eu: circuit open after 50 failures', {
      gateway: 'gateway-eu',
    })
    this.#tell(this.#ago(ROLLBACK_MINUTES), 'info', 'payments', 'rollback payments to 2026.11.20-2', {
      version: '2026.11.20-2',
      actor: 'mira',
    })
    this.#tell(this.#ago(ROLLBACK_MINUTES - 1), 'info', 'payments', 'gateway-eu: circuit closed', {
      gateway: 'gateway-eu',
    })
  }

  /** One order that fails, through three services, with one trace. */
  #failedOrder(ms: number): void {
    const trace_id = this.#hex(32)
    const order = this.#order()
    const waitMs = 2900 + this.below(300)
    const about = { trace_id, user_id: 100 + this.below(4000), env: 'production' }
    this.#tell(ms, 'info', 'web', `POST /checkout ${order}`, {
      ...about,
      span_id: this.#hex(16),
      http: { method: 'POST', path: '/checkout' },
    })
    this.#tell(ms + 12, 'info', 'checkout', `order ${order} received`, { ...about, span_id: this.#hex(16) })
    this.#tell(ms + 20 + waitMs, 'error', 'payments', `card gateway timeout after ${waitMs} ms`, {
      ...about,
      ...{ span_id: this.#hex(16), duration_ms: waitMs, gateway: 'gateway-eu', error: { type: 'GatewayTimeout' } },
    })
    this.#tell(ms + 25 + waitMs, 'warn', 'checkout', `retry ${1 + this.below(2)}/3: payments did not answer`, {
      ...about,
      span_id: this.#hex(16),
    })
    this.#tell(ms + 40 + waitMs, 'error', 'checkout', `order ${order} failed: upstream 502`, {
      ...about,
      ...{ span_id: this.#hex(16), http: { method: 'POST', status: 502, path: '/checkout' }, duration_ms: waitMs + 40 },
    })
  }

  /** Change requests with their risk, their approvals, and what was done although everything was frozen. */
  changes(): void {
    for (let index = 0; index < 24; index++) {
      const ms = this.#nowMs - (index + 1) * 55 * MINUTE_MS
      const change = {
        id: `CHG-${1040 - index}`,
        risk: 10 + this.below(80),
        system: this.pick(['billing', 'identity', 'storefront']),
      }
      this.#tell(ms, 'info', 'change-flow', `${change.id} requested for ${change.system}`, {
        change,
        category: 'change',
      })
      this.#tell(ms + 4 * MINUTE_MS, 'info', 'change-flow', `${change.id} assessed: risk ${change.risk}`, {
        change,
        category: 'change',
        duration_ms: 240_000,
      })
      if (change.risk > 70)
        this.#tell(
          ms + 9 * MINUTE_MS,
          'warn',
          'change-flow',
          `${change.id} sent back by the advisory board: risk ${change.risk} is over 70`,
          { change, category: 'change', decision: 'rejected' },
        )
      else
        this.#tell(ms + 9 * MINUTE_MS, 'info', 'change-flow', `${change.id} approved by the advisory board`, {
          change,
          category: 'change',
          decision: 'approved',
        })
    }
    this.#tell(
      this.#ago(DEPLOY_MINUTES + 1),
      'error',
      'change-flow',
      'freeze violation: payments 2026.11.20-3 was deployed during the freeze of quarter end',
      {
        ...{
          change: { id: 'none', system: 'payments' },
          category: 'compliance',
          severity: 'high',
          control: 'SOX-ITGC-04',
        },
      },
    )
  }

  #tell(ms: number, level: string, service: string, message: string, about: object): void {
    this.logs.push({ timestamp: new Date(Math.min(ms, this.#nowMs)).toISOString(), level, service, message, ...about })
  }

  #ago(minutes: number): number {
    return this.#nowMs - minutes * MINUTE_MS
  }

  #hex(digits: number): string {
    return Array.from({ length: digits }, () => this.below(16).toString(16)).join('')
  }

  #order(): string {
    return `A-${10_000 + this.below(90_000)}`
  }

  #price(): string {
    return (5 + this.below(30_000) / 100).toFixed(2)
  }

  /** About 20 kB of JSON. */
  #basket(): object[] {
    return Array.from({ length: 150 }, (_, index) => ({
      ...{ sku: `SKU-${1000 + index}`, name: `article number ${index} of the catalogue`, amount: 1 + this.below(9) },
      price: { net: this.#price(), tax: '19 %', currency: 'EUR' },
    }))
  }
}

function stackTrace(frames: number): string {
  const lines = Array.from({ length: frames }, (_, index) =>
    index % 4 === 0
      ? `    at reserve${index} (/srv/app/src/stock/reserve.js:${10 + index}:7)`
      : `    at next (/srv/app/node_modules/queue/lib/run.js:${index}:11)`,
  )
  return ["TypeError: cannot read properties of undefined (reading 'quantity')", ...lines].join('\n')
}
