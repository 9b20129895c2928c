import { claimOf, type Role } from '../records/names'
import type { Format } from './format'
import { readJsonDocuments } from './json-documents'

/** What a platform calls things that others have other names for. */
type Names = Readonly<Record<string, { readonly role: Role; readonly strength: number }>>

const jsonFormat = (source: string, names: Names): Format => ({
  source,
  claims: (path) => names[path] ?? claimOf(path),
  open: (body) => ({ documents: body, read: readJsonDocuments }),
})

/** Vercel's log drains: JSON or NDJSON (vercel.com/docs/drains/reference/logs). `source` is a part of the platform there. */
export const VERCEL: Format = jsonFormat('vercel', {
  projectName: { role: 'service', strength: 0 },
  source: { role: 'service', strength: 90 },
})

/** Netlify's log drains: JSON or NDJSON (docs.netlify.com/monitor-sites/log-drains). */
export const NETLIFY: Format = jsonFormat('netlify', {
  function_name: { role: 'service', strength: 0 },
  edge_function_name: { role: 'service', strength: 1 },
  site_name: { role: 'service', strength: 30 },
})

/** Fly's log shipper, which is Vector with these names (github.com/superfly/fly-log-shipper). */
export const FLY: Format = jsonFormat('fly', {
  'fly.app.name': { role: 'service', strength: 0 },
})

/** Vector's `http` sink: its own names, and those of the Docker and Kubernetes sources. */
export const VECTOR: Format = jsonFormat('vector', {
  container_name: { role: 'service', strength: 40 },
  'kubernetes.container_name': { role: 'service', strength: 41 },
})
