import { ACTIVITY_TENANT } from '../../src/activity/activity-tenant'
import { tellTenant } from '../../src/activity/tell-tenant'
import { draftOf } from '../../src/audit/audit-entry'
import { planOf } from '../../src/domains/tenant-terms'
import { type Env, readConfig } from '../../src/env'
import {
  SERVICE_ANSWER_BYTES_MAX,
  SERVICE_CHECK_MS,
  SERVICE_CHECK_MS_MAX,
  SERVICE_CHECKS_AT_A_TIME,
} from '../../src/limits/limits'
import { effectiveTerms, TenantTerms } from '../../src/limits/plans'
import { errorFields, type Log } from '../../src/log'
import { guardedFetch, type OutsidePorts } from '../../src/outside/guarded-fetch'
import { changeServices, type ServiceChange, type ServicePorts } from '../../src/services/change-services'
import { afterArrival, type Habits, habitsText, parseHabits, silenceOf } from '../../src/services/habit'
import {
  afterCheck,
  type Check,
  isWell,
  type ServiceHealth,
  transitionOf,
  uptimeSince,
} from '../../src/services/health'
import { reasonOf, serviceEvent } from '../../src/services/service-event'
import { healthUrlOf, type KnownService, knownService, purposeOfApiKey } from '../../src/services/service-row'
import type { ServicesAsk, ServicesOutcome, WatchedService } from '../../src/services/services-ask'
import { type VariableService, variableServices } from '../../src/services/variable-services'
import type { Caller, Provenance, Refusal, ServiceUsage } from '../../src/tenant/contract'
import { TenantRow } from '../../src/tenant/directory-rows'
import { openSecret, shownEnd } from '../../src/tenant/secret-box'
import type { TenantEvent } from '../../src/webhooks/event'
import type { Holdings } from './holdings'
import { ServiceRows } from './service-rows'

/** What the services of a tenant need of its object. */
export interface ServiceSurroundings {
  readonly held: Holdings
  readonly env: Env
  readonly sql: SqlStorage
  readonly tenantId: () => string
  readonly clock: () => number
  /** From 0 to 1. */
  readonly chance: () => number
  /** The world outside; tests bring their own. */
  readonly outside: () => OutsidePorts
  readonly refusalFor: (by: Caller) => Refusal | undefined
  /** Runs a turn as one transaction. */
  readonly transaction: <T>(turn: () => T) => T
  /** Has the alarm ring by then. */
  readonly armFor: (dueMs: number | undefined) => void
  /** Stores an event for the webhooks that subscribed to it: part of a transaction of the caller. */
  readonly putEvent: (event: TenantEvent) => void
  /** Begins to send what was stored; nobody waits for it. */
  readonly sendEvents: () => void
  readonly waitUntil: (task: Promise<unknown>) => void
  readonly log: () => Log
}

const DAY_MS = 86_400_000

/** The services that the tenant works with: who they are, how they are, and how they usually send. */
export class Services {
  readonly #around: ServiceSurroundings
  readonly #rows: ServiceRows
  /** Services that are being asked, and when that began. */
  readonly #asked = new Map<string, number>()
  /** The habits, with the text that they were read from or written as. */
  #habits: { readonly text: string; readonly habits: Habits } | undefined
  #names: ReadonlySet<string> | undefined
  #watched: readonly KnownService[] | undefined
  #fixed:
    | { readonly version: number; readonly services: readonly VariableService[]; readonly isOn: boolean }
    | undefined

  constructor(around: ServiceSurroundings) {
    this.#around = around
    this.#rows = new ServiceRows(around.sql)
  }

  /** Goes by what storage has. */
  reload(): void {
    this.#rows.reload()
    this.#habits = undefined
    this.#fixed = undefined
    this.#forgetLists()
  }

  /** What a Worker asks of the registry, and what it is answered. */
  ask(by: Caller, ask: ServicesAsk): ServicesOutcome {
    const { refusalFor, transaction, clock, armFor } = this.#around
    const refusal = refusalFor(by)
    if (refusal) return { ok: false, refusal }
    const nowMs = clock()
    const outcome = isChange(ask)
      ? transaction(() => refusalOfChange(refusalFor(by)) ?? this.#change(by, ask, nowMs))
      : this.#read(ask, nowMs)
    armFor(this.dueMs())
    return outcome
  }

  /**
   * The habits after a batch, as text for the state row: of services that are registered. Part of the transaction of the batch;
   * where none of them is in it, it costs a look-up for each service of the batch.
   */
  noteArrivals({ services = [] }: Pick<Provenance, 'services'>, nowMs: number): string {
    const text = this.#around.held.state.read().habitsTail
    const names = this.#registered()
    if (names.size === 0) return text
    const arrived = services.filter(([name]) => names.has(name))
    if (arrived.length === 0) return text
    const habits = new Map(this.#readHabits(text))
    for (const [name] of arrived) habits.set(name, afterArrival(habits.get(name), nowMs))
    for (const name of habits.keys()) if (!names.has(name)) habits.delete(name)
    const written = habitsText(habits)
    this.#habits = { text: written, habits }
    return written
  }

  /** When the next service is to be asked; undefined where none is. One that is being asked is looked at again later. */
  dueMs(): number | undefined {
    const due = this.#asksFor().map(({ id }) => {
      const askedMs = this.#asked.get(id)
      return askedMs === undefined ? this.#rows.health(id).dueMs : askedMs + SERVICE_CHECK_MS
    })
    return due.length === 0 ? undefined : Math.min(...due)
  }

  /** Asks the services that are due how they are. Nobody waits for their answers. */
  poll(): void {
    const { clock, waitUntil, log, tenantId } = this.#around
    const nowMs = clock()
    for (const [id, askedMs] of this.#asked) if (nowMs - askedMs >= SERVICE_CHECK_MS) this.#asked.delete(id)
    const due = this.#asksFor()
      .filter(({ id }) => !this.#asked.has(id) && this.#rows.health(id).dueMs <= nowMs)
      .toSorted((left, right) => this.#rows.health(left.id).dueMs - this.#rows.health(right.id).dueMs)
      .slice(0, Math.max(0, SERVICE_CHECKS_AT_A_TIME - this.#asked.size))
    for (const service of due) {
      this.#asked.set(service.id, nowMs)
      const asking = this.#check(service).catch((error: unknown) => {
        this.#asked.delete(service.id)
        log().error('service_check_failed', { tenantId: tenantId(), serviceId: service.id, ...errorFields(error) })
      })
      waitUntil(asking)
    }
  }

  /** How the services are, for the measures of the tenant. */
  usage(): readonly ServiceUsage[] {
    const nowMs = this.#around.clock()
    return this.#asksFor().map((service) => {
      const health = this.#rows.health(service.id)
      const last = health.checks.at(-1)
      return {
        service: service.name,
        isUp: health.state === 'up' || health.state === 'degraded',
        isKnown: health.state !== 'unknown',
        uptime: uptimeSince(health, nowMs - DAY_MS, nowMs),
        checks: health.checksTotal,
        failures: health.failuresTotal,
        latencyMs: last !== undefined && isWell(last) ? last.latencyMs : undefined,
      }
    })
  }

  #change(by: Caller, ask: ServiceChange, nowMs: number): ServicesOutcome {
    const outcome = changeServices(this.#ports(), ask, nowMs)
    if (!outcome.ok) return outcome
    const { service, change, isAskedElsewhere } = outcome
    this.#forgetLists()
    if (service !== undefined && isAskedElsewhere) {
      const health = this.#rows.health(service.id)
      this.#rows.putHealth(service.id, { ...health, state: 'unknown', sinceMs: nowMs, failures: 0, dueMs: nowMs })
    }
    const audit = this.#around.held.audit.append(draftOf(by, { changes: [change] }), nowMs)
    const services = service === undefined ? [] : [this.#watch(knownService(service), nowMs)]
    return { ok: true, services, nowMs, audit }
  }

  #read(ask: Exclude<ServicesAsk, ServiceChange>, nowMs: number): ServicesOutcome {
    const all = this.#all()
    const wanted = ask.ask === 'get' ? all.filter(({ id }) => id === ask.id) : all
    if (ask.ask === 'get' && wanted.length === 0) return { ok: false, refusal: { kind: 'not_found' } }
    return { ok: true, services: wanted.map((service) => this.#watch(service, nowMs)), nowMs }
  }

  #ports(): ServicePorts {
    return {
      list: () => this.#rows.list(),
      put: (service) => this.#rows.put(service),
      remove: (id) => this.#rows.remove(id),
      fixed: this.#settings().services.map(({ known }) => known),
    }
  }

  #watch(service: KnownService, nowMs: number): WatchedService {
    const habit = this.#readHabits(this.#around.held.state.read().habitsTail).get(service.name)
    const silence = habit === undefined ? undefined : silenceOf(habit, nowMs)
    return { service, health: this.#rows.health(service.id), silence }
  }

  /** Those of the installation first: they have been there from the start. */
  #all(): readonly KnownService[] {
    return [...this.#settings().services.map(({ known }) => known), ...this.#rows.list().map(knownService)]
  }

  /** Those that are asked how they are. */
  #asksFor(): readonly KnownService[] {
    if (!this.#settings().isOn) return []
    this.#watched ??= this.#all().filter((service) => healthUrlOf(service) !== undefined)
    return this.#watched
  }

  #forgetLists(): void {
    this.#names = undefined
    this.#watched = undefined
  }

  #registered(): ReadonlySet<string> {
    this.#settings()
    this.#names ??= new Set(this.#all().map(({ name }) => name))
    return this.#names
  }

  #readHabits(text: string): Habits {
    if (this.#habits?.text !== text) this.#habits = { text, habits: parseHabits(text) }
    return this.#habits.habits
  }

  /** What the directory and the variables say; worked out anew when the directory has changed. */
  #settings(): { readonly services: readonly VariableService[]; readonly isOn: boolean } {
    const { held, env, tenantId } = this.#around
    const { settingsVersion: version, hasDirectory } = held.state.read()
    const stamp = hasDirectory ? version : -1
    if (this.#fixed?.version === stamp) return this.#fixed
    const config = readConfig(env)
    const tenant = TenantRow.safeParse(held.directory.find('tenant', tenantId())?.value).data
    const isDefault = tenant?.name === config.DEFAULT_TENANT && tenantId() !== ACTIVITY_TENANT.id
    const services = isDefault ? variableServices(config, shownEnd) : []
    const terms = TenantTerms.safeParse(tenant?.limits ?? {}).data ?? {}
    const { features } = effectiveTerms(planOf({ plan: tenant?.plan ?? 'standard' }), terms, config)
    const isOn = tenant?.status === 'active' && features.has('integrations')
    this.#fixed = { version: stamp, services, isOn }
    this.#forgetLists()
    return this.#fixed
  }

  /** Asks one service, and remembers what it found. */
  async #check(service: KnownService): Promise<void> {
    const { clock, armFor } = this.#around
    const url = healthUrlOf(service)
    if (url === undefined) return
    const apiKey = await this.#keyOf(service)
    const startedMs = clock()
    const outcome = await guardedFetch(
      {
        ...{ url, msMax: SERVICE_CHECK_MS_MAX, bytesMax: SERVICE_ANSWER_BYTES_MAX, isBodyCut: true },
        rules: this.#rules(),
        headers: { 'user-agent': 'sluice-health', ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }) },
      },
      this.#around.outside(),
    )
    const atMs = clock()
    const found = outcome.ok ? { status: outcome.status } : { fault: outcome.fault.kind }
    this.#record(service, { atMs, latencyMs: Math.max(0, atMs - startedMs), ...found })
    this.#asked.delete(service.id)
    armFor(this.dueMs())
    // The next in the row need not wait for the alarm.
    this.poll()
  }

  #rules() {
    const { SERVICE_HOSTS, ENVIRONMENT, ALLOW_LOCAL_DESTINATIONS } = readConfig(this.#around.env)
    return {
      ownHosts: SERVICE_HOSTS,
      allowsLocalHttp: ENVIRONMENT === 'development' && ALLOW_LOCAL_DESTINATIONS,
    }
  }

  /** A key that cannot be opened any more is not sent; the service says itself that it misses it. */
  async #keyOf({ id, isFixed }: KnownService): Promise<string | undefined> {
    if (isFixed) return this.#settings().services.find(({ known }) => known.id === id)?.apiKey
    const sealed = this.#rows.find(id)?.row.apiKey?.sealed
    if (sealed === undefined) return undefined
    const keys = readConfig(this.#around.env).SECRETS_KEY ?? []
    return openSecret(keys, { tenantId: this.#around.tenantId(), purpose: purposeOfApiKey(id) }, sealed)
  }

  /** What was asked of a service that was changed or removed meanwhile is of nobody any more. */
  #record(asked: KnownService, check: Check): void {
    const { held, tenantId, transaction, chance, putEvent } = this.#around
    if (held.isClosed(tenantId())) return
    const service = this.#asksFor().find(({ id }) => id === asked.id)
    if (service === undefined || healthUrlOf(service) !== healthUrlOf(asked)) return
    const before = this.#rows.health(service.id)
    const after = afterCheck(before, check, chance())
    const transition = transitionOf(before.state, after.state)
    transaction(() => {
      this.#rows.putHealth(service.id, after)
      if (transition !== undefined)
        putEvent(serviceEvent(service, transition, { check, sinceMs: after.sinceMs, beforeMs: before.sinceMs }))
    })
    if (transition === undefined) return
    this.#around.sendEvents()
    this.#tell(service, transition, { check, after })
  }

  /** People read it in the tenant's own logs, and the operator in those of the service. */
  #tell(
    service: KnownService,
    transition: 'down' | 'up',
    { check, after }: { readonly check: Check; readonly after: ServiceHealth },
  ): void {
    const { env, log, tenantId, held, waitUntil } = this.#around
    const event = transition === 'down' ? 'service_unavailable' : 'service_available'
    const about = { tenantId: tenantId(), serviceId: service.id, reason: reasonOf(check) }
    if (transition === 'down') log().info('service_unavailable', about)
    else log().info('service_available', about)
    const notice = {
      id: `${service.id}:${transition}:${after.sinceMs}`,
      level: transition === 'down' ? 'error' : 'info',
      event,
      message: `${service.name} is ${transition === 'down' ? 'down' : 'up again'}: ${reasonOf(check)}`,
      fields: { service_id: service.id, service_name: service.name },
    } as const
    const told = { tenantId: tenantId(), settingsVersion: held.state.read().settingsVersion }
    waitUntil(tellTenant(env, log(), told, notice))
  }
}

const isChange = (ask: ServicesAsk): ask is ServiceChange =>
  ask.ask === 'create' || ask.ask === 'change' || ask.ask === 'remove'

const refusalOfChange = (refusal: Refusal | undefined): ServicesOutcome | undefined => refusal && { ok: false, refusal }
