import * as z from 'zod'
import type { Erasure, ErasureFacts } from './erase-tenant'

const time = z.iso.datetime()
const count = z.int().min(0)
const rows = z.record(z.string(), count)

/** What the certificate of a tenant's end says. The text that is signed is this as JSON. */
export const ErasureCertificate = z.strictObject({
  iss: z.string().meta({ description: 'Who says so: JWT_ISSUER of the installation.' }),
  iat: z.int().meta({ description: 'When, in seconds since 1970.' }),
  kind: z.literal('sluice-erasure-certificate'),
  tenant: z.strictObject({ id: z.string(), name: z.string(), plan: z.string(), created_at: time }),
  due_at: time.meta({ description: 'The end of the grace period.' }),
  begun_at: time,
  finished_at: time,
  erased: z.strictObject({
    object: z.strictObject({ bytes: count, unsealed_records: count, unpublished_segments: count, directory: rows }),
    control: rows.meta({ description: 'Rows of the CONTROL database, by table.' }),
    payload: z.strictObject({ segments: count, parts: count }).meta({ description: 'In the PAYLOAD database.' }),
    archive: z.strictObject({ objects: count, bytes: count }),
    cache: z.strictObject({ values: count }),
  }),
  segments: z.strictObject({
    count,
    records: count,
    bytes: count,
    sha256: z
      .string()
      .meta({ description: 'Of `<id> <hash>` and a line feed for each segment, in the order of the ids.' }),
  }),
  records_of_all_time: count.meta({
    description: 'What the tenant had stored since it began, expired records among it.',
  }),
  verified: z.string(),
  remains: z.array(z.string()).meta({ description: 'What this does not reach, and for how long.' }),
})
export type ErasureCertificate = z.infer<typeof ErasureCertificate>

/** What no deletion of ours reaches. Whoever reads the certificate should not have to guess it. */
const REMAINS = [
  'Cloudflare keeps the history of D1 databases and of Durable Objects for 30 days (Time Travel, point-in-time recovery). ' +
    'Nobody can read it but by restoring; after that it is gone.',
  'Backups and copies that the operator of the service or the customer has made themselves.',
  'Copies in KV run out by themselves within a minute where a request wrote one while it was being deleted.',
  'On one’s own machine: pages that a deleted row of D1 has left free in its file, until they are used again or the file is vacuumed.',
  'The service’s own log and audit: what the operator did with the tenant, and its id and host names in lines about failures. ' +
    'None of its records are there.',
  'This certificate, with the id and name of the tenant.',
]

/** The certificate of an erasure that is done. */
export function toCertificate(
  { tenantId, name, begunMs }: Pick<Erasure, 'tenantId' | 'name' | 'begunMs'>,
  { object, stores, segments, tenant }: ErasureFacts,
  about: { readonly issuer: string; readonly doneMs: number },
): ErasureCertificate {
  const { issuer, doneMs } = about
  return {
    iss: issuer,
    iat: Math.floor(doneMs / 1000),
    kind: 'sluice-erasure-certificate',
    tenant: { id: tenantId, name, plan: tenant.plan, created_at: toTime(tenant.createdMs) },
    due_at: toTime(tenant.deleteMs),
    begun_at: toTime(begunMs),
    finished_at: toTime(doneMs),
    erased: {
      object: {
        bytes: object.bytes,
        unsealed_records: object.unsealedRecords,
        unpublished_segments: object.unpublished.length,
        directory: object.directory,
      },
      ...stores,
    },
    segments,
    records_of_all_time: object.recordsStored,
    verified: 'Every store was looked through after the last deletion, and had nothing of the tenant.',
    remains: REMAINS,
  }
}

const toTime = (timeMs: number): string => new Date(timeMs).toISOString()
