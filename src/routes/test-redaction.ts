import * as z from 'zod'
import { memberSources } from '../blocks/compact-json'
import { redactJson } from '../blocks/redact-block'
import { redactorOf } from '../http/compiled-settings'
import type { Handler, TenantRequest } from '../http/handler'
import { ApiError } from '../http/problem'
import { readJson } from '../http/read-json'
import { auditOf } from '../http/request-audit'
import { toParameters } from '../http/search-parameters'
import {
  ADMIN_BODY_BYTES_MAX,
  PAGE_CHARACTERS_MAX,
  QUERY_TEXT_MAX,
  REDACTION_SAMPLE_CHARACTERS_MAX,
  REDACTION_TEST_ROWS_MAX,
  REDACTION_TEST_SAMPLES_MAX,
} from '../limits/limits'
import type { Redactor } from '../records/redact/redact'
import { RedactionSettings } from '../tenant/settings'
import { faultsOfPattern } from '../tenant/settings-faults'
import { openSearch } from './open-search'
import { jsonAnswer } from './search-answer'
import { renderUpTo, toRowSearch } from './search-logs'
import { refuseParameters } from './show-settings'
import { findVisibleRows } from './visible-search'

/** The body of POST /admin/settings/redaction/test: redaction as the settings have it, and what to try it on. */
export const RedactionTest = z.strictObject({
  ...RedactionSettings.shape,
  query: z.string().max(QUERY_TEXT_MAX).default('').meta({ description: 'Only records that match; all by default.' }),
  limit: z.int().min(1).max(REDACTION_TEST_ROWS_MAX).default(REDACTION_TEST_ROWS_MAX),
})

/** `POST /admin/settings/redaction/test`: what a redaction would take out of the newest records. Nothing is saved. */
export const testRedaction: Handler = async (request, env) => {
  refuseParameters(request.url)
  refuseUnlessReader(request)
  const { query, limit, ...redaction } = await readJson(request, RedactionTest, ADMIN_BODY_BYTES_MAX)
  const faults = redaction.patterns.flatMap(({ pattern }, index) =>
    faultsOfPattern(pattern, `/patterns/${index}/pattern`),
  )
  if (faults.length > 0) {
    const errors = faults.map((fault) => ({ code: 'validation_failed', ...fault }))
    throw new ApiError('validation_failed', 'A pattern cannot be used.', { errors })
  }
  const nowMs = Date.now()
  const parameters = toParameters({
    ...{ text: query, extra: [], from: null, to: null, limit: String(limit), cursor: null, order: null, fields: null },
    ...{ strict: true, nowMs },
  })
  auditOf(request).asked = JSON.stringify({ query, limit })
  const open = await openSearch(request, env)
  // Once more: the object may have had the caller proved again, with scopes that are newer.
  refuseUnlessReader(request)
  const found = await findVisibleRows(open, toRowSearch(parameters, open, request, nowMs))
  const { records } = await renderUpTo(PAGE_CHARACTERS_MAX, found.hits, open, undefined)
  const redactor = redactorOf(redaction)
  const changed = records.flatMap((record) => sampleOf(record, redactor) ?? [])
  return jsonAnswer({
    tested: records.length,
    matched: changed.length,
    partial: found.partial !== undefined || records.length < found.hits.length,
    samples: changed.slice(0, REDACTION_TEST_SAMPLES_MAX),
  })
}

/** Whoever may change the settings may not therefore read the logs. */
function refuseUnlessReader({ principal }: TenantRequest): void {
  if (!principal.scopes.has('logs:read'))
    throw new ApiError('scope_missing', 'This needs a key with the scope logs:read too.')
}

/** How much of a record is shown before the first place that would be taken out. */
const LEAD_CHARACTERS = 80

interface Sample {
  readonly id: string
  readonly time: string
  /** The document as it would be kept, from shortly before the first place that is taken out. */
  readonly excerpt: string
}

/** The record as it would be; undefined when nothing of it would go. */
function sampleOf(record: string, redactor: Redactor): Sample | undefined {
  const members = memberSources(record)
  const body = members.get('body') ?? ''
  const redacted = redactJson(body, redactor)
  if (redacted === undefined) return undefined
  const first = firstDifference(redacted, body)
  const from = Math.max(0, first - LEAD_CHARACTERS)
  return {
    id: textOf(members.get('id')),
    time: textOf(members.get('time')),
    excerpt: redacted.slice(from, from + REDACTION_SAMPLE_CHARACTERS_MAX),
  }
}

const textOf = (source: string | undefined): string => (source === undefined ? '' : String(JSON.parse(source)))

function firstDifference(left: string, right: string): number {
  let at = 0
  while (at < left.length && left[at] === right[at]) at++
  return at
}
