import type { Operation } from './operation'
import { DATADOG_OPERATIONS } from './shippers/datadog-operations'
import { ELASTIC_OPERATIONS } from './shippers/elastic-operations'
import { LOKI_OPERATIONS } from './shippers/loki-operations'
import { OTLP_OPERATIONS } from './shippers/otlp-operations'
import { SPLUNK_OPERATIONS } from './shippers/splunk-operations'
import { WAYS_IN_OPERATIONS } from './shippers/ways-in-operations'

/** The protocols of others, in the order of the route table. Each is described in docs/shippers/. */
export const SHIPPER_OPERATIONS: readonly Operation[] = [
  ...WAYS_IN_OPERATIONS,
  ...OTLP_OPERATIONS,
  ...LOKI_OPERATIONS,
  ...ELASTIC_OPERATIONS,
  ...SPLUNK_OPERATIONS,
  ...DATADOG_OPERATIONS,
]
