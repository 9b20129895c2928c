import * as z from 'zod'
import { requireFullSight } from '../../http/access'
import type { Handler } from '../../http/handler'
import { readQuery } from '../../http/read-query'
import { isWell, SERVICE_STATES, uptimeSince } from '../../services/health'
import { reasonOf } from '../../services/service-event'
import type { WatchedService } from '../../services/services-ask'
import { BINDING_STATES, bindingProbes, probeBindings } from '../probe-bindings'
import { jsonAnswer } from '../search-answer'
import { askRegistry } from './ask-registry'
import { timeOf } from './service-answer'
import { type WebhookHealth, WebhookHealthAnswer, webhookHealths } from './webhook-health'

const time = z.iso.datetime()
const share = z.number().min(0).max(1).nullable()

const CheckAnswer = z.strictObject({
  at: time,
  well: z.boolean(),
  status: z.int().nullable().meta({ description: 'Of the answer; null where there was none.' }),
  fault: z.string().nullable().meta({ description: 'Why there was no answer.' }),
  latency_ms: z.number(),
})

const ServiceHealthAnswer = z.strictObject({
  id: z.string(),
  service: z.string(),
  state: z.enum(SERVICE_STATES).meta({
    description: 'unknown: nobody has asked it yet, or it has no healthEndpoint. degraded: the last look failed.',
  }),
  since: time.nullable(),
  reason: z.string().nullable().meta({ description: 'What the last look found, where it was not well.' }),
  last_seen: time.nullable().meta({ description: 'When it last was well or sent logs, whichever is later.' }),
  last_check: time.nullable(),
  last_log: time.nullable(),
  next_check: time.nullable(),
  latency_ms: z.number().nullable().meta({ description: 'Of the last look that found it well.' }),
  error_rate: share.meta({ description: 'Looks of the last 24 hours that failed, as a share of all.' }),
  uptime_24h: share,
  uptime_30d: share,
  silence: z.strictObject({
    silent: z.boolean().meta({ description: 'It has sent no logs for longer than its habit.' }),
    since: time.nullable(),
    usual_pause_ms: z.number().nullable().meta({ description: 'null while its habit is being learned.' }),
  }),
  checks: z.array(CheckAnswer).meta({ description: 'The last looks, the newest first.' }),
})

const BindingHealthAnswer = z.strictObject({
  binding: z.string(),
  state: z.enum(BINDING_STATES),
  last_seen: time.nullable(),
  latency_ms: z.number().nullable(),
  error_rate: share.meta({ description: 'Of the looks of the isolate that answers.' }),
})

/** The answer of GET /integration/health. */
export const IntegrationHealth = z.strictObject({
  status: z.enum(['healthy', 'degraded']).meta({
    description: 'degraded: something of it is down or disabled, or a service is silent.',
  }),
  time,
  services: z.array(ServiceHealthAnswer),
  webhooks: z.array(WebhookHealthAnswer),
  bindings: z.array(BindingHealthAnswer),
})
export type IntegrationHealth = z.infer<typeof IntegrationHealth>

/** `GET /integration/health`: how each service, webhook and binding is. */
export const showIntegrationHealth: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const { services, nowMs } = await askRegistry(request, env, { ask: 'health' })
  const webhooks = await webhookHealths(request, env)
  await probeBindings(env, Date.now())
  // Only now: the object may have had the caller proved again, with a filter that is newer.
  requireFullSight(request)
  const shown = services.map((service) => toHealthAnswer(service, nowMs))
  const bindings = bindingProbes(env)
  return jsonAnswer({
    status: isAllWell(shown, webhooks, bindings) ? 'healthy' : 'degraded',
    time: new Date(nowMs).toISOString(),
    services: shown,
    webhooks,
    bindings,
  })
}

type ServiceHealthShown = z.infer<typeof ServiceHealthAnswer>

const isAllWell = (
  services: readonly ServiceHealthShown[],
  webhooks: readonly WebhookHealth[],
  bindings: readonly { readonly state: string }[],
): boolean =>
  services.every(({ state, silence }) => state !== 'down' && !silence.silent) &&
  webhooks.every(({ state }) => state !== 'failing' && state !== 'disabled') &&
  bindings.every(({ state }) => state !== 'down')

const DAY_MS = 86_400_000

function toHealthAnswer({ service, health, silence }: WatchedService, nowMs: number): ServiceHealthShown {
  const last = health.checks.at(-1)
  const lastWell = health.checks.findLast(isWell)
  const uptime = uptimeSince(health, nowMs - DAY_MS, nowMs)
  return {
    id: service.id,
    service: service.name,
    state: health.state,
    since: timeOf(health.sinceMs),
    reason: last === undefined || isWell(last) ? null : reasonOf(last),
    last_seen: timeOf(Math.max(health.upMs, silence?.lastMs ?? 0)),
    last_check: timeOf(last?.atMs),
    last_log: timeOf(silence?.lastMs),
    next_check: service.healthEndpoint === undefined ? null : timeOf(Math.max(health.dueMs, nowMs)),
    latency_ms: lastWell?.latencyMs ?? null,
    error_rate: uptime === undefined ? null : 1 - uptime,
    uptime_24h: uptime ?? null,
    uptime_30d: uptimeSince(health, nowMs - 30 * DAY_MS, nowMs) ?? null,
    silence: {
      silent: silence?.silentSinceMs !== undefined,
      since: timeOf(silence?.silentSinceMs),
      usual_pause_ms: silence?.usualPauseMs ?? null,
    },
    checks: health.checks.toReversed().map((check) => ({
      at: new Date(check.atMs).toISOString(),
      well: isWell(check),
      status: check.status ?? null,
      fault: check.fault ?? null,
      latency_ms: check.latencyMs,
    })),
  }
}
