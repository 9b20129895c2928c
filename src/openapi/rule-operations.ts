import * as z from 'zod'
import {
  DryRunQuery,
  IncidentListQuery,
  IncidentNote,
  RuleListQuery,
  RulePatch,
  RuleTest,
} from '../routes/rules/rule-body'
import { INCIDENT_SEVERITIES, Rule, RuleDraft } from '../rules/rule'
import { LogAnswer, SearchMeta } from './answers'
import { logExample, metaExample } from './examples'
import type { Operation } from './operation'
import { IfMatch, json } from './request-parts'

const RulePath = z.object({ rule: z.string().meta({ description: 'Its id, rul_….' }) })
const BuiltInPath = z.object({ builtin: z.string().meta({ description: 'The id of a built-in rule, rul_….' }) })
const IncidentPath = z.object({ incident: z.string().meta({ description: 'Its id, inc_….' }) })

const id = 'rul_01kaj2m4x8v3c9t0w5b6n7p2qr'
const incidentId = 'inc_01kaj2m4x8v3c9t0w5b6n7p2qr'

const Page = z.strictObject({ next_cursor: z.string().nullable(), has_more: z.boolean() })
const page = { next_cursor: null, has_more: false }

const time = z.string().meta({ description: 'RFC 3339, UTC.' })
const count = z.int().min(0)
const Group = z.record(z.string(), z.string().nullable()).meta({
  description: 'Values of the fields that the rule groups by; empty where it does not.',
})

const RuleList = z.strictObject({ data: z.array(Rule), page: Page })
const VersionList = z.strictObject({ data: z.array(Rule) })
const DryRunAnswer = z.strictObject({ dry_run: z.literal(true), rule: RuleDraft })

const GroupList = z.strictObject({
  data: z.array(
    z.strictObject({
      group: Group,
      state: z
        .enum(['pending', 'firing', 'resolved'])
        .meta({ description: 'resolved: it has fired, and is in its cooldown.' }),
      since: time,
      count: count.meta({ description: 'Matches since it fires.' }),
      quiet: z
        .enum(['cooldown', 'flapping', 'muted', 'maintenance'])
        .optional()
        .meta({ description: 'Why nobody is told although it fires.' }),
    }),
  ),
})

const IncidentAnswer = z.strictObject({
  id: z.string(),
  number: count,
  rule: z.strictObject({ id: z.string(), name: z.string(), version: z.int() }),
  severity: z.enum(INCIDENT_SEVERITIES),
  state: z.enum(['open', 'acknowledged', 'resolved']),
  group: Group,
  fired_at: time,
  last_match_at: time,
  acknowledged_at: time.optional(),
  acknowledged_by: z.string().optional(),
  note: z.string().optional(),
  resolved_at: time.optional(),
  count: count.meta({ description: 'Matches since it fired, those that made it fire too.' }),
  query: z.string().meta({ description: 'Finds what it is about.' }),
  rows: z
    .array(z.record(z.string(), z.unknown()))
    .meta({ description: 'Records of the batch that made it fire, at most ten.' }),
})
const IncidentList = z.strictObject({ data: z.array(IncidentAnswer), page: Page })

const TestAnswer = z.strictObject({
  rule: z.strictObject({ id: z.string().nullable(), name: z.string() }),
  matched: count.meta({ description: 'Records that match the query.' }),
  groups: count.meta({ description: 'Different groups among them.' }),
  firings: z.array(
    z.strictObject({
      at: time,
      group: Group,
      count: count.meta({ description: 'Matches that counted then.' }),
      values: z.array(z.string()).optional().meta({ description: 'Of first_seen: the new values.' }),
      told_at: time.nullable().meta({ description: 'When the actions would have been taken; null: never.' }),
      quiet: z.string().nullable().meta({ description: 'Why not at once: cooldown, flapping, muted or maintenance.' }),
      resolved_at: time.nullable().meta({ description: 'null while it was still firing at the end.' }),
      rows: z.array(LogAnswer).meta({ description: 'Records of the group that arrived last before, at most three.' }),
    }),
  ),
  firings_total: count.meta({ description: 'The first hundred are listed.' }),
  rows: z.array(LogAnswer).meta({ description: 'Of a record rule: records that match, at most ten.' }),
  stopped: z
    .strictObject({ code: z.string(), detail: z.string() })
    .nullable()
    .meta({ description: 'Why the rule would have been switched off.' }),
  complete: z.boolean().meta({ description: 'false: not everything in the range was looked at.' }),
  meta: SearchMeta,
})

const draft = {
  name: 'Payments fail',
  kind: 'trigger',
  query: 'service:checkout level:>=error',
  trigger: { type: 'count', count: 5, window: '5m', by: ['region'] },
  cooldown: '30m',
  actions: [
    { type: 'notify', event: 'payments_failing' },
    { type: 'incident', severity: 'high' },
  ],
} as const

const shown = {
  id,
  version: 1,
  enabled: true,
  ...JSON.parse(JSON.stringify(draft)),
  created_at: '2026-11-21T10:00:00.000Z',
  updated_at: '2026-11-21T10:00:00.000Z',
}

const incident = {
  id: incidentId,
  number: 17,
  rule: { id: 'rul_critical_error', name: 'Critical error', version: 0 },
  severity: 'critical',
  state: 'open',
  group: {},
  fired_at: '2026-11-21T10:00:00.000Z',
  last_match_at: '2026-11-21T10:00:00.000Z',
  count: 1,
  query: 'level:fatal OR (level:error severity:critical)',
  rows: [{ ...logExample, level: 'fatal' }],
} satisfies z.input<typeof IncidentAnswer>

const settled = {
  ...incident,
  state: 'acknowledged',
  acknowledged_at: '2026-11-21T10:02:00.000Z',
  acknowledged_by: 'key_01kaj2m4x8v3c9t0w5b6n7p2qr',
  note: 'looking into it',
} satisfies z.input<typeof IncidentAnswer>

const BODY_PROBLEMS = ['invalid_json', 'payload_too_large', 'validation_failed', 'query_syntax'] as const
const CHANGE_PROBLEMS = [...BODY_PROBLEMS, 'conflict', 'precondition_failed', 'feature_disabled'] as const
const READ_PROBLEMS = ['validation_failed', 'feature_disabled'] as const

const WATCHES =
  'See docs/rules.md for what triggers, actions and effects there are, with ten rules that people really need.'

/** The rules of a tenant, and what they have found. */
export const RULE_OPERATIONS: readonly Operation[] = [
  {
    id: 'createRule',
    group: 'integration',
    method: 'POST',
    path: '/integration/rules',
    scope: 'integrations:write',
    summary: 'Makes a rule',
    description:
      'A trigger rule watches what arrives, from the next batch on; a record rule changes, drops or samples records while they ' +
      `are taken in. ${WATCHES} What is wrong with a query is told with its span. With \`dry_run=true\` nothing is kept, and the ` +
      'answer (200) is the rule as it would be. Needs credentials that see all logs of the tenant.',
    query: DryRunQuery,
    body: { description: 'The rule.', content: json(RuleDraft) },
    answers: {
      200: { description: 'With dry_run=true: the rule as it would be kept.', content: json(DryRunAnswer) },
      201: { description: 'The rule.', content: json(Rule) },
    },
    problems: CHANGE_PROBLEMS,
    example: {
      query: { dry_run: 'true' },
      body: draft,
      status: 200,
      answer: { dry_run: true, rule: { ...draft, enabled: true } },
    },
  },
  {
    id: 'listRules',
    group: 'integration',
    method: 'GET',
    path: '/integration/rules',
    scope: 'integrations:read',
    summary: 'The rules of the tenant',
    description: 'Built-in rules too, in the order of their ids. A rule that the service has switched off says why.',
    query: RuleListQuery,
    answers: { 200: { description: 'A page of rules.', content: json(RuleList) } },
    problems: [...READ_PROBLEMS, 'cursor_mismatch'],
    example: { query: { enabled: 'true' }, status: 200, answer: { data: [shown], page } },
  },
  {
    id: 'testRule',
    group: 'integration',
    method: 'POST',
    path: '/integration/rules/test',
    scope: 'integrations:read',
    summary: 'When a rule would have fired',
    description:
      'Runs a rule over records that are stored, in the order in which they arrived, by the engine that runs it over what ' +
      'arrives. Nothing is kept and nobody is told. The scope `logs:read` is needed too, and only what the caller may see is ' +
      'looked at. A search’s limits hold: `complete` says whether everything was.',
    body: {
      description: 'A rule of the tenant, or one that is not kept, and a range of times.',
      content: json(RuleTest),
    },
    answers: { 200: { description: 'What the rule would have done.', content: json(TestAnswer) } },
    problems: [...BODY_PROBLEMS, 'feature_disabled', 'ingest_paused'],
    example: {
      body: { id: 'rul_critical_error', from: '2h' },
      status: 200,
      answer: {
        firings: [
          {
            ...{ at: '2026-11-21T10:00:00.000Z', group: {}, count: 1, told_at: '2026-11-21T10:00:00.000Z' },
            ...{ quiet: null, resolved_at: '2026-11-21T10:05:00.000Z', rows: [{ ...logExample, level: 'fatal' }] },
          },
        ],
        rows: [],
        rule: { id: 'rul_critical_error', name: 'Critical error' },
        ...{ matched: 1, groups: 1, firings_total: 1, stopped: null, complete: true },
        meta: metaExample,
      },
    },
  },
  {
    id: 'showRule',
    group: 'integration',
    method: 'GET',
    path: '/integration/rules/:rule',
    scope: 'integrations:read',
    summary: 'One rule',
    description: 'With its version in `ETag`.',
    pathParameters: RulePath,
    answers: { 200: { description: 'The rule.', content: json(Rule) } },
    problems: READ_PROBLEMS,
    example: { path: { rule: id }, status: 200, answer: shown },
  },
  {
    id: 'putRule',
    group: 'integration',
    method: 'PUT',
    path: '/integration/rules/:rule',
    scope: 'integrations:write',
    summary: 'Puts a rule in the place of one',
    description:
      'A new version. With another query or trigger the rule begins to watch anew. A built-in rule keeps its place, and can be ' +
      'reset. `dry_run` as where rules are made.',
    pathParameters: RulePath,
    query: DryRunQuery,
    headers: IfMatch,
    body: { description: 'The rule.', content: json(RuleDraft) },
    answers: {
      200: { description: 'The rule as it is now, or as it would be.', content: json(z.union([Rule, DryRunAnswer])) },
    },
    problems: CHANGE_PROBLEMS,
    example: { path: { rule: id }, body: draft, status: 200, answer: { ...shown, version: 2 } },
  },
  {
    id: 'patchRule',
    group: 'integration',
    method: 'PATCH',
    path: '/integration/rules/:rule',
    scope: 'integrations:write',
    summary: 'Changes a rule',
    description:
      'A merge patch (RFC 7396). `{"enabled": false}` switches a rule off, `{"enabled": true}` on again, also one that the ' +
      'service has switched off.',
    pathParameters: RulePath,
    query: DryRunQuery,
    headers: IfMatch,
    body: { description: 'Members of the rule.', content: json(RulePatch) },
    answers: {
      200: { description: 'The rule as it is now, or as it would be.', content: json(z.union([Rule, DryRunAnswer])) },
    },
    problems: CHANGE_PROBLEMS,
    example: {
      path: { rule: id },
      body: { description: 'Card payments, by region.' },
      status: 200,
      answer: { ...shown, version: 2, description: 'Card payments, by region.' },
    },
  },
  {
    id: 'listRuleVersions',
    group: 'integration',
    method: 'GET',
    path: '/integration/rules/:rule/versions',
    scope: 'integrations:read',
    summary: 'What a rule was',
    description: 'Each change makes a version. The newest first, the one in force too; the object keeps the last 20.',
    pathParameters: RulePath,
    answers: { 200: { description: 'The versions.', content: json(VersionList) } },
    problems: READ_PROBLEMS,
    example: { path: { rule: id }, status: 200, answer: { data: [shown] } },
  },
  {
    id: 'listRuleGroups',
    group: 'integration',
    method: 'GET',
    path: '/integration/rules/:rule/groups',
    scope: 'integrations:read',
    summary: 'Which groups of a rule fire, or are about to',
    description: 'At most 1,000. Needs credentials that see all logs of the tenant.',
    pathParameters: RulePath,
    answers: { 200: { description: 'The groups.', content: json(GroupList) } },
    problems: READ_PROBLEMS,
    example: {
      path: { rule: id },
      status: 200,
      answer: {
        data: [
          {
            group: { region: 'eu' },
            state: 'firing',
            since: '2026-11-21T10:00:00.000Z',
            count: 3,
            quiet: 'cooldown',
          },
        ],
      },
    },
  },
  {
    id: 'resetRule',
    group: 'integration',
    method: 'POST',
    path: '/integration/rules/:builtin/reset',
    scope: 'integrations:write',
    summary: 'Makes a built-in rule what it was',
    description: 'As it is delivered, and on.',
    pathParameters: BuiltInPath,
    headers: IfMatch,
    answers: { 200: { description: 'The rule as it is now.', content: json(Rule) } },
    problems: CHANGE_PROBLEMS,
    example: {
      path: { builtin: 'rul_critical_error' },
      status: 200,
      answer: { ...shown, id: 'rul_critical_error', built_in: 'critical_error' },
    },
  },
  {
    id: 'removeRule',
    group: 'integration',
    method: 'DELETE',
    path: '/integration/rules/:rule',
    scope: 'integrations:write',
    summary: 'Takes a rule away',
    description: 'What it has found stays. A built-in rule can only be switched off.',
    pathParameters: RulePath,
    headers: IfMatch,
    answers: { 204: { description: 'It is gone.', content: {} } },
    problems: ['validation_failed', 'conflict', 'precondition_failed', 'feature_disabled'],
    example: { path: { rule: id }, status: 204, answer: '' },
  },
  {
    id: 'listIncidents',
    group: 'integration',
    method: 'GET',
    path: '/integration/incidents',
    scope: 'integrations:read',
    summary: 'What rules have found',
    description: 'The newest first. Needs credentials that see all logs of the tenant.',
    query: IncidentListQuery,
    answers: { 200: { description: 'A page of incidents.', content: json(IncidentList) } },
    problems: [...READ_PROBLEMS, 'cursor_mismatch'],
    example: { query: { state: 'open' }, status: 200, answer: { data: [incident], page } },
  },
  {
    id: 'showIncident',
    group: 'integration',
    method: 'GET',
    path: '/integration/incidents/:incident',
    scope: 'integrations:read',
    summary: 'One incident',
    description: 'On which rows, when it fired, who has acknowledged it, and when it resolved.',
    pathParameters: IncidentPath,
    answers: { 200: { description: 'The incident.', content: json(IncidentAnswer) } },
    problems: READ_PROBLEMS,
    example: { path: { incident: incidentId }, status: 200, answer: incident },
  },
  {
    id: 'acknowledgeIncident',
    group: 'integration',
    method: 'POST',
    path: '/integration/incidents/:incident/acknowledge',
    scope: 'integrations:write',
    summary: 'Says that somebody looks after an incident',
    description: 'The incident keeps who and when. The body may be left out.',
    pathParameters: IncidentPath,
    body: { description: 'A note.', content: json(IncidentNote) },
    answers: { 200: { description: 'The incident as it is now.', content: json(IncidentAnswer) } },
    problems: ['invalid_json', 'payload_too_large', 'validation_failed', 'conflict', 'feature_disabled'],
    example: { path: { incident: incidentId }, body: { note: 'looking into it' }, status: 200, answer: settled },
  },
  {
    id: 'resolveIncident',
    group: 'integration',
    method: 'POST',
    path: '/integration/incidents/:incident/resolve',
    scope: 'integrations:write',
    summary: 'Closes an incident',
    description: 'Whatever the rule says. One that has resolved stays as it is. The body may be left out.',
    pathParameters: IncidentPath,
    body: { description: 'A note.', content: json(IncidentNote) },
    answers: { 200: { description: 'The incident as it is now.', content: json(IncidentAnswer) } },
    problems: ['invalid_json', 'payload_too_large', 'validation_failed', 'conflict', 'feature_disabled'],
    example: {
      path: { incident: incidentId },
      body: { note: 'rolled back' },
      status: 200,
      answer: { ...settled, state: 'resolved', note: 'rolled back', resolved_at: '2026-11-21T10:20:00.000Z' },
    },
  },
]
