import * as z from 'zod'
import type { RouteRow } from '../../src/http/unknown-route'
import type { Operation } from '../../src/openapi/operation'
import { OPERATIONS } from '../../src/openapi/operations'

/** What the names in paths can stand for: `id key member tenant domain service`. */
export type Things = Readonly<Record<string, string>>

/** Whose requests they are, and about whose things. */
export interface CorpusWorld {
  readonly own: Things
  /** Things of somebody else. */
  readonly foreign: Things
  /** Text that only its owner sends. */
  readonly core: string
  /** Queries: each is sent to the first route that takes one, and to one of the others. */
  readonly queries: readonly string[]
}

/** One request of the corpus. */
export interface RouteRequest {
  /** As in the route table. */
  readonly route: string
  readonly about: string
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

/** A route of the table, and what the documents say of it if they do. */
export interface KnownRoute {
  readonly method: string
  readonly path: string
  readonly operation: Operation | undefined
}

/** The routes of a table, but for the last that answers for all others. */
export const routesOf = (table: readonly RouteRow[]): KnownRoute[] =>
  table
    // The router cuts the last slash off.
    .map(([method, , , path]) => ({ method, path: String(path) || '/' }))
    .filter(({ method }) => method !== 'ALL')
    .map((route) => ({ ...route, operation: operationOf(route) }))

/**
 * Requests to every route of a table: its example, every parameter, queries, things that are one's own, somebody else's, nobody's
 * and no names at all, bodies that are wrong in each of the usual ways, and headers that claim to be somebody else. What only
 * reads comes first, what takes away last.
 */
export function corpusOf(table: readonly RouteRow[], world: CorpusWorld): RouteRequest[] {
  const routes = routesOf(table)
  const searching = routes.filter(takesQuery)
  const requests = routes.flatMap((route, index) => {
    if (isAlias(table, index)) return [exampleOf(route, world.own)]
    const turn = searching.indexOf(route) - 1
    const queries = world.queries.filter((_, index) => turn < 0 || index % (searching.length - 1) === turn)
    return variantsOf(route, { ...world, queries })
  })
  return requests.toSorted((left, right) => rankOf(left) - rankOf(right))
}

/** A path of the table with things in the places of their names. A thing that is not known is nobody's. */
const fillPath = (path: string, things: Things): string =>
  path.replace(/:(\w+)/g, (_, name) => encodeURIComponent(things[name] ?? NOBODYS[name] ?? 'nothing'))

/** Well-formed names of what is not there. */
const NOBODYS: Things = {
  id: 'log_100g1m7zdgcsf0000000001',
  key: 'key_01kaj2m4x8v3c9t0w5b6n7p2qz',
  member: 'mem_01kaj2m4x8v3c9t0w5b6n7p2qz',
  tenant: 'ten_01kaj2m4x8v3c9t0w5b6n7p2qz',
  domain: 'nobody.localhost',
  service: 'nobodys-service',
  serviceId: 'svc_01kaj2m4x8v3c9t0w5b6n7p2qz',
  rule: 'rul_01kaj2m4x8v3c9t0w5b6n7p2qz',
  incident: 'inc_01kaj2m4x8v3c9t0w5b6n7p2qz',
  webhook: 'nobodys-webhook',
}

const NO_NAMES = ['%00', '..%2f..%2fadmin', '%ff', '__proto__', "'%20OR%201=1--", 'x'.repeat(2000)]

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

const JSON_TYPE = { 'content-type': 'application/json' }

/** Whether a protocol of others has the same handler at an address further up: that one is asked everything. */
function isAlias(table: readonly RouteRow[], index: number): boolean {
  const handlerOf = ([, , steps]: RouteRow): unknown => z.array(z.unknown()).parse(steps).at(-1)
  const [route] = routesOf([table[index]])
  return (
    route?.operation?.dialect !== undefined &&
    table.slice(0, index).some((row) => row[0] === route.method && handlerOf(row) === handlerOf(table[index]))
  )
}

const rankOf = ({ method }: RouteRequest): number => METHODS.indexOf(method)

const takesQuery = ({ operation }: KnownRoute): boolean => 'q' in (operation?.query?.shape ?? {})

const operationOf = (route: { readonly method: string; readonly path: string }): Operation | undefined =>
  OPERATIONS.find(({ method, path }) => method === route.method && path === route.path)

function variantsOf(route: KnownRoute, world: CorpusWorld): RouteRequest[] {
  const make = (about: string, change: Partial<Pick<RouteRequest, 'target' | 'headers' | 'body'>> = {}) => ({
    ...exampleOf(route, world.own),
    about,
    ...change,
  })
  return [
    make('own example'),
    ...namesOf(route, world).map(([about, target]) => make(about, { target })),
    ...queriesOf(route, world).map(([about, target]) => make(about, { target })),
    ...bodiesOf(route, world).map(([about, body]) => make(about, { body })),
    ...headersOf(world).map((headers) =>
      make(`headers ${Object.keys(headers)}`, { headers: { ...exampleOf(route, world.own).headers, ...headers } }),
    ),
  ]
}

/** The request of the documents' example, about these things. */
export function exampleOf({ method, path, operation }: KnownRoute, things: Things): RouteRequest {
  const { query, body, text, headers = {} } = operation?.example ?? {}
  const target = `${fillPath(path, things)}${query === undefined ? '' : `?${new URLSearchParams(query)}`}`
  const takesBody = method === 'POST' || method === 'PUT' || method === 'PATCH'
  return {
    ...{ route: `${method} ${path}`, about: 'own example', method, target },
    headers: { ...(takesBody && JSON_TYPE), ...withoutLength(headers) },
    body: takesBody ? (text ?? JSON.stringify(body ?? {})) : undefined,
  }
}

/** Bodies are sent that are longer than the example's. */
const withoutLength = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-length'))

function namesOf({ method, path }: KnownRoute, { own, foreign }: CorpusWorld): [about: string, target: string][] {
  const names = Array.from(path.matchAll(/:(\w+)/g), ([, name]) => name)
  return names.flatMap((name): [string, string][] => [
    [`foreign ${name}`, fillPath(path, { ...own, [name]: foreign[name] ?? '' })],
    [`nobody's ${name}`, fillPath(path, { ...own, [name]: NOBODYS[name] ?? '' })],
    ...(method === 'GET' || method === 'DELETE' ? NO_NAMES : []).map((text): [string, string] => [
      `no ${name}`,
      fillPath(path.replace(`:${name}`, '\u0001'), own).replace('\u0001', text),
    ]),
  ])
}

function queriesOf(route: KnownRoute, world: CorpusWorld): [about: string, target: string][] {
  const { path, operation } = route
  const base = fillPath(path, world.own)
  const { always = {} } = operation?.example ?? {}
  const to = (parameters: Record<string, string>) => `${base}?${new URLSearchParams({ ...always, ...parameters })}`
  const { shape = {} } = operation?.query ?? {}
  const examples = Object.entries(shape).flatMap(([name, schema]): [string, string][] => {
    const [value] = z
      .array(z.unknown())
      .parse(z.globalRegistry.get(z.custom<z.ZodType>().parse(schema))?.examples ?? [])
    return value === undefined ? [] : [[`${name} example`, to({ [name]: String(value) })]]
  })
  const wrong = Object.keys(shape).flatMap((name): [string, string][] => [
    [`${name} wrong`, to({ [name]: `\u0000${world.core}"'<>` })],
    [`${name} twice`, `${base}?${name}=1&${name}=2`],
  ])
  const texts = takesQuery(route) ? [...world.queries, world.core, `*:${world.core}`, `(${world.core}`] : []
  return [
    ...examples,
    ...wrong,
    ...texts.map((q): [string, string] => [`q ${q}`, to({ q })]),
    ...('cursor' in shape ? [['foreign cursor', to({ cursor: world.foreign.cursor ?? '' })] as [string, string]] : []),
    ['unknown parameter', to({ [`${world.core}-parameter`]: '1', tenant: world.foreign.tenant ?? '' })],
  ]
}

function bodiesOf({ method, operation }: KnownRoute, world: CorpusWorld): [about: string, body: string][] {
  if (method === 'GET' || method === 'DELETE') return []
  const { core, foreign } = world
  const example: unknown = operation?.example.body ?? {}
  const members = typeof example === 'object' && example !== null && !Array.isArray(example) ? { ...example } : {}
  const put = (more: object) => JSON.stringify({ ...members, ...more })
  return [
    ['no JSON', `{"${core}-broken`],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', `["${core}-listed"]`],
    ['deep', `${'['.repeat(2000)}"${core}"${']'.repeat(2000)}`],
    ['an unknown member', put({ [`${core}-member`]: core })],
    [
      'claims',
      put({ tenantId: foreign.tenant, tenant_id: foreign.tenant, tenant: foreign.tenant, domain: foreign.domain }),
    ],
    [
      'powers',
      put({ role: 'owner', scopes: ['operator', 'admin'], status: 'active', plan: 'custom', isOperator: true }),
    ],
    ['prototypes', `{"__proto__":{"role":"operator","scopes":["operator"]},"constructor":{"prototype":{"a":1}}}`],
    ...Object.keys(members).flatMap((name): [string, string][] => [
      [`${name} as text`, put({ [name]: `${core}-${name}` })],
      [`${name} as a number`, put({ [name]: -1 })],
      [`${name} as an object`, put({ [name]: { [`${core}-inner`]: [null] } })],
    ]),
  ]
}

const headersOf = ({ foreign, core }: CorpusWorld): Record<string, string>[] => [
  {
    ...{ 'x-tenant-id': foreign.tenant ?? '', 'x-scope-orgid': foreign.tenant ?? '' },
    ...{ 'x-forwarded-host': foreign.domain ?? '', forwarded: `host=${foreign.domain}` },
    ...{ origin: `https://${core}.example`, 'x-http-method-override': 'DELETE', cookie: `sluice_session=${core}` },
  },
  { host: foreign.domain ?? '' },
  {
    ...{ accept: 'text/csv', 'if-match': '"1"', 'if-none-match': '*', range: 'bytes=0-99' },
    ...{ 'idempotency-key': 'the-same-for-everybody', 'x-request-id': `${core}-request` },
  },
  { 'x-request-id': `a b${core}`, 'accept-encoding': 'gzip, br, zstd', accept: 'application/x-ndjson' },
]
