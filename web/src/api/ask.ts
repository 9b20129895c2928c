import { signal } from '@preact/signals'
import { parseExactly } from './exact-json'

/** A problem as the API tells it (RFC 9457), or our own where nothing answered. */
export interface Problem {
  /** 0 where there was no answer at all. */
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail?: string
  readonly hint?: string
  /** The id of the request, for whoever is asked about it. */
  readonly instance?: string
  readonly errors?: readonly ProblemItem[]
  /** Seconds until asking again makes sense. */
  readonly retryAfterSeconds?: number
}

export interface ProblemItem {
  readonly code: string
  readonly detail: string
  readonly parameter?: string
  readonly pointer?: string
  /** Characters of the query that it is about, [from, to). */
  readonly span?: readonly [number, number]
}

/** What became of a request. */
export type Asked<T> =
  | { readonly ok: true; readonly value: T; readonly etag: string | undefined }
  | { readonly ok: false; readonly problem: Problem }

export interface Question {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** Sent with whatever changes something; set by the session. */
export const csrfToken = signal<string | undefined>(undefined)

/** Becomes true when the server says that the session is over. */
export const isSignedOut = signal(false)

/** The version of the service that answered last; the page was loaded from `firstBuild`. */
export const serverBuild = signal<string | undefined>(undefined)
export const firstBuild = signal<string | undefined>(undefined)

/** Whether the service answered when it was last asked. */
export const isReachable = signal(true)

/** Asks the API at the page's own origin. Never throws but for an aborted signal. */
export async function ask<T>(path: string, question: Question = {}): Promise<Asked<T>> {
  const { method = 'GET', body, signal: aborted } = question
  const headers = new Headers(question.headers)
  headers.set('accept', 'application/json')
  if (body !== undefined) headers.set('content-type', 'application/json')
  if (method !== 'GET' && csrfToken.value !== undefined) headers.set('x-csrf-token', csrfToken.value)
  const response = await send(addressOf(path, question.query), {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(aborted && { signal: aborted }),
  })
  if (response === undefined) return { ok: false, problem: OFFLINE }
  noteBuild(response.headers.get('sluice-build'))
  if (!response.ok) return { ok: false, problem: await problemOf(response) }
  const text = await response.text()
  return { ok: true, value: read<T>(text), etag: response.headers.get('etag') ?? undefined }
}

/** What the service at the page's own origin answers is what its documents say: it is not checked again. */
function read<T>(text: string): T {
  const answer: { value: T } = { value: JSON.parse('null') }
  return text === '' ? answer.value : Object.assign(answer, { value: parseExactly(text) }).value
}

/** The address of a path with its parameters; those that are undefined are left out. */
export function addressOf(path: string, query: Question['query'] = {}): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value))
  const text = parameters.toString()
  return text === '' ? path : `${path}?${text}`
}

const OFFLINE: Problem = {
  status: 0,
  code: 'unreachable',
  title: 'The service does not answer',
  hint: 'Nothing that you typed is lost. It is asked again by itself.',
}

async function send(url: string, init: RequestInit): Promise<Response | undefined> {
  try {
    const response = await fetch(url, { ...init, credentials: 'same-origin', redirect: 'error' })
    isReachable.value = true
    return response
  } catch (error) {
    if (init.signal?.aborted) throw error
    isReachable.value = false
    return undefined
  }
}

function noteBuild(build: string | null): void {
  if (build === null) return
  firstBuild.value ??= build
  serverBuild.value = build
}

async function problemOf(response: Response): Promise<Problem> {
  if (response.status === 401) isSignedOut.value = true
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  const wait = Number.isFinite(retryAfter) ? { retryAfterSeconds: retryAfter } : {}
  const plain = { status: response.status, code: 'internal', title: `The service answered ${response.status}` }
  try {
    const told: Problem = await response.json()
    return { ...plain, ...told, ...wait }
  } catch {
    return { ...plain, ...wait }
  }
}
