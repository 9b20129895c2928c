import * as z from 'zod'
import {
  QUERY_TEXT_MAX,
  RULE_ACTIONS_MAX,
  RULE_COUNT_MAX,
  RULE_FACTOR_MAX,
  RULE_FLAP_CHANGES_MAX,
  RULE_GROUP_FIELDS_MAX,
  RULE_MAINTENANCE_MAX,
  RULE_NAME_CHARACTERS_MAX,
  RULE_TAGS_MAX,
  RULE_TEXT_CHARACTERS_MAX,
  RULE_WINDOW_MS_MAX,
  RULE_WINDOW_MS_MIN,
} from '../limits/limits'
import { formatDuration, parseDuration } from '../query/values'

/** The id of a rule, made by whoever takes it in; built-in rules have theirs from their key. */
export const RuleId = z.string().regex(/^rul_[a-z0-9_]{1,60}$/, { error: 'it must be the id of a rule: rul_…' })

/** A span of time as in queries: `30s`, `5m`, `1h30m`. From 1 s to 7 days: what is kept is in memory for as long. */
export const RuleDuration = z
  .string()
  .max(40)
  .refine(isDuration, {
    error: `it must be a duration such as 30s, 5m or 1h30m, from ${formatDuration(RULE_WINDOW_MS_MIN)} to ${formatDuration(RULE_WINDOW_MS_MAX)}`,
  })

/** The name of an event that webhooks subscribe to. */
export const EventName = z.string().regex(/^[a-zA-Z0-9_.]{1,64}$/, {
  error: 'it must have 1 to 64 letters, digits, underscores and full stops',
})

const Query = z.string().max(QUERY_TEXT_MAX).meta({
  description: 'In the language of docs/query-language.md, without pipes. Empty for every record.',
})
const Field = z.string().min(1).max(RULE_TEXT_CHARACTERS_MAX)
const By = z.array(Field).min(1).max(RULE_GROUP_FIELDS_MAX).meta({
  description: 'Each combination of the values of these fields is counted, and fires, by itself.',
})
const Count = z.int().min(1).max(RULE_COUNT_MAX)
const Factor = z.number().positive().max(RULE_FACTOR_MAX)

/** What makes a rule fire. */
export const Trigger = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('match') }),
  z.strictObject({ type: z.literal('count'), count: Count, window: RuleDuration, by: By.optional() }),
  z.strictObject({ type: z.literal('absence'), for: RuleDuration, by: By.optional() }),
  z.strictObject({ type: z.literal('habit'), factor: Factor, least: RuleDuration, by: By.optional() }),
  z.strictObject({ type: z.literal('first_seen'), field: Field }),
  z.strictObject({
    type: z.literal('ratio'),
    of: Query,
    above: z.number().min(0).max(RULE_FACTOR_MAX),
    window: RuleDuration,
    least_total: Count,
    by: By.optional(),
  }),
  z.strictObject({
    type: z.literal('change'),
    factor: Factor.refine((factor) => factor !== 1, { error: 'it must be above 1 for a rise or below 1 for a fall' }),
    window: RuleDuration,
    least: Count,
    by: By.optional(),
  }),
  z.strictObject({ type: z.literal('usage'), of: z.enum(['quota', 'storage']), above: z.number().gt(0).max(1) }),
])
export type Trigger = z.infer<typeof Trigger>

/** How grave an incident is. */
export const INCIDENT_SEVERITIES = ['low', 'medium', 'high', 'critical'] as const

/** What happens when a rule fires. */
export const RuleAction = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('notify'), event: EventName }),
  z.strictObject({ type: z.literal('incident'), severity: z.enum(INCIDENT_SEVERITIES) }),
  z.strictObject({ type: z.literal('record_rule'), rule: RuleId, for: RuleDuration }),
])
export type RuleAction = z.infer<typeof RuleAction>

/** The days of a week, as maintenance windows name them. */
export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

const Time = z.iso.datetime({ offset: true })
const TimeOfDay = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, { error: 'it must be a time of day: HH:MM' })

/** When a rule is quiet because it is known that something will happen: once, or each week. */
export const Maintenance = z.union([
  z.strictObject({ from: Time, to: Time }).refine(({ from, to }) => Date.parse(from) < Date.parse(to), {
    error: 'it must end after it begins',
    path: ['to'],
  }),
  z
    .strictObject({
      days: z.array(z.enum(WEEKDAYS)).min(1).max(7),
      from: TimeOfDay,
      to: TimeOfDay.meta({ description: 'Not after `from`: on the next day.' }),
      zone: z.string().max(64).refine(isZone, { error: 'it must be a time zone such as UTC or Europe/Berlin' }),
    })
    .meta({ description: 'Each week. The days are those on which it begins.' }),
])
export type Maintenance = z.infer<typeof Maintenance>

/** What a record rule makes of the records that it matches. */
export const RecordEffect = z
  .strictObject({
    set: z
      .strictObject({
        severity: z.string().min(1).max(64).optional(),
        category: z.string().min(1).max(64).optional(),
        tags: z.array(z.string().min(1).max(64)).min(1).max(RULE_TAGS_MAX).optional(),
      })
      .refine((set) => Object.values(set).some((value) => value !== undefined), { error: 'it must set something' })
      .optional(),
    drop: z.literal(true).optional(),
    sample: z.number().gt(0).lt(1).optional(),
  })
  .refine(({ set, drop, sample }) => [set, drop, sample].filter((one) => one !== undefined).length > 0, {
    error: 'it must set, drop or sample',
  })
  .refine(({ drop, sample, set }) => drop === undefined || (sample === undefined && set === undefined), {
    error: 'what is dropped is neither sampled nor set',
  })
export type RecordEffect = z.infer<typeof RecordEffect>

const common = {
  name: z.string().min(1).max(RULE_NAME_CHARACTERS_MAX),
  description: z
    .string()
    .max(RULE_TEXT_CHARACTERS_MAX * 4)
    .optional(),
  enabled: z.boolean().default(true),
  query: Query,
}

const TriggerRuleDraft = z.strictObject({
  ...common,
  kind: z.literal('trigger'),
  trigger: Trigger,
  for: RuleDuration.optional().meta({ description: 'How long the condition must hold before the rule fires.' }),
  cooldown: RuleDuration.optional().meta({ description: 'How long a group that has fired stays quiet.' }),
  flap: z
    .strictObject({ changes: z.int().min(2).max(RULE_FLAP_CHANGES_MAX), window: RuleDuration })
    .optional()
    .meta({
      description: 'A group that fired and resolved so often within the window stays quiet until it calms down.',
    }),
  muted_until: Time.optional(),
  maintenance: z.array(Maintenance).max(RULE_MAINTENANCE_MAX).optional(),
  actions: z.array(RuleAction).min(1).max(RULE_ACTIONS_MAX),
})

const RecordRuleDraft = z.strictObject({
  ...common,
  kind: z.literal('record'),
  effect: RecordEffect,
  active: z.enum(['always', 'on_demand']).default('always').meta({
    description: '`on_demand`: only while a trigger rule has switched it on.',
  }),
})

/** A rule as somebody writes it: a query with either a trigger and actions, or an effect on records. */
export const RuleDraft = z
  .discriminatedUnion('kind', [TriggerRuleDraft, RecordRuleDraft])
  .refine((rule) => rule.kind === 'record' || rule.for === undefined || !isPulse(rule.trigger), {
    error: 'a match or a first value is a moment, which cannot hold for a time',
    path: ['for'],
  })
  .refine((rule) => rule.kind === 'record' || rule.flap === undefined || !isPulse(rule.trigger), {
    error: 'a match or a first value is a moment, which cannot flap: give a cooldown',
    path: ['flap'],
  })
export type RuleDraft = z.infer<typeof RuleDraft>

const kept = {
  id: RuleId,
  version: z.int().min(0),
  /** Key of the built-in rule that it is, edited or not. */
  built_in: z.string().optional(),
  /** Built-in rules that nobody has edited have no such times. */
  created_at: Time.optional(),
  updated_at: Time.optional(),
  /** Why the service has switched it off. */
  disabled_reason: z.strictObject({ code: z.string(), detail: z.string(), at: Time }).optional(),
}

/** A rule that records pass through when they are taken in. */
export const RecordRule = RecordRuleDraft.extend({
  ...kept,
  /** Until when a trigger rule has switched it on. */
  active_until: Time.optional(),
})
export type RecordRule = z.infer<typeof RecordRule>

/** A rule that watches what arrives. */
export const TriggerRule = TriggerRuleDraft.extend(kept)
export type TriggerRule = z.infer<typeof TriggerRule>

/** A rule as it is kept and shown. */
export const Rule = z.discriminatedUnion('kind', [TriggerRule, RecordRule])
export type Rule = z.infer<typeof Rule>

/** Whether the trigger is of a moment, rather than of a condition that holds for a while. */
export const isPulse = ({ type }: Pick<Trigger, 'type'>): boolean => type === 'match' || type === 'first_seen'

/** A duration of a rule that was checked, in milliseconds. */
export const durationMs = (text: string): number => Math.round(parseDuration(text) ?? 0)

function isDuration(text: string): boolean {
  const ms = parseDuration(text)
  return ms !== undefined && ms >= RULE_WINDOW_MS_MIN && ms <= RULE_WINDOW_MS_MAX
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
