import type * as z from 'zod'
import type { Scope } from '../http/access'
import type { Dialect } from '../http/dialect'
import { PROBLEMS, type ProblemCode } from '../http/problem'

/** Everything that the documents say of one route. docs/api.md, /openapi.json and the contract tests are made of it. */
export interface Operation {
  /** The name of its handler; where that has several paths, with a word for this one behind an underscore. */
  readonly id: string
  readonly group: 'service' | 'logs' | 'analytics' | 'admin' | 'integration' | 'session' | 'api_v1' | 'shippers'
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** As it stands in the route table. */
  readonly path: string
  readonly scope: Scope | 'public'
  /** The protocol of others that it speaks: what it refuses it refuses in that. */
  readonly dialect?: Dialect
  /** One sentence without its full stop. */
  readonly summary: string
  readonly description: string
  readonly pathParameters?: z.ZodObject
  readonly query?: z.ZodObject
  readonly headers?: z.ZodObject
  readonly body?: Content & { readonly description: string }
  /** By status. */
  readonly answers: Readonly<Record<number, Answer>>
  /** Those that are this route's own; what every route of its kind can answer is added. */
  readonly problems: readonly ProblemCode[]
  readonly example: Example
}

/** Schemas by media type. */
export interface Content {
  readonly content: Readonly<Record<string, z.ZodType>>
}

export interface Answer extends Content {
  readonly description: string
}

/** A request that works, and what it is answered with. The contract tests send it. */
export interface Example {
  readonly path?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  /** Parameters without which the answer has no end: tests send them beside whatever else they ask. */
  readonly always?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent as it stands, where the body is no JSON. Its type is a header. */
  readonly text?: string
  /** Whose key it needs, where that is not the one that has the scope. */
  readonly by?: 'operator'
  readonly status: number
  /** Text stands for itself, anything else for JSON. Times, ids and measurements of a real answer differ. */
  readonly answer: unknown
}

/** What any request with a credential can be refused with. */
const PROBLEMS_OF_ACCESS: readonly ProblemCode[] = [
  'unauthenticated',
  'key_revoked',
  'origin_not_allowed',
  'address_not_allowed',
  'cross_site_request',
  'scope_missing',
  'tenant_suspended',
  'ingest_suspended',
  'not_found',
  'partition_unavailable',
  'issuer_unavailable',
]

/** All problems that an operation can answer. */
export function problemsOf({ scope, problems }: Operation): ProblemCode[] {
  const ofAccess = scope === 'public' ? [] : PROBLEMS_OF_ACCESS
  return [...new Set<ProblemCode>([...problems, ...ofAccess, 'internal'])]
}

/** How a refusal of an operation looks: its status, and the type of its body. */
export function refusalOf({ dialect, path }: Operation, code: ProblemCode): { status: number; contentType: string } {
  const { status, title: detail } = PROBLEMS[code]
  if (dialect === undefined) return { status, contentType: 'application/problem+json' }
  const asked = new Request(`https://localhost${path}`, { headers: { 'content-type': 'application/json' } })
  const refused = dialect.refuse({ status, code, detail, retryAfterSeconds: undefined, errors: [] }, asked)
  return { status: refused.status, contentType: refused.headers.get('content-type') ?? '' }
}

/** The media type and schema of an answer's content; the first is the usual one. */
export const contentOf = ({ content }: Content): readonly (readonly [string, z.ZodType])[] => Object.entries(content)
