import * as z from 'zod'
import {
  FIELD_MAPPINGS_MAX,
  FUTURE_MS_MAX,
  LEGAL_HOLDS_MAX,
  LEVEL_MAPPINGS_MAX,
  ORIGINS_MAX,
  QUERY_TEXT_MAX,
  REDACTION_PATTERN_CHARACTERS_MAX,
  REDACTION_PATTERNS_MAX,
  RETENTION_NAMES_MAX,
  RETENTION_POLICIES_MAX,
} from '../limits/limits'
import { RETENTION_DAYS_MAX } from '../limits/plans'
import { LEVELS } from '../records/levels'
import { ALL_KINDS } from '../records/redact/kinds'
import { JwtIssuers } from './jwt-issuer'
import { ServiceConfigs } from './service-config'

const HOUR_MS = 3_600_000
const HOT_HOURS_MAX = 87_600

/** What a member of a sent document can be said to mean; `field` is a plain field, whatever its name suggests. */
export const FIELD_ROLES = ['time', 'level', 'service', 'message', 'trace_id', 'span_id', 'field'] as const

/** Ready-made policies of retention: S3's `streaming`, and the environments of S4. */
export const RETENTION_PRESETS = ['streaming', 'development', 'staging', 'production'] as const

const Name = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, {
  error: 'it must have 1 to 63 lower-case letters, digits, dashes and underscores, and begin with a letter or digit',
})
const Days = z.int().min(1).max(RETENTION_DAYS_MAX)
const names = z.array(z.string().min(1).max(256)).min(1).max(RETENTION_NAMES_MAX)

/** Which records are meant: those that all of the members are true of. */
const Match = z.strictObject({
  services: names.optional(),
  levels: z.array(z.enum(LEVELS)).min(1).max(LEVELS.length).optional(),
  categories: names.optional(),
})

const Query = z.string().min(1).max(QUERY_TEXT_MAX)

const isAboutSomething = ({
  match,
  query,
}: {
  readonly match?: object | undefined
  readonly query?: string | undefined
}) => query !== undefined || (match !== undefined && Object.keys(match).length > 0)

const About = { error: 'it must say which records it is about: by match, by query, or by both' }

/** How long some records are kept. */
export const RetentionPolicy = z
  .strictObject({
    name: Name,
    priority: z.int().min(-1000).max(1000).default(0).meta({
      description: 'Of the policies that a record matches, the one with the highest priority holds; then the first.',
    }),
    match: Match.optional(),
    query: Query.optional().meta({
      description: 'In the language of docs/query-language.md, without pipes and times.',
    }),
    days: z.union([Days, z.literal('forever')]),
  })
  .refine(isAboutSomething, About)
export type RetentionPolicy = z.infer<typeof RetentionPolicy>

/** Records that are not to expire, whatever any policy says. */
export const LegalHold = z
  .strictObject({
    name: Name,
    match: Match.optional(),
    query: Query.optional(),
    since: z.iso
      .datetime({ offset: true })
      .optional()
      .meta({ description: 'Only records from this time on; all of them when it is left out.' }),
  })
  .refine(isAboutSomething, About)
export type LegalHold = z.infer<typeof LegalHold>

const haveOwnNames = (list: readonly { readonly name: string }[]): boolean =>
  new Set(list.map(({ name }) => name)).size === list.length
const OwnNames = { error: 'two have the same name' }

/** How long records are kept. */
export const RetentionSettings = z.strictObject({
  preset: z.enum(RETENTION_PRESETS).optional(),
  default_days: Days.optional().meta({
    description: 'What no policy says otherwise of; the preset’s, else the plan’s, when it is left out.',
  }),
  policies: z.array(RetentionPolicy).max(RETENTION_POLICIES_MAX).refine(haveOwnNames, OwnNames).default([]),
  holds: z.array(LegalHold).max(LEGAL_HOLDS_MAX).refine(haveOwnNames, OwnNames).default([]),
})
export type RetentionSettings = z.infer<typeof RetentionSettings>

const Kind = z.enum([...ALL_KINDS])

/** A pattern of the tenant's own. What it matches is written as `[REDACTED:name]`. */
export const RedactionPattern = z.strictObject({
  name: Name,
  pattern: z.string().min(1).max(REDACTION_PATTERN_CHARACTERS_MAX).meta({ description: 'In the syntax of RE2.' }),
})
export type RedactionPattern = z.infer<typeof RedactionPattern>

/** What is taken out of records before they are stored. */
export const RedactionSettings = z.strictObject({
  on: z.array(Kind).default([]).meta({ description: 'Kinds beside those that are on for everybody.' }),
  off: z.array(Kind).default([]).meta({ description: 'Kinds that are left in.' }),
  plain: z.boolean().default(false).meta({ description: 'true writes [REDACTED] instead of [REDACTED:kind].' }),
  patterns: z.array(RedactionPattern).max(REDACTION_PATTERNS_MAX).refine(haveOwnNames, OwnNames).default([]),
})
export type RedactionSettings = z.infer<typeof RedactionSettings>

const countIsAtMost = (max: number) => (record: object) => Object.keys(record).length <= max

const FieldMapping = z
  .record(z.string().min(1).max(128), z.enum(FIELD_ROLES))
  .refine(countIsAtMost(FIELD_MAPPINGS_MAX), { error: `there are at most ${FIELD_MAPPINGS_MAX} mapped fields` })

const LevelMapping = z
  .record(z.string().min(1).max(64), z.enum(LEVELS))
  .refine(countIsAtMost(LEVEL_MAPPINGS_MAX), { error: `there are at most ${LEVEL_MAPPINGS_MAX} mapped levels` })

/** Which times a record may have. Wider than the retention, or than a day ahead, it cannot be. */
const TimeWindow = z.strictObject({
  past_days: Days.optional(),
  future_hours: z
    .number()
    .min(0)
    .max(FUTURE_MS_MAX / HOUR_MS)
    .optional(),
})

const Origin = z.string().max(300).refine(isOrigin, { error: 'it must be an origin, like https://app.example.com' })

/** What is done with a body that comes again: a client that has lost an answer sends the same bytes, and so does one that says the same. */
const RepeatedBodies = z.enum(['store', 'once'])

/** The parts of a tenant's settings that are the same in the object and in the API. */
const PARTS = {
  retention: RetentionSettings.prefault({}),
  redaction: RedactionSettings.prefault({}),
  field_mapping: FieldMapping.default({}).meta({
    description: 'Names of members, as sent, dots between the levels, and what they mean.',
  }),
  level_mapping: LevelMapping.default({}).meta({ description: 'Words or numbers, and the level that they are.' }),
  time_window: TimeWindow.prefault({}),
  repeated_bodies: RepeatedBodies.default('store').meta({
    description:
      'once: the same body within a minute, in a protocol that has no ids, is taken for one that was sent again.',
  }),
  hot_hours: z.number().min(0).max(HOT_HOURS_MAX).optional().meta({
    description: 'How long segments stay in D1 before they are packed into R2; HOT_HOURS when it is left out.',
  }),
  origins: z
    .array(Origin)
    .max(ORIGINS_MAX)
    .default([])
    .meta({ description: 'Pages of the tenant: a new key for browsers that names none is for these.' }),
  jwt_issuers: JwtIssuers.default([]),
}

/** A service's part of the settings, as GET /admin/settings shows it and PUT takes it. */
const ServicePart = z.strictObject({
  ttl_days: z.int().min(1).max(RETENTION_DAYS_MAX).optional(),
  retention_policy: z.enum(['standard', 'extended', 'minimal']).optional(),
  alert_on_errors: z.boolean().optional(),
  max_logs_per_day: z.int().min(1).optional(),
})

/** The settings of a tenant, as the API has them. Every member has a default: `{}` is all of them. */
export const TenantSettings = z.strictObject({
  ...PARTS,
  services: z.record(z.string().min(1).max(256), ServicePart).default({}),
})
export type TenantSettings = z.infer<typeof TenantSettings>

/** The settings as the object has them, read by this version of the code. */
export interface StoredSettings extends Omit<TenantSettings, 'services' | 'retention'> {
  readonly services: ServiceConfigs
  /** Undefined when it cannot be read: another version of the code wrote it, and nothing may expire by a guess. */
  readonly retention: RetentionSettings | undefined
}

/** Reads the document of settings. A part that another version of the code wrote, and that cannot be read, is its default. */
export function readTenantSettings(document: Readonly<Record<string, unknown>>): StoredSettings {
  const part = <Schema extends z.ZodType>(schema: Schema, name: string, none: z.output<Schema>): z.output<Schema> =>
    schema.safeParse(document[name]).data ?? none
  return {
    retention: PARTS.retention.safeParse(document.retention).data,
    redaction: part(PARTS.redaction, 'redaction', NOTHING.redaction),
    field_mapping: part(PARTS.field_mapping, 'field_mapping', {}),
    level_mapping: part(PARTS.level_mapping, 'level_mapping', {}),
    time_window: part(PARTS.time_window, 'time_window', {}),
    repeated_bodies: part(PARTS.repeated_bodies, 'repeated_bodies', 'store'),
    hot_hours: PARTS.hot_hours.safeParse(document.hot_hours).data,
    origins: part(PARTS.origins, 'origins', []),
    jwt_issuers: part(PARTS.jwt_issuers, 'jwt_issuers', []),
    services: ServiceConfigs.safeParse(document.services ?? {}).data ?? {},
  }
}

const NOTHING: TenantSettings = TenantSettings.parse({})

/** An origin as browsers send it (RFC 6454, 6.2). A page over plain http can be written by anybody on the way. */
function isOrigin(text: string): boolean {
  const url = URL.parse(text)
  if (url?.origin !== text) return false
  const { protocol, hostname } = url
  const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '127.0.0.1'
  return protocol === 'https:' || (protocol === 'http:' && isLocal)
}
