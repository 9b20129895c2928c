import * as z from 'zod'
import { SettingsPatch } from '../routes/change-settings'
import { HistoryQuery } from '../routes/list-settings-history'
import { RedactionTest } from '../routes/test-redaction'
import { TenantSettings } from '../tenant/settings'
import type { Operation } from './operation'

const IfMatch = z.strictObject({
  'If-Match': z
    .string()
    .optional()
    .meta({ description: 'The ETag of the settings that the change is meant for; without it, whatever they are.' }),
})

const HistoryAnswer = z.strictObject({
  data: z.array(
    z.strictObject({
      version: z.int().meta({ description: 'Of the tenant; the ETag of the settings that the change made.' }),
      at: z.string(),
      by: z.string().meta({ description: 'The principal: a key, a session, or the subject of a token.' }),
      address: z.string(),
      before: z
        .record(z.string(), z.unknown())
        .meta({ description: 'The members that were changed, as they are kept.' }),
      after: z.record(z.string(), z.unknown()),
    }),
  ),
  page: z.strictObject({ next_cursor: z.string().nullable(), has_more: z.boolean() }),
})

const TestAnswer = z.strictObject({
  tested: z.int().meta({ description: 'Records that were looked at, the newest first.' }),
  matched: z.int().meta({ description: 'Of these, those of which something would be taken out.' }),
  partial: z.boolean().meta({ description: 'Whether some of the logs could not be looked at.' }),
  samples: z.array(
    z.strictObject({
      id: z.string(),
      time: z.string(),
      excerpt: z
        .string()
        .meta({ description: 'The document as it would be kept, from shortly before the first place.' }),
    }),
  ),
})

const RetentionAnswer = z.strictObject({
  default_days: z.int().meta({ description: 'What no policy says otherwise of.' }),
  policies: z
    .array(z.strictObject({ name: z.string(), days: z.union([z.int(), z.literal('forever')]) }))
    .meta({ description: 'The first that a record matches holds.' }),
  holds: z.array(z.string()),
  stored: z.array(z.strictObject({ class: z.string(), segments: z.int(), rows: z.int(), bytes: z.int() })).meta({
    description: 'Published segments by the retention class that they were made under; also what has expired in part.',
  }),
  runs: z.array(
    z.strictObject({
      slot: z.string().meta({ description: 'When the run was due.' }),
      started: z.string(),
      finished: z.string().nullable().meta({ description: 'null while it goes on.' }),
      segments_removed: z.int(),
      segments_rewritten: z.int().meta({ description: 'Without the records that had expired.' }),
      policies: z
        .record(z.string(), z.strictObject({ rows: z.int(), bytes: z.int() }))
        .meta({ description: 'What was removed, by the policy by which it had expired.' }),
    }),
  ),
})

const settingsExample = TenantSettings.parse({
  retention: {
    default_days: 30,
    policies: [{ name: 'errors', priority: 10, match: { levels: ['error', 'fatal'] }, days: 90 }],
  },
  redaction: { patterns: [{ name: 'employee', pattern: '\\bEMP-\\d{6}\\b' }] },
  level_mapping: { notice: 'warn' },
})

const SHOWN = JSON.parse(JSON.stringify(settingsExample))

const CHANGE_PROBLEMS = [
  'invalid_json',
  'invalid_body',
  'payload_too_large',
  'validation_failed',
  'precondition_failed',
  'conflict',
] as const

const HOLDS =
  'Every member is checked; docs/settings.md says what each means. The change holds from the next request on.'

/** What a tenant can set by itself. */
export const SETTINGS_OPERATIONS: readonly Operation[] = [
  {
    id: 'showSettings',
    group: 'admin',
    method: 'GET',
    path: '/admin/settings',
    scope: 'admin:read',
    summary: 'The settings of the tenant',
    description:
      'Every member, with its default where nothing is set. The `ETag` names the version: send it as `If-Match`.',
    answers: { 200: { description: 'The settings.', content: { 'application/json': TenantSettings } } },
    problems: ['validation_failed'],
    example: { status: 200, answer: SHOWN },
  },
  {
    id: 'putSettings',
    group: 'admin',
    method: 'PUT',
    path: '/admin/settings',
    scope: 'admin:settings',
    summary: 'Puts settings in the place of all that were set',
    description: `What the body leaves out is the default again. ${HOLDS}`,
    headers: IfMatch,
    body: { description: 'The settings.', content: { 'application/json': TenantSettings } },
    answers: { 200: { description: 'The settings as they are now.', content: { 'application/json': TenantSettings } } },
    problems: CHANGE_PROBLEMS,
    example: { body: SHOWN, status: 200, answer: SHOWN },
  },
  {
    id: 'patchSettings',
    group: 'admin',
    method: 'PATCH',
    path: '/admin/settings',
    scope: 'admin:settings',
    summary: 'Changes some of the settings',
    description: `A merge patch (RFC 7396): members are set, \`null\` takes one back to its default, lists are put as a whole. ${HOLDS}`,
    headers: IfMatch,
    body: { description: 'A merge patch.', content: { 'application/json': SettingsPatch } },
    answers: { 200: { description: 'The settings as they are now.', content: { 'application/json': TenantSettings } } },
    problems: CHANGE_PROBLEMS,
    example: { body: { level_mapping: { notice: 'warn', '35': null } }, status: 200, answer: SHOWN },
  },
  {
    id: 'listSettingsHistory',
    group: 'admin',
    method: 'GET',
    path: '/admin/settings/history',
    scope: 'admin:read',
    summary: 'Who changed what of the settings',
    description: 'The last change first. The object keeps the last 200.',
    query: HistoryQuery,
    answers: { 200: { description: 'The changes.', content: { 'application/json': HistoryAnswer } } },
    problems: ['validation_failed'],
    example: {
      query: { limit: '1' },
      status: 200,
      answer: {
        data: [
          {
            ...{
              version: 7,
              at: '2026-11-21T10:00:00.000Z',
              by: 'key_01kaj2m4x8v3c9t0w5b6n7p2qr',
              address: '203.0.113.7',
            },
            ...{ before: {}, after: { level_mapping: { notice: 'warn' } } },
          },
        ],
        page: { next_cursor: '7', has_more: true },
      },
    },
  },
  {
    id: 'testRedaction',
    group: 'admin',
    method: 'POST',
    path: '/admin/settings/redaction/test',
    scope: 'admin:settings',
    summary: 'What a redaction would take out of the newest logs',
    description:
      'Nothing is saved. The scope `logs:read` is needed too. What is stored has been through the redaction of its time.',
    body: { description: 'Redaction as in the settings.', content: { 'application/json': RedactionTest } },
    answers: { 200: { description: 'How many match.', content: { 'application/json': TestAnswer } } },
    problems: [
      'invalid_json',
      'invalid_body',
      'payload_too_large',
      'validation_failed',
      'query_syntax',
      'ingest_paused',
    ],
    example: {
      body: { patterns: [{ name: 'order', pattern: '\\bo_\\d+\\b' }] },
      status: 200,
      answer: {
        ...{ tested: 1000, matched: 1, partial: false },
        samples: [
          {
            ...{ id: 'log_100g1m7zdgcsf0000000001', time: '2026-11-21T10:00:00.000Z' },
            excerpt: '{"level":"error","message":"payment timeout after 30s","orderId":"[REDACTED:order]"}',
          },
        ],
      },
    },
  },
  {
    id: 'showRetention',
    group: 'admin',
    method: 'GET',
    path: '/admin/retention',
    scope: 'admin:read',
    summary: 'How long records are kept, and what was removed',
    description: 'The policies in force in their order, what is stored by retention class, and the last 90 runs.',
    answers: { 200: { description: 'The account of retention.', content: { 'application/json': RetentionAnswer } } },
    problems: ['validation_failed'],
    example: {
      status: 200,
      answer: {
        default_days: 30,
        policies: [{ name: 'errors', days: 90 }],
        holds: [],
        stored: [{ class: 'd90', segments: 1, rows: 212, bytes: 9120 }],
        runs: [
          {
            ...{
              slot: '2026-11-21T02:00:00.000Z',
              started: '2026-11-21T02:00:01.210Z',
              finished: '2026-11-21T02:00:02.020Z',
            },
            ...{ segments_removed: 3, segments_rewritten: 1 },
            policies: { default: { rows: 41200, bytes: 1310720 }, errors: { rows: 17, bytes: 610 } },
          },
        ],
      },
    },
  },
]
