import { createHash } from 'node:crypto'
import type { DocumentTable } from '../blocks/table'
import { RULE_SAMPLE_BYTES_MAX } from '../limits/limits'
import { quote } from '../query/quoted'
import { RecordWriter } from '../query/record-json'
import type { JsonObject } from '../tenant/directory-rows'
import type { TenantEvent } from '../webhooks/event'
import type { Transition } from './evaluate'
import { groupOf } from './group-key'
import type { Incident } from './incident'
import { isPulse } from './rule'

/** The id of the incident that a firing begins or belongs to. */
export const incidentIdOf = ({ rule, startedMs, incident }: Transition): string =>
  `inc_${digest([rule.rule.id, startedMs, incident])}`

/** The events that a transition is told by: one for each notification of a rule that fired, one when it resolved. */
export function eventsOf(transition: Transition, rows: readonly JsonObject[]): TenantEvent[] {
  const { rule, what, isTold } = transition
  if (!isTold) return []
  const names = rule.rule.actions.flatMap((action) => (action.type === 'notify' ? [action.event] : []))
  if (what !== 'resolved') return [...new Set(names)].map((name) => eventOf(name, transition, rows))
  // What fires for a moment does not resolve: its incident only comes to an end.
  return names.length === 0 || isPulse(rule.rule.trigger) ? [] : [eventOf('alert_resolved', transition, rows)]
}

/** The incident that a firing begins; undefined when the rule raises none. */
export function incidentOf(transition: Transition, rows: readonly JsonObject[]): Omit<Incident, 'number'> | undefined {
  const { rule, key, atMs, count } = transition
  const action = rule.rule.actions.find(({ type }) => type === 'incident')
  if (action?.type !== 'incident') return undefined
  const at = new Date(atMs).toISOString()
  return {
    id: incidentIdOf(transition),
    rule: { id: rule.rule.id, name: rule.rule.name, version: rule.rule.version },
    ...{
      severity: action.severity,
      state: 'open',
      group: groupOf(rule.by, key),
      fired_at: at,
      last_match_at: at,
      count,
    },
    query: queryOf(transition),
    rows,
  }
}

/** The event that tells the owner of a rule that it was switched off. */
export const disabledEvent = (
  rule: { readonly id: string; readonly name: string; readonly version: number },
  { code, detail }: { readonly code: string; readonly detail: string },
  nowMs: number,
): TenantEvent => ({
  type: 'rule_disabled',
  id: `evt_${digest([rule.id, rule.version, code])}`,
  occurredMs: nowMs,
  data: { rule: { id: rule.id, name: rule.name, version: rule.version }, reason: { code, detail } },
})

/** Records as a search shows them, as many as there is room for; of one that is too large only its head. */
export function sampleOf(table: DocumentTable, rows: readonly number[], shard: number): JsonObject[] {
  const writer = new RecordWriter(table, shard)
  const samples: JsonObject[] = []
  let left = RULE_SAMPLE_BYTES_MAX
  for (const row of rows) {
    const whole = writer.write(row)
    const text = Buffer.byteLength(whole) <= left ? whole : headOf(writer, row)
    left -= Buffer.byteLength(text)
    if (left < 0) break
    samples.push(JSON.parse(text))
  }
  return samples
}

function headOf(writer: RecordWriter, row: number): string {
  const head: JsonObject = JSON.parse(writer.writeFields(row, ['id', 'time', 'level', 'service', 'message']))
  const cut = Object.entries(head).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.slice(0, HEAD_CHARACTERS).toWellFormed() : value,
  ])
  return JSON.stringify({ ...Object.fromEntries(cut), truncated: true })
}

const HEAD_CHARACTERS = 200

function eventOf(type: string, transition: Transition, rows: readonly JsonObject[]): TenantEvent {
  const { rule, what, key, atMs, sinceMs, firing, startedMs, count, values, isEnded } = transition
  const { id, name, version, trigger } = rule.rule
  const raises = rule.rule.actions.some((action) => action.type === 'incident')
  const query = queryOf(transition)
  return {
    type,
    // A firing that was quiet is told once, and its end once.
    id: `evt_${digest([id, startedMs, firing, what === 'resolved' ? 'resolved' : 'fired', type])}`,
    occurredMs: atMs,
    data: {
      rule: { id, name, version },
      state: what === 'resolved' ? 'resolved' : 'firing',
      group: groupOf(rule.by, key),
      count,
      since: new Date(sinceMs).toISOString(),
      ...('window' in trigger && { window: trigger.window }),
      ...(values.length > 0 && { values }),
      ...(raises && { incident: incidentIdOf(transition) }),
      ...(isEnded && { reason: 'rule_changed' }),
      rows,
      query,
      link: `/logs?q=${encodeURIComponent(query)}`,
    },
  }
}

/** The query that finds what a transition is about: the rule's, for the values of the group. */
export function queryOf({ rule, key }: Pick<Transition, 'rule' | 'key'>): string {
  const terms = Object.entries(groupOf(rule.by, key)).flatMap(([field, value]) => termOf(field, value))
  if (rule.rule.trigger.type === 'usage' || rule.rule.trigger.type === 'first_seen') return rule.rule.query
  if (terms.length === 0) return rule.rule.query
  return [...(rule.rule.query.trim() === '' ? [] : [`(${rule.rule.query})`]), ...terms].join(' ')
}

/** What was cut cannot be looked for. */
function termOf(field: string, value: string | null): string[] {
  if (value === null) return [`missing:${fieldName(field)}`]
  return value.includes('…') || value === '(others)' ? [] : [`${fieldName(field)}:${quote(value)}`]
}

const fieldName = (field: string): string => (/^[\w.@-]+$/.test(field) ? field : quote(field))

const digest = (parts: readonly (string | number)[]): string =>
  createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)
