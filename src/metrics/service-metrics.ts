import type { Metric } from './exposition'

/** A tenant as the control database knows it. */
export interface ListedTenant {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly plan: string
}

/** What there is to say of the service beside its tenants' accounts. */
export interface ServiceState {
  readonly version: string
  /** By the names of `GET /health`. */
  readonly bindings: Readonly<Record<string, 'ok' | 'down' | 'absent'>>
  /** All of them, also those that are not listed. */
  readonly tenantCount: number
  readonly tenants: readonly ListedTenant[]
  /** Tenants whose object answered. */
  readonly answered: ReadonlySet<string>
}

/** The measures of the service itself, for its operator. */
export const serviceMetrics = ({ version, bindings, tenantCount, tenants, answered }: ServiceState): Metric[] => [
  {
    name: 'sluice_build_info',
    type: 'gauge',
    help: 'The version that answers.',
    samples: [{ labels: { version }, value: 1 }],
  },
  {
    name: 'sluice_binding_up',
    type: 'gauge',
    help: 'Whether a binding answered this request. A binding that is not configured is left out.',
    samples: Object.entries(bindings)
      .filter(([, state]) => state !== 'absent')
      .map(([binding, state]) => ({ labels: { binding }, value: state === 'ok' ? 1 : 0 })),
  },
  {
    name: 'sluice_tenants',
    type: 'gauge',
    help: 'Tenants in the control database.',
    samples: [{ labels: {}, value: tenantCount }],
  },
  {
    name: 'sluice_tenants_omitted',
    type: 'gauge',
    help: 'Tenants that are not in this answer because there are more than METRICS_TENANTS_MAX.',
    samples: [{ labels: {}, value: Math.max(0, tenantCount - tenants.length) }],
  },
  {
    name: 'sluice_tenant_info',
    type: 'gauge',
    help: 'What a tenant is called.',
    samples: tenants.map(({ id, name, status, plan }) => ({ labels: { tenant: id, name, status, plan }, value: 1 })),
  },
  {
    name: 'sluice_tenant_up',
    type: 'gauge',
    help: 'Whether the object of a tenant answered. Where it is 0 the other measures of that tenant are missing.',
    samples: tenants.map(({ id }) => ({ labels: { tenant: id }, value: answered.has(id) ? 1 : 0 })),
  },
]
