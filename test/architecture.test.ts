import { parse } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { readWranglerConfig } from '../scripts/serve/wrangler-config'
import { VARIABLE_NAMES } from '../src/env'
import { authenticate } from '../src/http/authenticate'
import { resolveTenant } from '../src/http/resolve-tenant'
import { router } from '../src/router'
import {
  childOf,
  foldersBelow,
  memberPath,
  type Node,
  parseSource,
  placeOf,
  readSourceFiles,
  readText,
  type SourceFile,
} from './support/source-file'

const files = readSourceFiles('src', 'durable-objects')

/** Folders that know no clock, no chance and no platform: what Workers and Node share. */
const PURE = [
  'audit',
  'blocks',
  'domains',
  'formats',
  'limits',
  'metrics',
  'outside',
  'query',
  'records',
  'rules',
  'segments',
  'services',
  'tail',
  'tenant',
  'webhooks',
]

/** What the cron triggers run. */
const CRONS = ['call-tenants', 'expire-everywhere', 'run-cron', 'sweep']

/**
 * What each part may import, beside itself: folders of src by their names, files of src by theirs. A new folder says here
 * what it is for.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(PURE.map((name) => [name, PURE])),
  log: [],
  // What the guard of src/outside uses of the platform.
  'outside-ports': [...PURE],
  'config-variables': [],
  version: ['package'],
  env: ['config-variables', 'domains', 'limits', 'log', 'durable-objects'],
  // Its reader speaks to the stub of an object, whose type is that of the class.
  storage: [...PURE, 'durable-objects'],
  'tenant-stub': [...PURE, 'env', 'durable-objects'],
  // The service's own log is a client of the service: it appends as a route would.
  activity: [...PURE, 'env', 'http', 'log', 'storage', 'tenant-stub', 'version'],
  // A front door that refuses somebody asks the tenant's object whether what it goes by is old.
  http: [...PURE, 'activity', 'env', 'log', 'outside-ports', 'storage', 'tenant-stub'],
  routes: [...PURE, 'activity', 'admin', 'env', 'http', 'openapi', 'storage', 'tenant-stub', 'version'],
  // Describes the routes, and takes the schema from where it is checked.
  openapi: [...PURE, 'http', 'routes'],
  // What routes, crons and bootstrap do to tenants.
  admin: [...PURE, 'activity', 'env', 'http', 'log', 'outside-ports', 'storage', 'tenant-stub'],
  router: ['activity', 'env', 'http', 'routes'],
  // Reads the payloads that it packs and merges, away from the object's thread.
  sealer: [...PURE, 'env', 'storage'],
  // Reads the sealed log for live tails, likewise.
  'tail-reader': [...PURE, 'env', 'storage'],
  ...Object.fromEntries(
    CRONS.map((name) => [name, [...PURE, ...CRONS, 'activity', 'admin', 'env', 'log', 'storage', 'tenant-stub']]),
  ),
  // Takes what other Workers have done, as a route takes logs.
  'receive-tail': [...PURE, 'activity', 'env', 'http', 'log', 'storage', 'tenant-stub'],
  worker: ['durable-objects', 'env', 'http', 'receive-tail', 'router', 'run-cron', 'sealer', 'tail-reader'],
  'worker-exports.d': ['worker'],
  'durable-objects': [...PURE, 'activity', 'env', 'log', 'outside-ports', 'storage'],
}

/** `src/http/jwt` and `src/http` are of http, `durable-objects/tenant/journal` of durable-objects. */
function partOf(target: string): string {
  const [top, name] = target.split('/')
  return top === 'src' ? name.replace(/\.ts$/, '') : top.replace(/\.ts$/, '')
}

const isOurs = (target: string): boolean => /^(src|durable-objects)\/|^package$/.test(target)

const isPure = ({ path }: SourceFile): boolean => PURE.includes(partOf(path))

/** Where a rule is broken: the places of the nodes that break it. */
const placesOf = (among: readonly SourceFile[], breaks: (node: Node, file: SourceFile) => boolean): string[] =>
  among.flatMap((file) => file.nodes.filter((node) => breaks(node, file)).map((node) => placeOf(file, node)))

/** Files that import a package, or one of its parts. */
const importersOf = (name: RegExp): string[] =>
  files.filter(({ imports }) => imports.some(({ target }) => name.test(target))).map(({ path }) => path)

const isAny = ({ type }: Node): boolean => type === 'TSAnyKeyword'

const isAssertion = (node: Node): boolean => {
  if (node.type === 'TSNonNullExpression' || node.type === 'TSTypeAssertion') return true
  if (node.type !== 'TSAsExpression') return false
  const asserted = childOf(node, 'typeAnnotation')
  return asserted === undefined || childOf(asserted, 'typeName')?.name !== 'const'
}

const CLOCK_AND_CHANCE = [
  'Date.now',
  'performance.now',
  'Math.random',
  'crypto.randomUUID',
  'crypto.getRandomValues',
  'scheduler.wait',
]

const asksForTheTime = (node: Node): boolean =>
  CLOCK_AND_CHANCE.includes(memberPath(node) ?? '') ||
  (node.type === 'NewExpression' && childOf(node, 'callee')?.name === 'Date' && JSON.stringify(node.arguments) === '[]')

describe('the rules', () => {
  it('see what they look for', () => {
    const lines = [
      "import { randomBytes } from 'node:crypto'",
      "import type { TenantObject } from '../../durable-objects/tenant'",
      "import { type Env, readConfig } from '../env'",
      'const kept = 1 as const',
      'const number = kept as number',
      'const member = kept!.member',
      'let anything: any',
      'const nowMs = Date.now()',
      'const now = new Date()',
      'const then = new Date(0)',
      "const later: import('../env').Env = await import('../storage/x')",
    ]
    const file = parseSource('src/query/invented.ts', lines.join('\n'))
    const linesOf = (breaks: (node: Node) => boolean) =>
      placesOf([file], breaks).map((place) => Number(place.split(':')[1]))
    expect(linesOf(isAssertion)).toEqual([5, 6])
    expect(linesOf(isAny)).toEqual([7])
    expect(linesOf(asksForTheTime)).toEqual([8, 9])
    expect(file.imports).toEqual([
      { target: 'node:crypto', isTypeOnly: false, names: ['randomBytes'] },
      { target: 'durable-objects/tenant', isTypeOnly: true, names: ['TenantObject'] },
      { target: 'src/env', isTypeOnly: false, names: ['Env', 'readConfig'] },
      { target: 'src/env', isTypeOnly: true, names: [] },
      { target: 'src/storage/x', isTypeOnly: false, names: [] },
    ])
  })
})

describe('imports', () => {
  it('go only where the table of parts allows', () => {
    const wrong = files.flatMap(({ path, imports }) => {
      const part = partOf(path)
      const allowed = [part, ...(MAY_IMPORT[part] ?? [])]
      const outside = imports.filter(({ target }) => isOurs(target) && !allowed.includes(partOf(target)))
      return outside.map(({ target }) => `${path} → ${target}`)
    })
    expect(wrong).toEqual([])
  })

  it('of the objects are of their types only, but in the entry', () => {
    const wrong = files.filter(
      ({ path, imports }) =>
        path.startsWith('src/') &&
        path !== 'src/worker.ts' &&
        imports.some(({ target, isTypeOnly }) => target.startsWith('durable-objects/') && !isTypeOnly),
    )
    expect(wrong.map(({ path }) => path)).toEqual([])
  })

  it('of packages have one place each', () => {
    expect(importersOf(/^kysely/).filter((path) => !path.startsWith('src/storage/'))).toEqual([])
    expect(importersOf(/^jose/).filter((path) => path !== 'src/http/jwt.ts')).toEqual([])
    expect(importersOf(/^itty-router/)).toEqual(['src/router.ts'])
    const known = /^(zod|kysely|kysely-d1|itty-router|jose|cloudflare:workers|node:(buffer|crypto|zlib))$/
    const unknown = files.flatMap(({ path, imports }) =>
      imports.filter(({ target }) => !isOurs(target) && !known.test(target)).map(({ target }) => `${path} → ${target}`),
    )
    expect(unknown).toEqual([])
  })

  it('of the search are of one file of the routes, which adds what the caller may see', () => {
    const searches = ['searchRows', 'searchTable', 'pruneUnits']
    const searching = files.filter(
      ({ path, imports }) =>
        path.startsWith('src/routes/') && imports.some(({ names }) => names.some((name) => searches.includes(name))),
    )
    expect(searching.map(({ path }) => path)).toEqual(['src/routes/visible-search.ts'])
  })

  it('make stubs in one file', () => {
    const makes = ['getByName', 'idFromName', 'newUniqueId']
    const places = placesOf(files, (node) => makes.includes(String(childOf(node, 'property')?.name)))
    expect(places.map((place) => place.split(':')[0])).toEqual(['src/tenant-stub.ts'])
  })
})

describe('pure folders', () => {
  const pure = files.filter(isPure)

  it('are told the time and given their randomness', () => {
    expect(placesOf(pure, asksForTheTime)).toEqual([])
    const timers = ['setTimeout', 'setInterval', 'fetch']
    expect(
      placesOf(
        pure,
        (node) => node.type === 'CallExpression' && timers.includes(String(childOf(node, 'callee')?.name)),
      ),
    ).toEqual([])
    const random = pure.flatMap(({ path, imports }) =>
      imports.flatMap(({ target, names }) =>
        target === 'node:crypto' ? names.filter((name) => /random/i.test(name)).map((name) => `${path} ${name}`) : [],
      ),
    )
    expect(random).toEqual([])
  })

  it('know no platform', () => {
    const platform = pure.filter(({ imports }) => imports.some(({ target }) => target.startsWith('cloudflare:')))
    expect(platform.map(({ path }) => path)).toEqual([])
    const bindings = /^(D1Database|KVNamespace|R2Bucket|DurableObject\w*|SqlStorage|ExecutionContext|Env)$/
    const named = placesOf(
      pure,
      (node) => node.type === 'TSTypeReference' && bindings.test(String(childOf(node, 'typeName')?.name)),
    )
    expect(named).toEqual([])
  })
})

describe('code', () => {
  it('has no any, no assertion of a type or against undefined, and no suppressed type error', () => {
    expect(placesOf(files, isAny)).toEqual([])
    expect(placesOf(files, isAssertion)).toEqual([])
    expect(files.filter(({ text }) => /@ts-(ignore|expect-error|nocheck)/.test(text)).map(({ path }) => path)).toEqual(
      [],
    )
  })

  it('gives a reason with each lint suppression', () => {
    const bare = files.filter(({ text }) => /biome-ignore [^:\n]*(:\s*)?$/m.test(text))
    expect(bare.map(({ path }) => path)).toEqual([])
  })

  it('prints in one file', () => {
    const places = placesOf(files, (node) => node.type === 'Identifier' && node.name === 'console')
    expect([...new Set(places.map((place) => place.split(':')[0]))]).toEqual(['src/log.ts'])
  })

  it('exports a default only where the platform asks for it', () => {
    const defaults = files.filter(({ nodes }) => nodes.some(({ type }) => type === 'ExportDefaultDeclaration'))
    expect(defaults.map(({ path }) => path)).toEqual(['src/worker.ts'])
  })

  it('has no folder for whatever is left over', () => {
    const drawers = ['utils', 'util', 'helpers', 'common', 'lib', 'misc', 'pkg', 'shared']
    const folders = foldersBelow('src', 'durable-objects', 'scripts', 'test', 'docs')
    expect(folders.filter((name) => drawers.includes(name))).toEqual([])
  })

  it('names files in kebab-case', () => {
    expect(files.map(({ path }) => path).filter((path) => !/^([a-z0-9-]+\/)+[a-z0-9-]+(\.d)?\.ts$/.test(path))).toEqual(
      [],
    )
  })

  it('tells the kinds of a filter apart in two files: one evaluates it, one writes it as text', () => {
    const kinds = ['and', 'or', 'not', 'text', 'field']
    const takesApart = ({ nodes }: SourceFile): boolean => {
      const cases = nodes.filter(({ type }) => type === 'SwitchCase').map((node) => childOf(node, 'test')?.value)
      return kinds.every((kind) => cases.includes(kind))
    }
    expect(files.filter(takesApart).map(({ path }) => path)).toEqual(['src/query/filter.ts', 'src/query/print.ts'])
    // print.ts has no record to hold a filter against.
    const print = files.find(({ path }) => path === 'src/query/print.ts')
    expect(print?.imports.map(({ target }) => partOf(target))).not.toContain('blocks')
  })
})

describe('routes', () => {
  /** What a policy is recognised by: it says which scope it asks for. */
  const Policy = z.custom<{ readonly scope: string }>((value) => typeof value === 'function' && 'scope' in value)
  const isPolicy = (handler: unknown): boolean => Policy.safeParse(handler).success
  const routes = router.routes.slice(0, -1).map(([method, , handlers, path]) => {
    const steps: readonly unknown[] = handlers
    return { name: `${method} ${path}`, steps }
  })

  it('have one access policy each, just before the handler', () => {
    const without = routes.filter(({ steps }) => steps.filter(isPolicy).length !== 1 || !isPolicy(steps.at(-2)))
    expect(without.map(({ name }) => name)).toEqual([])
  })

  it('know who asks and about which tenant before the policy, unless they are public', () => {
    const open = routes.filter(({ steps }) => {
      const known = steps.indexOf(authenticate)
      return known < 0 || steps.indexOf(resolveTenant) < known || !isPolicy(steps[steps.indexOf(resolveTenant) + 1])
    })
    expect(open.map(({ name }) => name)).toEqual([
      ...['GET /health', 'GET /openapi.json', 'GET /docs', 'GET /docs/errors'],
      ...['GET /app', 'GET /app/t/:tenant/:screen', 'GET /app/t/:tenant/:screen/:item', 'GET /app/assets/:file'],
      'GET /admin/certificates/key',
      // What clients of other protocols ask before they have a key, or without one.
      ...['GET /ready', 'GET /loki/api/v1/status/buildinfo', 'GET '],
      ...['GET /services/collector/health', 'GET /services/collector/health/1.0'],
    ])
    const scopes = open.map(({ steps }) => Policy.parse(steps.at(-2)).scope)
    expect(new Set(scopes)).toEqual(new Set(['public']))
  })

  it('end with the one that answers everything else', () => {
    expect(router.routes.map(([method]) => method).filter((method) => method === 'ALL')).toHaveLength(1)
    expect(router.routes.at(-1)?.[3]).toBe('*')
  })
})

describe('Env', () => {
  it('is the bindings of wrangler.toml', () => {
    const source = files.find(({ path }) => path === 'src/env.ts')
    const env = source?.nodes.find(
      (node) => node.type === 'TSInterfaceDeclaration' && childOf(node, 'id')?.name === 'Env',
    )
    const Body = z.object({ body: z.array(z.object({ key: z.object({ name: z.string() }) })) })
    const members = Body.parse(env?.body).body.map(({ key }) => key.name)
    const Toml = z.object({
      durable_objects: z.object({ bindings: z.array(z.object({ name: z.string() })) }),
      d1_databases: z.array(z.object({ binding: z.string() })),
      kv_namespaces: z.array(z.object({ binding: z.string() })),
      r2_buckets: z.array(z.object({ binding: z.string() })),
      ratelimits: z.array(z.object({ name: z.string() })),
      assets: z.object({ binding: z.string() }),
    })
    const { assets, durable_objects, d1_databases, kv_namespaces, r2_buckets, ratelimits } = Toml.parse(
      parse(readText('wrangler.toml')),
    )
    const bound = [...d1_databases, ...kv_namespaces, ...r2_buckets, assets].map(({ binding }) => binding)
    const named = [...durable_objects.bindings, ...ratelimits].map(({ name }) => name)
    expect(members.toSorted()).toEqual([...named, ...bound].toSorted())
  })

  it('knows every variable of wrangler.toml', () => {
    const variables = Object.keys(readWranglerConfig('wrangler.toml').vars)
    expect(variables.filter((name) => !VARIABLE_NAMES.some((known) => known === name))).toEqual([])
  })
})
