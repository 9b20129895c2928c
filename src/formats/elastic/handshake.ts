/** What clients ask before they send anything, and what they need to hear. Nothing of it is a setting of ours. */
export interface HandshakeAnswer {
  readonly status: number
  readonly body: unknown
}

/** The release that clients take us for: they refuse to talk to one that is older than themselves. */
export const ELASTIC_VERSION = '8.19.0'

const CLUSTER = 'sluice'

/** `GET /`: clients look for the tagline, the version and the flavour; a serverless one would be asked for other things. */
export const BANNER = {
  name: 'sluice',
  cluster_name: CLUSTER,
  cluster_uuid: 'c2x1aWNlLWxvZ3MtMDAwMQ',
  version: {
    number: ELASTIC_VERSION,
    build_flavor: 'default',
    build_type: 'docker',
    build_hash: '0000000000000000000000000000000000000000',
    build_date: '2025-01-01T00:00:00.000Z',
    build_snapshot: false,
    lucene_version: '9.12.2',
    minimum_wire_compatibility_version: '7.17.0',
    minimum_index_compatibility_version: '7.0.0',
  },
  tagline: 'You Know, for Search',
} as const

/** `GET /_license`: Logstash and the Beats of Elastic send nothing without an active one. */
export const LICENSE = {
  license: {
    uid: '00000000-0000-4000-8000-000000000000',
    type: 'basic',
    mode: 'basic',
    status: 'active',
    issue_date_in_millis: 1_700_000_000_000,
    expiry_date_in_millis: 4_000_000_000_000,
    issued_to: CLUSTER,
    issuer: 'elasticsearch',
  },
} as const

/** `GET /_cluster/health`. */
export const CLUSTER_HEALTH = {
  cluster_name: CLUSTER,
  status: 'green',
  timed_out: false,
  number_of_nodes: 1,
  number_of_data_nodes: 1,
  active_primary_shards: 1,
  active_shards: 1,
  relocating_shards: 0,
  initializing_shards: 0,
  unassigned_shards: 0,
  delayed_unassigned_shards: 0,
  number_of_pending_tasks: 0,
  number_of_in_flight_fetch: 0,
  task_max_waiting_in_queue_millis: 0,
  active_shards_percent_as_number: 100,
} as const

/** `GET /_nodes/…`: a client that looks for more nodes stays with the address it has. */
export const NODES = { _nodes: { total: 1, successful: 1, failed: 0 }, cluster_name: CLUSTER, nodes: {} } as const

/** `_refresh`: what was answered is found by the next query already. */
export const REFRESHED = { _shards: { total: 1, successful: 1, failed: 0 } } as const

/** What a client puts in place before it sends: accepted, and of no effect, which the answer says. */
export const ACKNOWLEDGED = {
  acknowledged: true,
  shards_acknowledged: true,
  warning: 'Sluice keeps every field of every log: templates, policies and pipelines are accepted and ignored.',
} as const

/**
 * Whether what a client looks for is said to be there. Templates and policies are, so that it does not put its own; data streams,
 * pipelines and aliases are not, and putting them is acknowledged.
 */
export function lookUp(kind: string, name: string): HandshakeAnswer {
  const found = LOOKED_UP.get(kind)?.(name)
  if (found !== undefined) return { status: 200, body: found }
  return { status: 404, body: notFoundBody(`${kind} [${name}] missing`) }
}

const LOOKED_UP: ReadonlyMap<string, (name: string) => unknown> = new Map<string, (name: string) => unknown>([
  ['_index_template', (name) => ({ index_templates: [{ name, index_template: { index_patterns: [] } }] })],
  ['_component_template', (name) => ({ component_templates: [{ name, component_template: { template: {} } }] })],
  ['_template', (name) => ({ [name]: { index_patterns: [], mappings: {}, settings: {}, aliases: {} } })],
])

/** The body of an error of Elasticsearch. */
export const errorBody = (status: number, type: string, reason: string) => ({
  error: { root_cause: [{ type, reason }], type, reason },
  status,
})

const notFoundBody = (reason: string) => errorBody(404, 'resource_not_found_exception', reason)
