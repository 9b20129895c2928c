import * as z from 'zod'
import { EXPOSITION_TYPE } from '../metrics/exposition'
import { Health } from '../routes/show-health'
import type { Operation } from './operation'

const OpenapiAnswer = z.object({ openapi: z.literal('3.1.0'), paths: z.record(z.string(), z.unknown()) }).loose()

const PAGE_TYPE = 'text/html; charset=utf-8'

const METRICS_EXAMPLE = `# HELP sluice_records_stored_total Records that were stored.
# TYPE sluice_records_stored_total counter
sluice_records_stored_total{tenant="ten_01kaj2m4x8v3c9t0w5b6n7p2qr"} 1284
`

const healthExample: Health = {
  status: 'healthy',
  service: 'sluice',
  db: 'connected',
  timestamp: 1795255200000,
  version: '0.1.0',
  bindings: { control: 'ok', payload: 'ok', cache: 'ok', archive: 'ok', tenant: 'ok' },
}

const APP_PARAMETERS: Readonly<Record<string, z.ZodString>> = {
  tenant: z.string().meta({ description: 'Whose logs are shown: the page says so where it is not who is signed in.' }),
  screen: z
    .string()
    .meta({ description: 'explore, incidents, rules, webhooks, services, send, usage, domains, keys …' }),
  item: z.string().meta({ description: 'The id of what the screen shows one of.' }),
}

const pick = (parameters: Readonly<Record<string, string>>): Record<string, z.ZodString> =>
  Object.fromEntries(Object.keys(parameters).map((name) => [name, APP_PARAMETERS[name]]))

/** The service's own endpoints. */
export const SERVICE_OPERATIONS: readonly Operation[] = [
  {
    id: 'showHealth',
    group: 'service',
    method: 'GET',
    path: '/health',
    scope: 'public',
    summary: 'Whether the service and what it stands on answer',
    description:
      'Asks each binding for next to nothing, with a second to answer; what was found stands for a second. ' +
      '`unhealthy` (503): the control database or the tenant objects are down, so nobody new gets in, or nothing does. ' +
      '`degraded` (200): another store is down; logs are taken and found, and sealed bytes wait in the objects. ' +
      '`absent`: the binding is not configured.',
    answers: {
      200: { description: 'Healthy or degraded.', content: { 'application/json': Health } },
      503: { description: 'Unhealthy.', content: { 'application/json': Health } },
    },
    problems: [],
    example: { status: 200, answer: healthExample },
  },
  {
    id: 'showMetrics',
    group: 'service',
    method: 'GET',
    path: '/metrics',
    scope: 'logs:read',
    summary: 'Counters and gauges for Prometheus',
    description:
      'The exposition format 0.0.4. The operator’s key, on the service’s own host, sees all tenants and the state of the ' +
      'bindings; a tenant’s key sees its tenant. Counts come from the tenants’ accounts and are exact. Requests by route ' +
      'and status are not in it: a Worker runs in many isolates, and each would tell its own count. Past 500 tenants the ' +
      'rest is left out, and `sluice_tenants_omitted` says how many.',
    answers: { 200: { description: 'The measures.', content: { [EXPOSITION_TYPE]: z.string() } } },
    problems: [],
    example: { status: 200, answer: METRICS_EXAMPLE },
  },
  {
    id: 'showOpenapi',
    group: 'service',
    method: 'GET',
    path: '/openapi.json',
    scope: 'public',
    summary: 'This API for machines',
    description: 'OpenAPI 3.1, made from the schemas that check requests.',
    answers: { 200: { description: 'The description.', content: { 'application/json': OpenapiAnswer } } },
    problems: [],
    example: { status: 200, answer: { openapi: '3.1.0', paths: { '/health': {} } } },
  },
  {
    id: 'showDocs',
    group: 'service',
    method: 'GET',
    path: '/docs',
    scope: 'public',
    summary: 'This API for people',
    description:
      'A page with every route, its parameters, schemas, examples and a command line to try. It needs no script and asks for ' +
      'nothing else, of us or of anybody.',
    answers: { 200: { description: 'The page.', content: { [PAGE_TYPE]: z.string() } } },
    problems: [],
    example: { status: 200, answer: '<!doctype html>\n<html lang="en">…' },
  },
  {
    id: 'showProblems',
    group: 'service',
    method: 'GET',
    path: '/docs/errors',
    scope: 'public',
    summary: 'What can go wrong',
    description: 'Every problem with what to do about it: the `type` of each problem leads here.',
    answers: { 200: { description: 'The page.', content: { [PAGE_TYPE]: z.string() } } },
    problems: [],
    example: { status: 200, answer: '<!doctype html>\n<html lang="en">…' },
  },
  appPage('showApp', '/app', 'The browser app'),
  appPage('showAppScreen', '/app/t/:tenant/:screen', 'A screen of the browser app', {
    tenant: 'acme',
    screen: 'explore',
  }),
  appPage('showAppItem', '/app/t/:tenant/:screen/:item', 'Something that a screen of the browser app shows', {
    ...{ tenant: 'acme', screen: 'logs', item: 'log_0000000000000000000000000' },
  }),
  {
    id: 'showAppFile',
    group: 'service',
    method: 'GET',
    path: '/app/assets/:file',
    scope: 'public',
    pathParameters: z.object({ file: z.string().meta({ description: 'Its name, with what is in it.' }) }),
    summary: 'A file of the browser app',
    description: 'Named by what is in it, so that it may be kept for a year.',
    answers: { 200: { description: 'The file.', content: { 'image/svg+xml': z.string() } } },
    problems: ['not_found'],
    example: { path: { file: 'icon.svg' }, status: 200, answer: '<svg xmlns="http://www.w3.org/2000/svg" …' },
  },
]

/** The same page for each of its addresses: it reads its own. */
function appPage(id: string, path: string, summary: string, parameters?: Readonly<Record<string, string>>): Operation {
  return {
    ...{ id, group: 'service', method: 'GET', path, scope: 'public', summary },
    ...(parameters && { pathParameters: z.object(pick(parameters)) }),
    description:
      'A page for browsers. Its own content policy lets nothing run but its files, and asks nobody but this service.',
    answers: { 200: { description: 'The page.', content: { [PAGE_TYPE]: z.string() } } },
    problems: [],
    example: { ...(parameters && { path: parameters }), status: 200, answer: '<!doctype html>\n<html lang="en">…' },
  }
}
