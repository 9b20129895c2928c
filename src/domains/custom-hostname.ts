import * as z from 'zod'
import { CUSTOM_HOSTNAME_BYTES_MAX, CUSTOM_HOSTNAME_MS_MAX, CUSTOM_HOSTNAME_RETRY_SECONDS } from '../limits/limits'
import type { CallOutside, OutsideCall } from './call-outside'

/** What the platform says about a host name that it should lead to us. */
export interface CustomHostname {
  /** What the platform calls it. */
  readonly id: string
  /** `active`: requests come to us, with a certificate. `blocked`: the platform will not have it. `moved`: its DNS left us. */
  readonly status: 'pending' | 'active' | 'blocked' | 'moved'
  /** What the owner still has to put into their DNS or on their host. */
  readonly records: readonly HostnameRecord[]
  /** What the platform found wrong, in its words. */
  readonly faults: readonly string[]
}

export type HostnameRecord =
  | { readonly type: 'TXT'; readonly name: string; readonly value: string }
  | { readonly type: 'HTTP'; readonly url: string; readonly content: string }

/** Why the platform did not do it. The set is closed: `rate_limited` and `unavailable` are worth another try. */
export type HostnameFault =
  | { readonly kind: 'unauthorised' }
  | { readonly kind: 'quota' }
  | { readonly kind: 'refused'; readonly detail: string }
  | { readonly kind: 'rate_limited'; readonly retryAfterSeconds: number }
  | { readonly kind: 'unavailable' }

export type HostnameOutcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly fault: HostnameFault }

/** The platform's service that brings requests for other people's host names to us, with certificates. */
export interface CustomHostnames {
  /** Registers a host, or answers what is known of it if it is registered already: to be called as often as one likes. */
  readonly ensure: (host: string) => Promise<HostnameOutcome<CustomHostname>>
  readonly find: (host: string) => Promise<HostnameOutcome<CustomHostname | undefined>>
  /** Takes a host away. One that is not there is gone. */
  readonly remove: (host: string) => Promise<HostnameOutcome<undefined>>
}

/** Access to Cloudflare's API for the zone that requests are brought to. */
export interface HostnameAccount {
  readonly zoneId: string
  /** A token with the permission SSL and Certificates: Edit, for that zone. */
  readonly apiToken: string
  /** `https://api.cloudflare.com/client/v4`, but in tests. */
  readonly apiUrl: string
}

/**
 * Cloudflare for SaaS: custom hostnames of a zone. Its documented limits: 100 host names are included and 50,000 are the
 * most outside of Enterprise, 15 certificates a minute, and 1,200 API requests in five minutes.
 */
export function cloudflareHostnames(call: CallOutside, account: HostnameAccount): CustomHostnames {
  const api: Api = { call, account }
  return {
    ensure: (host) => ensure(api, host),
    find: (host) => find(api, host),
    remove: (host) => remove(api, host),
  }
}

interface Api {
  readonly call: CallOutside
  readonly account: HostnameAccount
}

/** Codes of the API (developers.cloudflare.com/cloudflare-for-platforms/…/status-codes/custom-hostnames). */
const NO_QUOTA = [1404, 1405]
const DUPLICATE = 1406
const NOT_FOUND = 1436
/** Pages of 50 that are looked through; the filter by name leaves few. */
const PAGES_MAX = 20

const TxtRecord = z.object({ type: z.string().optional(), name: z.string(), value: z.string() })
const HttpRecord = z.object({ http_url: z.string(), http_body: z.string() })
const ValidationRecord = z.object({
  txt_name: z.string().optional(),
  txt_value: z.string().optional(),
  http_url: z.string().optional(),
  http_body: z.string().optional(),
})
const Ssl = z.object({
  status: z.string().optional(),
  validation_records: z.array(ValidationRecord).optional(),
  validation_errors: z.array(z.object({ message: z.string() })).optional(),
})
const Hostname = z.object({
  id: z.string(),
  hostname: z.string(),
  status: z.string().optional(),
  ssl: Ssl.nullish(),
  ownership_verification: TxtRecord.nullish(),
  ownership_verification_http: HttpRecord.nullish(),
  verification_errors: z.array(z.string()).nullish(),
})
type Hostname = z.infer<typeof Hostname>

const Envelope = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })).default([]),
  result: z.unknown(),
  result_info: z.object({ total_pages: z.number().optional() }).nullish(),
})
type Envelope = z.infer<typeof Envelope>

interface ApiFailure {
  readonly ok: false
  readonly fault: HostnameFault
  /** Of the API, where it gave one. */
  readonly code?: number
}

type ApiOutcome = { readonly ok: true; readonly envelope: Envelope } | ApiFailure

async function ensure(api: Api, host: string): Promise<HostnameOutcome<CustomHostname>> {
  const known = await find(api, host)
  if (!known.ok) return known
  if (known.value) return { ok: true, value: known.value }
  const ssl = { method: 'http', type: 'dv', settings: { min_tls_version: '1.2' } }
  const made = await ask(api, { method: 'POST', path: '', body: { hostname: host, ssl } })
  if (made.ok) return readHostname(made.envelope.result)
  if (made.code !== DUPLICATE) return failed(made.fault)
  // Somebody registered it between our question and our order.
  const now = await find(api, host)
  if (!now.ok) return now
  return now.value ? { ok: true, value: now.value } : failed(made.fault)
}

async function find(api: Api, host: string): Promise<HostnameOutcome<CustomHostname | undefined>> {
  const found = await findRaw(api, host)
  if (!found.ok) return found
  return { ok: true, value: found.value && toCustomHostname(found.value) }
}

async function findRaw(api: Api, host: string): Promise<HostnameOutcome<Hostname | undefined>> {
  for (let page = 1; page <= PAGES_MAX; page++) {
    const path = `?${new URLSearchParams({ hostname: host, per_page: '50', page: `${page}` })}`
    const listed = await ask(api, { method: 'GET', path })
    if (!listed.ok) return failed(listed.fault)
    const names = z.array(Hostname).safeParse(listed.envelope.result)
    if (!names.success) return failed({ kind: 'unavailable' })
    // The filter of the API also finds names that only contain this one.
    const own = names.data.find(({ hostname }) => hostname === host)
    if (own) return { ok: true, value: own }
    if (page >= (listed.envelope.result_info?.total_pages ?? 1)) break
  }
  return { ok: true, value: undefined }
}

async function remove(api: Api, host: string): Promise<HostnameOutcome<undefined>> {
  const found = await findRaw(api, host)
  if (!found.ok) return found
  if (!found.value) return { ok: true, value: undefined }
  const gone = await ask(api, { method: 'DELETE', path: `/${encodeURIComponent(found.value.id)}` })
  if (gone.ok || gone.code === NOT_FOUND) return { ok: true, value: undefined }
  return failed(gone.fault)
}

interface ApiQuestion {
  readonly method: OutsideCall['method']
  /** Behind the address of the zone's custom hostnames. */
  readonly path: string
  readonly body?: object
}

async function ask({ call, account }: Api, { method, path, body }: ApiQuestion): Promise<ApiOutcome> {
  const reply = await call({
    url: `${account.apiUrl}/zones/${encodeURIComponent(account.zoneId)}/custom_hostnames${path}`,
    method,
    headers: { authorization: `Bearer ${account.apiToken}`, 'content-type': 'application/json' },
    ...(body && { body: new TextEncoder().encode(JSON.stringify(body)) }),
    msMax: CUSTOM_HOSTNAME_MS_MAX,
    bytesMax: CUSTOM_HOSTNAME_BYTES_MAX,
  })
  if (!reply.ok) return { ok: false, fault: { kind: 'unavailable' } }
  const envelope = readEnvelope(reply.body)
  if (envelope?.success && reply.status < 300) return { ok: true, envelope }
  const [error] = envelope?.errors ?? []
  const fault = faultOf(reply.status, reply.headers, error)
  return { ok: false, fault, ...(error && { code: error.code }) }
}

function readEnvelope(body: Uint8Array): Envelope | undefined {
  try {
    return Envelope.safeParse(JSON.parse(Buffer.from(body).toString())).data
  } catch {
    return undefined // an error page of something between us
  }
}

function faultOf(status: number, headers: Headers, error: Envelope['errors'][number] | undefined): HostnameFault {
  if (status === 429) return { kind: 'rate_limited', retryAfterSeconds: retryAfterOf(headers) }
  if (error && NO_QUOTA.includes(error.code)) return { kind: 'quota' }
  if (status === 401 || status === 403) return { kind: 'unauthorised' }
  if (status >= 500 || error === undefined) return { kind: 'unavailable' }
  return { kind: 'refused', detail: error.message }
}

function retryAfterOf(headers: Headers): number {
  const seconds = headers.get('retry-after') ?? ''
  return /^\d{1,5}$/.test(seconds) ? Number(seconds) : CUSTOM_HOSTNAME_RETRY_SECONDS
}

function readHostname(result: unknown): HostnameOutcome<CustomHostname> {
  const parsed = Hostname.safeParse(result)
  return parsed.success ? { ok: true, value: toCustomHostname(parsed.data) } : failed({ kind: 'unavailable' })
}

const toCustomHostname = (hostname: Hostname): CustomHostname => ({
  id: hostname.id,
  status: statusOf(hostname),
  records: recordsOf(hostname),
  faults: [
    ...(hostname.verification_errors ?? []),
    ...(hostname.ssl?.validation_errors ?? []).map(({ message }) => message),
  ],
})

/** A host name that is active without a certificate would answer with an error of TLS. */
function statusOf({ status = 'pending', ssl }: Hostname): CustomHostname['status'] {
  if (status === 'blocked' || status === 'pending_blocked') return 'blocked'
  if (status === 'moved' || status === 'pending_deletion' || status === 'deleted') return 'moved'
  const isActive = status === 'active' || status === 'active_redeploying'
  return isActive && (ssl?.status ?? 'active') === 'active' ? 'active' : 'pending'
}

function recordsOf({ ownership_verification, ownership_verification_http, ssl }: Hostname): HostnameRecord[] {
  const records: HostnameRecord[] = []
  if (ownership_verification) records.push(txt(ownership_verification.name, ownership_verification.value))
  if (ownership_verification_http) {
    const { http_url, http_body } = ownership_verification_http
    records.push({ type: 'HTTP', url: http_url, content: http_body })
  }
  for (const { txt_name, txt_value, http_url, http_body } of ssl?.validation_records ?? []) {
    if (txt_name !== undefined && txt_value !== undefined) records.push(txt(txt_name, txt_value))
    if (http_url !== undefined && http_body !== undefined)
      records.push({ type: 'HTTP', url: http_url, content: http_body })
  }
  return records
}

const txt = (name: string, value: string): HostnameRecord => ({ type: 'TXT', name, value })

const failed = (fault: HostnameFault): { readonly ok: false; readonly fault: HostnameFault } => ({ ok: false, fault })
