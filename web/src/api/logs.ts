import { type Asked, ask } from './ask'

/** A record as every read of the API answers it. */
export interface LogRecord {
  readonly id: string
  readonly time: string
  readonly received: string
  readonly seq: number
  readonly level: Level
  readonly service?: string
  readonly message?: string
  readonly trace_id?: string
  readonly span_id?: string
  readonly source?: string
  readonly category?: string
  readonly severity?: string
  readonly tags?: unknown
  readonly weight?: number
  readonly body: unknown
}

export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
export type Level = (typeof LEVELS)[number]

export interface Diagnostic {
  readonly severity: 'error' | 'warning'
  readonly code: string
  readonly message: string
  readonly span: { readonly from: number; readonly to: number }
  readonly fix?: string
}

/** What an answer says of itself. */
export interface Meta {
  readonly query: { readonly normalized: string; readonly diagnostics: readonly Diagnostic[] }
  readonly range: { readonly from: string; readonly to: string }
  readonly took_ms: number
  readonly scanned_rows: number
  readonly scanned_bytes: number
  readonly matched: number
  readonly matched_is_estimate: boolean
  readonly partial: boolean
  readonly partial_reason: string | null
  readonly searched_back_to: string
  readonly warnings: readonly string[]
}

export interface LogPage {
  readonly data: readonly LogRecord[]
  readonly page: { readonly next_cursor: string | null; readonly has_more: boolean }
  readonly meta: Meta
}

/** What is searched: a query and a range, which the API reads as it is typed. */
export interface Scope {
  readonly q: string
  readonly from?: string
  readonly to?: string
}

export const searchLogs = (
  scope: Scope,
  page: { readonly limit: number; readonly cursor?: string; readonly order?: 'asc' | 'desc' },
  signal?: AbortSignal,
): Promise<Asked<LogPage>> => ask('/logs', { query: { ...asked(scope), ...page }, ...(signal && { signal }) })

export const getLog = (id: string): Promise<Asked<LogRecord>> => ask(`/logs/${encodeURIComponent(id)}`)

export interface LogContext {
  readonly before: readonly LogRecord[]
  readonly log: LogRecord
  readonly after: readonly LogRecord[]
}

export const getContext = (
  id: string,
  query: { readonly before: number; readonly after: number; readonly scope?: 'same' | 'all' },
): Promise<Asked<LogContext>> => ask(`/logs/${encodeURIComponent(id)}/context`, { query })

/** A table that a query counted. */
export interface TableAnswer {
  readonly columns: readonly string[]
  readonly data: readonly Readonly<Record<string, string | number | null>>[]
  readonly truncated: boolean
  readonly meta: Meta
}

export const readHistogram = (
  scope: Scope,
  about: { readonly step: string; readonly by?: string },
  signal?: AbortSignal,
): Promise<Asked<TableAnswer>> =>
  ask('/analytics/histogram', { query: { ...asked(scope), ...about }, ...(signal && { signal }) })

/** A search whose pipes answer a table. */
export const searchTable = (scope: Scope, signal?: AbortSignal): Promise<Asked<TableAnswer>> =>
  ask('/logs', { query: asked(scope), ...(signal && { signal }) })

export interface Facet {
  readonly field: string
  readonly values: readonly { readonly value: string | number; readonly count: number }[]
  readonly truncated: boolean
}

export const readFacets = (
  scope: Scope,
  fields: readonly string[] | undefined,
  signal?: AbortSignal,
): Promise<Asked<{ readonly data: readonly Facet[]; readonly meta: Meta }>> =>
  ask('/analytics/facets', { query: { ...asked(scope), fields: fields?.join(',') }, ...(signal && { signal }) })

export interface FieldInfo {
  readonly name: string
  readonly kinds: readonly string[]
  readonly records: number
  /** Of the records that match, from 0 to 1. */
  readonly coverage: number
}

export const readFields = (
  scope: Scope,
  signal?: AbortSignal,
): Promise<Asked<{ readonly data: readonly FieldInfo[]; readonly truncated: boolean; readonly meta: Meta }>> =>
  ask('/analytics/fields', { query: asked(scope), ...(signal && { signal }) })

const asked = ({ q, from, to }: Scope): Record<string, string | undefined> => ({
  q: q === '' ? undefined : q,
  from,
  to,
})
