import { type Claim, claimOf } from '../../records/names'
import { memberName } from '../document-writer'

/** The members of a document. */
export const NAME = {
  timestamp: memberName('timestamp'),
  labels: memberName('labels'),
  line: memberName('line'),
  json: memberName('json'),
  detectedLevel: memberName('detected_level'),
  metadata: memberName('metadata'),
  parsed: memberName('parsed'),
} as const

/** Labels that name a service, the strongest first (Loki, validation/limits.go, discover_service_name). */
const SERVICE_LABELS = [
  ...['service_name', 'service', 'app', 'application', 'app_name', 'name', 'app_kubernetes_io_name'],
  ...['container', 'container_name', 'k8s_container_name', 'component', 'workload', 'job', 'k8s_job_name'],
]

/** Up to here a label names a service; those behind say where it runs, and a line of JSON that names one says more. */
const PLACES_FROM = SERVICE_LABELS.indexOf('container')
const PLACES = 200

const LEVEL_NAMES = ['level', 'detected_level', 'severity', 'lvl', 'loglevel', 'log_level', 'levelname']

const CLAIMS: ReadonlyMap<string, Claim> = new Map<string, Claim>([
  ['timestamp', { role: 'time', strength: 0 }],
  ['line', { role: 'message', strength: 150 }],
  ['detected_level', { role: 'level', strength: 300 }],
  ...['labels', 'metadata', 'parsed'].flatMap((holder, weaker) => [
    ...LEVEL_NAMES.map((name, index): [string, Claim] => [
      `${holder}.${name}`,
      { role: 'level', strength: weaker * 10 + index },
    ]),
    ...SERVICE_LABELS.map((name, index): [string, Claim] => [
      `${holder}.${name}`,
      { role: 'service', strength: weaker * 20 + index + (index < PLACES_FROM ? 0 : PLACES) },
    ]),
    ...['trace_id', 'traceid'].map((name): [string, Claim] => [
      `${holder}.${name}`,
      { role: 'trace_id', strength: weaker },
    ]),
    ...['span_id', 'spanid'].map((name): [string, Claim] => [
      `${holder}.${name}`,
      { role: 'span_id', strength: weaker },
    ]),
  ]),
])

const JSON_PREFIX = 'json.'

/** What a path of a document means: what the labels say counts more than what stands in a line of JSON, but for its message. */
export function lokiClaim(path: string): Claim | undefined {
  const known = CLAIMS.get(path) ?? CLAIMS.get(path.toLowerCase())
  if (known !== undefined || !path.startsWith(JSON_PREFIX)) return known
  const inner = claimOf(path.slice(JSON_PREFIX.length))
  // Loki goes by the time of the entry, whatever the line says.
  if (inner === undefined || inner.role === 'time') return undefined
  return inner.role === 'message' ? inner : { role: inner.role, strength: inner.strength + 100 }
}
