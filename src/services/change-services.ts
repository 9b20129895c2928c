import type { AuditChange } from '../audit/audit-entry'
import { SERVICES_MAX } from '../limits/limits'
import type { Refusal } from '../tenant/contract'
import type { Json } from '../tenant/directory-rows'
import { healthUrlOf, type KnownService, knownService, type NumberedService, type ServiceRow } from './service-row'
import type { ServicePatch, ServicesAsk } from './services-ask'

/** What changes of services read and write, inside a transaction of the caller. */
export interface ServicePorts {
  list(): readonly NumberedService[]
  put(service: NumberedService): void
  remove(id: string): void
  /** Services that variables of the installation have registered. */
  readonly fixed: readonly KnownService[]
}

/** A change as asked for. */
export type ServiceChange = Extract<ServicesAsk, { readonly ask: 'create' | 'change' | 'remove' }>

export type ServiceChangeOutcome =
  | {
      readonly ok: true
      /** Undefined when it was removed. */
      readonly service: NumberedService | undefined
      readonly change: AuditChange
      /** Whether it is another address that is asked from now on. */
      readonly isAskedElsewhere: boolean
    }
  | { readonly ok: false; readonly refusal: Refusal }

/** Makes one change of the registry, or says why not. */
export function changeServices(ports: ServicePorts, wanted: ServiceChange, nowMs: number): ServiceChangeOutcome {
  if (wanted.ask === 'create') return addService(ports, wanted, nowMs)
  const before = ports.list().find(({ id }) => id === wanted.id)
  if (before === undefined) return refuse(refusalOfAbsent(ports, wanted.id))
  if (before.edition !== wanted.edition) return refuse({ kind: 'precondition_failed' })
  if (wanted.ask === 'remove') {
    ports.remove(before.id)
    return made('service.removed', before, undefined)
  }
  const fault = faultOfPatch(before.row, wanted.patch)
  if (fault !== undefined) return refuse({ kind: 'invalid_change', detail: fault })
  const after = { id: before.id, edition: before.edition + 1, row: patched(before.row, wanted.patch, nowMs) }
  ports.put(after)
  return made('service.edited', before, after)
}

function addService(
  ports: ServicePorts,
  { id, service }: Extract<ServiceChange, { readonly ask: 'create' }>,
  nowMs: number,
): ServiceChangeOutcome {
  const known = [...ports.list().map(knownService), ...ports.fixed]
  if (known.some(({ name }) => name === service.name))
    return refuse({ kind: 'conflict', detail: 'There is a service of that name already.' })
  if (known.length - ports.fixed.length >= SERVICES_MAX)
    return refuse({ kind: 'conflict', detail: `A tenant has at most ${SERVICES_MAX} services (SERVICES_MAX).` })
  const added = { id, edition: 1, row: { ...service, createdMs: nowMs, changedMs: nowMs } }
  ports.put(added)
  return made('service.added', undefined, added)
}

/** Whoever changes the address of a service must know its key: else they would have it sent to a server of their own. */
function faultOfPatch(row: ServiceRow, patch: ServicePatch): string | undefined {
  const after = patched(row, patch, row.changedMs)
  if (after.healthEndpoint !== undefined && healthUrlOf(after) === undefined)
    return 'healthEndpoint leads away from serviceUrl.'
  const keepsKey = patch.apiKey === undefined && row.apiKey !== undefined
  if (keepsKey && new URL(after.url).origin !== new URL(row.url).origin)
    return 'The key is for another server: send apiKey again, or null, with the new serviceUrl.'
  return undefined
}

/** A member that is absent stays, null takes it away. */
const patched = (row: ServiceRow, patch: ServicePatch, nowMs: number): ServiceRow => ({
  ...row,
  url: patch.url ?? row.url,
  healthEndpoint: chosen(patch.healthEndpoint, row.healthEndpoint),
  version: chosen(patch.version, row.version),
  capabilities: [...(patch.capabilities ?? row.capabilities)],
  apiKey: chosen(patch.apiKey, row.apiKey),
  changedMs: nowMs,
})

const chosen = <Value>(wanted: Value | null | undefined, own: Value | undefined): Value | undefined =>
  wanted === undefined ? own : (wanted ?? undefined)

const refuse = (refusal: Refusal): ServiceChangeOutcome => ({ ok: false, refusal })

function refusalOfAbsent({ fixed }: ServicePorts, id: string): Refusal {
  if (!fixed.some((service) => service.id === id)) return { kind: 'not_found' }
  return { kind: 'conflict', detail: 'A variable of the installation registers this service: it is changed there.' }
}

function made(
  what: string,
  before: NumberedService | undefined,
  after: NumberedService | undefined,
): ServiceChangeOutcome {
  const id = after?.id ?? before?.id ?? ''
  const change = { what, kind: 'service', id, before: toldOf(before), after: toldOf(after) }
  const isAskedElsewhere = before === undefined || after === undefined || askedAt(before) !== askedAt(after)
  return { ok: true, service: after, change, isAskedElsewhere }
}

const askedAt = ({ row }: NumberedService): string | undefined => healthUrlOf(row)

/** What the audit says of it: never the key, sealed or not. A key that was changed is seen by its end and the time. */
function toldOf(service: NumberedService | undefined): Json {
  if (service === undefined) return null
  const { id: _id, isFixed: _isFixed, ...told } = knownService(service)
  return JSON.parse(JSON.stringify(told))
}
