import { type Json, JsonObject } from './directory-rows'
import { changeServiceConfig, type ServiceConfig, type ServiceConfigs, serviceConfigOf } from './service-config'
import { readTenantSettings, TenantSettings } from './settings'

/** The settings as GET /admin/settings shows them: every member, with its default where nothing is set. */
export function shownSettings(document: JsonObject): JsonObject {
  const { services, retention, ...settings } = readTenantSettings(document)
  const shown = {
    ...settings,
    // What another version of the code wrote is shown as it is.
    retention: retention ?? document.retention ?? null,
    services: Object.fromEntries(Object.entries(services).map(([name, config]) => [name, shownService(config)])),
  }
  return toJson(shown)
}

/**
 * The document that these settings make of the one before. What is as everybody has it is left out, and what a newer version
 * of the code wrote beside what this one knows stays.
 */
export function storedSettings(before: JsonObject, asked: TenantSettings, nowMs: number): JsonObject {
  const { services, ...parts } = asked
  const known = new Set([...Object.keys(TenantSettings.shape), 'services'])
  const kept = Object.entries(before).filter(([name]) => !known.has(name))
  const set = Object.entries(parts).filter(([name, value]) => !isDefault(name, value))
  const configs = storedServices(readTenantSettings(before).services, services, nowMs)
  return toJson({
    ...Object.fromEntries([...kept, ...set]),
    ...(Object.keys(configs).length > 0 && { services: configs }),
  })
}

/** A document with a patch put on it: members are set, and null takes one away (RFC 7396). */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch
  const merged = new Map<string, Json>(isObject(target) ? Object.entries(target) : [])
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name)
    else merged.set(name, mergePatch(merged.get(name), value))
  }
  return Object.fromEntries(merged)
}

/** The members of a document that a change has changed, before and after it. */
export function changedMembers(
  before: JsonObject | undefined,
  after: JsonObject | undefined,
): { readonly before: JsonObject; readonly after: JsonObject } {
  const members = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
  const changed = members.filter((name) => JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name]))
  const only = (document: JsonObject | undefined): JsonObject =>
    Object.fromEntries(Object.entries(document ?? {}).filter(([name]) => changed.includes(name)))
  return { before: only(before), after: only(after) }
}

const DEFAULTS: Readonly<Record<string, unknown>> = TenantSettings.parse({})

const isDefault = (name: string, value: unknown): boolean =>
  value === undefined || JSON.stringify(value) === JSON.stringify(DEFAULTS[name])

const shownService = ({ ttlDays, retentionPolicy, alertOnErrors, maxLogsPerDay }: ServiceConfig) => ({
  ttl_days: ttlDays,
  retention_policy: retentionPolicy,
  alert_on_errors: alertOnErrors,
  max_logs_per_day: maxLogsPerDay,
})

/** A configuration that stays as it is keeps its times. */
function storedServices(before: ServiceConfigs, asked: TenantSettings['services'], nowMs: number): ServiceConfigs {
  const configs = Object.entries(asked).map(([name, part]): [string, ServiceConfig] => {
    const known = serviceConfigOf(before, name)
    const change = {
      ...part,
      ttl_days: part.ttl_days ?? null,
      max_logs_per_day: part.max_logs_per_day ?? null,
      alert_on_errors: part.alert_on_errors ?? false,
    }
    // A policy cannot be taken back by a change: without one the configuration is made anew.
    const { retentionPolicy: _, ...rest } = known ?? { createdMs: nowMs, alertOnErrors: false, updatedMs: nowMs }
    const base = known === undefined ? {} : { [name]: rest }
    const made = changeServiceConfig(base, name, change, nowMs)[name]
    const isSame = known !== undefined && JSON.stringify(shownService(known)) === JSON.stringify(shownService(made))
    return [name, isSame ? known : made]
  })
  return Object.fromEntries(configs)
}

/** Without members that have no value: the object takes JSON. */
const toJson = (value: object): JsonObject => JsonObject.parse(JSON.parse(JSON.stringify(value)))

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
