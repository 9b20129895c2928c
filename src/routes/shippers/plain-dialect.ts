import {
  basicCredential,
  type Dialect,
  headerCredential,
  type RefusedProblem,
  schemeCredential,
} from '../../http/dialect'
import { ApiError, problemResponse } from '../../http/problem'
import { BATCH_RECORDS_MAX } from '../../limits/limits'
import type { IngestRules } from '../store-format'

/** What all of these ways in ask of their logs: good records are kept beside bad ones. */
export const SHIPPER_RULES: IngestRules = {
  strict: false,
  records: { name: 'BATCH_RECORDS_MAX', value: BATCH_RECORDS_MAX },
}

/** Where senders that speak no protocol put their key: Basic, as user or password, `Token`, or New Relic's header. */
export const anyCredential: Dialect['credential'] = (request) =>
  basicCredential(request) ?? schemeCredential(request, 'token') ?? headerCredential(request, 'api-key')

/** `/ingest/:kind`: whoever sends there goes by the status alone, so what is refused is a problem as everywhere else. */
export const PLAIN: Dialect = {
  name: 'ingest',
  credential: anyCredential,
  answersProblems: true,
  refuse: ({ code, detail, errors, retryAfterSeconds }, request) => {
    const extras = {
      ...(errors.length > 0 && { errors }),
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    }
    return problemResponse(new ApiError(code, detail, extras), requestIdOf(request))
  },
}

/** The request is the one that the first steps of the route have named. */
const requestIdOf = (request: Request): string => ('requestId' in request ? String(request.requestId) : '')

/** An answer of one line of text. */
export const textAnswer = (status: number, text: string): Response =>
  new Response(`${text}\n`, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } })

/** A protocol whose refusals are a sentence. */
export const refuseInText = ({ status, detail }: RefusedProblem): Response => textAnswer(status, detail)

/** An answer of compact JSON. */
export const jsonAnswer = (status: number, body: unknown): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
