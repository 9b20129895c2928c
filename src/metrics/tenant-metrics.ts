import type { ServiceUsage, Usage } from '../tenant/contract'
import { type Account, totalOf } from '../tenant/ledger'
import type { Metric, Sample } from './exposition'

/** A tenant and its account, as its object keeps it. */
export interface TenantUsage {
  readonly tenantId: string
  readonly usage: Usage
}

/** A measure of one tenant: what it reads from the account, by the labels beside the tenant's. */
interface Measure {
  readonly name: string
  readonly type: Metric['type']
  readonly help: string
  readonly read: (usage: Usage) => readonly Sample[]
}

/** The measures of tenants. They are exact: the account is written in one transaction with what it counts. */
export const tenantMetrics = (tenants: readonly TenantUsage[]): Metric[] =>
  MEASURES.map(({ name, type, help, read }) => ({
    name,
    type,
    help,
    samples: tenants.flatMap(({ tenantId, usage }) =>
      read(usage).map(({ labels, value }) => ({ labels: { tenant: tenantId, ...labels }, value })),
    ),
  }))

const single = (value: number): readonly Sample[] => [{ labels: {}, value }]

const ofAccount =
  (name: Exclude<keyof Account, 'rejected'>): Measure['read'] =>
  ({ ledger }) =>
    single(totalOf(ledger)[name])

/** `rowsWritten` of the ledger is `rows_written` here. */
const operations = ({ ledger }: Usage): readonly Sample[] =>
  Object.entries(ledger.operations).map(([name, value]) => ({
    labels: { operation: name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) },
    value,
  }))

/** Of each service that is asked how it is; one without the number has no sample. */
const ofServices =
  (read: (service: ServiceUsage) => number | undefined): Measure['read'] =>
  ({ services = [] }) =>
    services.flatMap((usage) => {
      const value = read(usage)
      return value === undefined ? [] : [{ labels: { service: usage.service }, value }]
    })

const MEASURES: readonly Measure[] = [
  {
    name: 'sluice_records_received_total',
    type: 'counter',
    help: 'Records that clients sent: stored, duplicate, sampled and rejected together.',
    read: ofAccount('received'),
  },
  {
    name: 'sluice_records_stored_total',
    type: 'counter',
    help: 'Records that were stored.',
    read: ofAccount('stored'),
  },
  {
    name: 'sluice_records_duplicate_total',
    type: 'counter',
    help: 'Records of batches that came again with the same Idempotency-Key.',
    read: ofAccount('duplicate'),
  },
  {
    name: 'sluice_records_sampled_total',
    type: 'counter',
    help: 'Records that rules of the tenant have dropped or sampled away.',
    read: ofAccount('sampled'),
  },
  {
    name: 'sluice_records_sampled_by_rule_total',
    type: 'counter',
    help: 'The same by the rule that took them.',
    read: ({ ledger }) => Object.entries(ledger.sampledBy ?? {}).map(([rule, value]) => ({ labels: { rule }, value })),
  },
  {
    name: 'sluice_records_dropped_total',
    type: 'counter',
    help: 'Always 0: what rules drop is counted as sampled.',
    read: ofAccount('dropped'),
  },
  {
    name: 'sluice_records_rejected_total',
    type: 'counter',
    help: 'Records refused, by the code that the receipt gave.',
    read: ({ ledger }) =>
      Object.entries(totalOf(ledger).rejected).map(([code, value]) => ({ labels: { code }, value })),
  },
  {
    name: 'sluice_received_bytes_total',
    type: 'counter',
    help: 'Bytes of request bodies, uncompressed.',
    read: ofAccount('bytesIn'),
  },
  {
    name: 'sluice_sealed_bytes_total',
    type: 'counter',
    help: 'Bytes of segments that were sealed.',
    read: ({ ledger }) => single(ledger.bytesStored),
  },
  {
    name: 'sluice_operations_total',
    type: 'counter',
    help: 'Platform operations spent, from which a cost can be computed.',
    read: operations,
  },
  {
    name: 'sluice_journal_rows',
    type: 'gauge',
    help: 'Records that are durable and not yet sealed.',
    read: ({ journalRows }) => single(journalRows),
  },
  {
    name: 'sluice_journal_bytes',
    type: 'gauge',
    help: 'Bytes of the journal. With the unpublished bytes they must stay below JOURNAL_BYTES_MAX.',
    read: ({ journalBytes }) => single(journalBytes),
  },
  {
    name: 'sluice_unpublished_segments',
    type: 'gauge',
    help: 'Sealed segments that still wait in the object. More than a few for minutes: D1 does not take them.',
    read: ({ sealedSegments }) => single(sealedSegments),
  },
  {
    name: 'sluice_unpublished_bytes',
    type: 'gauge',
    help: 'Bytes of sealed segments that still wait in the object.',
    read: ({ sealedBytes }) => single(sealedBytes),
  },
  {
    name: 'sluice_catalog_generation',
    type: 'gauge',
    help: 'Changes of the set of published segments.',
    read: ({ generation }) => single(generation),
  },
  {
    name: 'sluice_service_up',
    type: 'gauge',
    help: 'Whether a registered service is up. One that was not asked yet is left out.',
    read: ofServices(({ isKnown, isUp }) => (isKnown ? Number(isUp) : undefined)),
  },
  {
    name: 'sluice_service_uptime_ratio',
    type: 'gauge',
    help: 'The share of looks at a registered service in the last 24 hours that found it well.',
    read: ofServices(({ uptime }) => uptime),
  },
  {
    name: 'sluice_service_checks_total',
    type: 'counter',
    help: 'Looks at a registered service.',
    read: ofServices(({ checks }) => checks),
  },
  {
    name: 'sluice_service_check_failures_total',
    type: 'counter',
    help: 'Looks at a registered service that did not find it well.',
    read: ofServices(({ failures }) => failures),
  },
  {
    name: 'sluice_service_latency_seconds',
    type: 'gauge',
    help: 'How long the last look at a registered service took, where that found it well.',
    read: ofServices(({ latencyMs }) => (latencyMs === undefined ? undefined : latencyMs / 1000)),
  },
]
