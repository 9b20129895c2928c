interface Problem {
  readonly status: number
  /** The same for every occurrence. */
  readonly title: string
  /** What the caller can do about it. */
  readonly hint: string
  /** Where the problem is one that IANA registers; else its type is its section of docs/errors.md. */
  readonly type?: string
}

/** Everything that can go wrong, by the code that clients may rely on. docs/errors.md has a section for each. */
export const PROBLEMS = {
  invalid_json: {
    status: 400,
    title: 'The body is not valid JSON',
    hint: 'Check the body at the place that the detail names; JSON and one JSON value per line are both accepted.',
  },
  invalid_body: {
    status: 400,
    title: 'The body is not valid',
    hint: 'Send UTF-8 text, and a Content-Encoding that says how the body was really compressed.',
  },
  empty_body: {
    status: 400,
    title: 'The body is empty',
    hint: 'Send at least one record. With curl, use --data-binary @FILE and check that the file is not empty.',
  },
  validation_failed: {
    status: 400,
    title: 'The request is not valid',
    hint: 'Mend the members and parameters that the errors list.',
  },
  query_syntax: {
    status: 400,
    title: 'The query cannot be understood',
    hint: 'The span says where. Quote a value that holds spaces or operators.',
  },
  query_too_expensive: {
    status: 400,
    title: 'The query would cost too much',
    hint: 'Narrow the time range, add a filter on level or service, or simplify the expression.',
  },
  query_timeout: {
    status: 503,
    title: 'The query took too long',
    hint: 'Try again, with a narrower time range if it happens twice.',
  },
  range_too_wide: {
    status: 400,
    title: 'The time range is too wide',
    hint: 'Ask for a narrower range, or for a larger step.',
  },
  cursor_mismatch: {
    status: 400,
    title: 'The cursor belongs to another query',
    hint: 'Send the cursor with exactly the query, range and order that it came from, or start without one.',
  },
  cursor_expired: {
    status: 400,
    title: 'The cursor is too old',
    hint: 'Start the query again without a cursor.',
  },
  unauthenticated: {
    status: 401,
    title: 'Credentials are missing or not valid',
    hint: 'Send Authorization: Bearer slc_… with a key of this tenant, copied whole.',
  },
  key_revoked: {
    status: 401,
    title: 'The key was revoked or has expired',
    hint: 'Ask an admin of the tenant for a new key.',
  },
  scope_missing: {
    status: 403,
    title: 'The key may not do this',
    hint: 'Use a key with the scope that the detail names.',
  },
  origin_not_allowed: {
    status: 403,
    title: 'The key is not for this page',
    hint: 'Ask an admin of the tenant to add this origin: to the key, where it is one for browsers, and for tails to the settings.',
  },
  address_not_allowed: {
    status: 403,
    title: 'The key is not for this address',
    hint: 'Ask an admin of the tenant which addresses the key may be used from.',
  },
  tenant_suspended: {
    status: 403,
    title: 'The tenant is suspended',
    hint: 'Nothing is lost. Ask the operator of the service to resume it.',
  },
  ingest_suspended: {
    status: 403,
    title: 'The tenant is suspended, and takes no logs',
    hint: 'Keep the logs, and send them again once the operator of the service has resumed the tenant.',
  },
  feature_disabled: {
    status: 403,
    title: 'This feature is switched off',
    hint: 'The detail says who has switched it off: the installation, the plan, or the tenant itself.',
  },
  feature_not_configured: {
    status: 403,
    title: 'This installation is not set up for that',
    hint: 'The detail names the variable that the operator of the service has to set.',
  },
  invalid_signature: {
    status: 403,
    title: 'The signature does not fit the body',
    hint: 'Sign the body with the secret that the documentation of this address names.',
  },
  upgrade_required: {
    status: 426,
    title: 'A live tail is no ordinary answer',
    hint: 'Open a WebSocket with the subprotocol sluice.tail.v1, or send Accept: text/event-stream.',
  },
  cross_site_request: {
    status: 403,
    title: 'A session only works from its own site',
    hint: 'Send the request from a page of this host, or use a key or JWT in the Authorization header.',
  },
  not_found: {
    status: 404,
    title: 'Not found, expired, or not yours',
    hint: 'Check the address (GET /docs lists all of them), and that the key belongs to the tenant of this host.',
  },
  past_retention: {
    status: 410,
    title: 'Older than the retention of this tenant',
    hint: 'Records are kept for as long as the retention setting says, counted from their time.',
  },
  method_not_allowed: {
    status: 405,
    title: 'This address does not take this method',
    hint: 'The Allow header lists the methods that it takes.',
  },
  not_acceptable: {
    status: 406,
    title: 'The answer is not available in this type',
    hint: 'Accept application/json, or a type that the documentation of this address lists.',
  },
  conflict: {
    status: 409,
    title: 'The request conflicts with what is there',
    hint: 'Read the thing again, and decide whether the change is still wanted.',
  },
  idempotency_in_progress: {
    status: 409,
    title: 'The first request with this Idempotency-Key is still running',
    hint: 'Wait a moment and send the same request again; its answer will be the first one.',
  },
  precondition_failed: {
    status: 412,
    title: 'It was changed in the meantime',
    hint: 'Read it again, and send the change with the new ETag in If-Match.',
  },
  payload_too_large: {
    status: 413,
    title: 'The request body is too large',
    hint: 'Send the records in smaller batches. The limit is in the answer, and in docs/limits.md.',
  },
  batch_too_large: {
    status: 413,
    title: 'The request has too many records',
    hint: 'Send the records in smaller batches. The limit is in the answer, and in docs/limits.md.',
  },
  event_too_large: {
    status: 413,
    title: 'A record is too large',
    hint: 'Shorten its message or fields, or send it in pieces. The limit is in docs/limits.md.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The body has a type or encoding that is not supported',
    hint: 'Send JSON, NDJSON or plain text, uncompressed or with gzip, deflate, br, zstd or snappy.',
  },
  idempotency_conflict: {
    status: 422,
    title: 'The Idempotency-Key was used with another body',
    hint: 'Use a new key for each batch, and the same key only for the same bytes.',
  },
  strict_rejected: {
    status: 422,
    title: 'Strict: one bad record refuses the batch',
    hint: 'Mend the records that the errors list, or leave out strict=true to store the good ones.',
  },
  precondition_required: {
    status: 428,
    title: 'The change must say which version it is for',
    hint: 'Send If-Match with the ETag of the version that you read.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests or logs',
    hint: 'Wait as long as Retry-After says, and send larger batches less often.',
  },
  quota_exceeded: {
    status: 429,
    title: 'The quota is used up',
    hint: 'Send the same request again after Retry-After, or ask the operator for a larger quota.',
    // draft-ietf-httpapi-ratelimit-headers-10
    type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
  },
  ingest_paused: {
    status: 503,
    title: 'Ingest is paused for this tenant',
    hint: 'Keep the logs, and send them again after Retry-After. Reading still works.',
  },
  partition_unavailable: {
    status: 503,
    title: 'A store that this needs does not answer',
    hint: 'Nothing is lost: send the same request, with the same Idempotency-Key, again after Retry-After.',
  },
  issuer_unavailable: {
    status: 503,
    title: 'The key server of the token’s issuer does not answer',
    hint: 'The token may well be valid. Send the same request again after Retry-After, or use a key.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong on our side',
    hint: 'Send the same request again. If it stays, tell the operator the request id in instance.',
  },
} as const satisfies Record<string, Problem>

export type ProblemCode = keyof typeof PROBLEMS

/** One of several things that are wrong with a request. */
export interface ProblemItem {
  readonly code: string
  readonly detail: string
  /** Position of the record in the batch, from 0. */
  readonly index?: number
  /** JSON pointer into the body. */
  readonly pointer?: string
  /** Name of the query parameter or header. */
  readonly parameter?: string
  /** Characters [from, to) of the query text. */
  readonly span?: readonly [from: number, to: number]
}

/** What a problem says beside its code. Members that are absent here are absent in the answer. */
export interface ProblemExtras {
  readonly retryAfterSeconds?: number
  readonly errors?: readonly ProblemItem[]
  /** How many more errors there are than are listed. */
  readonly errorsOmitted?: number
  /** Characters [from, to) of the query text. */
  readonly span?: readonly [from: number, to: number]
  /** The limit that was exceeded, by its name in docs/limits.md. */
  readonly limit?: { readonly name: string; readonly value: number }
  /** Names of the limits that were exceeded, as RateLimit-Policy has them. */
  readonly violatedPolicies?: readonly string[]
  /** For what HTTP wants to see beside a status, such as Allow. */
  readonly headers?: Readonly<Record<string, string>>
}

/** An expected failure at the HTTP edge. Its detail is shown to the caller, so it holds nothing of ours. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: ProblemCode
  readonly extras: ProblemExtras

  constructor(code: ProblemCode, detail: string = PROBLEMS[code].title, extras: ProblemExtras = {}) {
    super(detail)
    this.code = code
    this.extras = extras
  }
}

/** The only place an error becomes a response (RFC 9457). Only an ApiError may show its message. */
export function problemResponse(error: unknown, requestId: string): Response {
  const known = error instanceof ApiError ? error : new ApiError('internal')
  const { status } = PROBLEMS[known.code]
  return new Response(`${JSON.stringify(problemBody(known, requestId))}\n`, {
    status,
    headers: problemHeaders(known, status),
  })
}

/** The members of a problem; what is not known is left out by JSON. */
export function problemBody({ code, message, extras }: ApiError, requestId: string) {
  const { status, title, hint, type = `/docs/errors#${code}` }: Problem = PROBLEMS[code]
  return {
    type,
    title,
    status,
    code,
    detail: message,
    hint,
    instance: requestId,
    limit: extras.limit,
    'violated-policies': extras.violatedPolicies,
    span: extras.span,
    errors: extras.errors,
    errors_omitted: extras.errorsOmitted,
  }
}

function problemHeaders({ extras }: ApiError, status: number): Headers {
  const headers = new Headers(extras.headers)
  headers.set('content-type', 'application/problem+json')
  headers.set('cache-control', 'no-store, private')
  if (status === 401) headers.set('www-authenticate', 'Bearer')
  if (extras.retryAfterSeconds !== undefined) headers.set('retry-after', `${extras.retryAfterSeconds}`)
  return headers
}
