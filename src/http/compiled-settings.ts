import type { Config } from '../env'
import type { BatchSettings } from '../formats/read-batch'
import { COMPILED_SETTINGS_MAX } from '../limits/limits'
import { RETENTION_DAYS_MAX } from '../limits/plans'
import { compileRegex } from '../query/regex/regex'
import { LEVELS } from '../records/levels'
import { claimsOf, type ReadClaim } from '../records/names'
import type { OwnPattern } from '../records/redact/own-patterns'
import { createRedactor, DEFAULT_KINDS, type RedactionKind, type Redactor } from '../records/redact/redact'
import { compileRecordRules } from '../rules/record-rules/compile-record-rules'
import { readRecordRules } from '../rules/record-rules/record-rule'
import { compileRetention, type Retention } from '../segments/compile-retention'
import { BoundedCache } from '../storage/bounded-cache'
import type { SettingsRecord } from '../storage/d1/credentials'
import { planRetentionDays, retentionRulesOf } from '../tenant/retention-rules'
import { type RedactionSettings, readTenantSettings, type StoredSettings } from '../tenant/settings'
import type { TenantRequest } from './handler'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** What a tenant's settings come to for its requests. */
export interface CompiledSettings {
  readonly retention: Retention
  /** What records are kept for where no policy says anything of them. */
  readonly defaultDays: number
  readonly ingest: Pick<BatchSettings, 'redactor' | 'retentionMs' | 'futureMs' | 'claims' | 'levels' | 'recordRules'>
  /** The same body within a minute is taken for one that was sent again, where a protocol has no ids. */
  readonly storesBodiesOnce: boolean
  /** What members mean in a format that has names of its own: as the tenant has said, else as the format says. */
  readonly claimsOver: (format: ReadClaim) => ReadClaim
}

/** Compiled once for each edition of a tenant's settings, and for each plan. */
const compiled = new BoundedCache<CompiledSettings>(COMPILED_SETTINGS_MAX)

/** Most tenants have set nothing of it. */
const DEFAULT_REDACTOR = createRedactor({ kinds: DEFAULT_KINDS })

/** The settings that a request goes by. To be asked again once the request was let in by fresh hints. */
export function compiledSettings({ settings, config }: Pick<TenantRequest, 'settings' | 'config'>): CompiledSettings {
  const { tenantId, edition, plan, limits } = settings
  // Not by the tenant's version: whoever signs in makes another.
  const key = JSON.stringify([tenantId, edition, plan, limits, config.DEFAULT_TTL_DAYS])
  const known = compiled.get(key)
  if (known !== undefined) return known
  const made = compileSettings(settings, config)
  compiled.put(key, made, 1)
  return made
}

function compileSettings(record: SettingsRecord, config: Config): CompiledSettings {
  const stored = readTenantSettings(record.settings)
  const rules = retentionRulesOf(stored, planRetentionDays(record, config))
  const retention = compileRetention(rules)
  const storesBodiesOnce = stored.repeated_bodies === 'once'
  const recordRules = compileRecordRules(readRecordRules(record.settings))
  const ingest = { ...ingestSettings(stored, retention), recordRules }
  const claimsOver = (format: ReadClaim): ReadClaim =>
    ingest.claims === undefined ? format : claimsOf(stored.field_mapping, format)
  return { retention, defaultDays: rules.defaultDays, ingest, claimsOver, storesBodiesOnce }
}

function ingestSettings(
  { redaction, field_mapping, level_mapping, time_window }: StoredSettings,
  { longestDays }: Retention,
): CompiledSettings['ingest'] {
  const pastDays = Math.min(longestDays, time_window.past_days ?? RETENTION_DAYS_MAX, RETENTION_DAYS_MAX)
  const { future_hours } = time_window
  return {
    redactor: redactorOf(redaction),
    retentionMs: pastDays * DAY_MS,
    futureMs: future_hours === undefined ? undefined : future_hours * HOUR_MS,
    claims: Object.keys(field_mapping).length === 0 ? undefined : claimsOf(field_mapping),
    levels: Object.keys(level_mapping).length === 0 ? undefined : ranksOf(level_mapping),
  }
}

/** The redactor that settings describe. A pattern that this version of the code cannot read is left out. */
export function redactorOf({ on, off, plain, patterns }: RedactionSettings): Redactor {
  if (on.length + off.length + patterns.length === 0 && !plain) return DEFAULT_REDACTOR
  const kinds = new Set<RedactionKind>([...DEFAULT_KINDS, ...on])
  for (const kind of off) kinds.delete(kind)
  const own = patterns.flatMap(({ name, pattern }): OwnPattern[] => {
    const regex = compileRegex(pattern)
    return regex.ok ? [{ name, regex: regex.value }] : []
  })
  return createRedactor({ kinds, plain, patterns: own })
}

const ranksOf = (mapping: StoredSettings['level_mapping']): ReadonlyMap<string, number> =>
  new Map(Object.entries(mapping).map(([word, level]) => [word.trim().toLowerCase(), LEVELS.indexOf(level)]))
