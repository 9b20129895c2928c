import { ADMIN_OPERATIONS } from './admin-operations'
import { ANALYTICS_OPERATIONS } from './analytics-operations'
import { API_V1_OPERATIONS } from './api-v1-operations'
import { AUDIT_OPERATIONS } from './audit-operations'
import { DOMAIN_OPERATIONS } from './domain-operations'
import { INTEGRATION_OPERATIONS } from './integration-operations'
import { KEY_OPERATIONS, TENANT_KEY_OPERATIONS } from './key-operations'
import { LOGS_OPERATIONS } from './logs-operations'
import { MEMBER_OPERATIONS } from './member-operations'
import type { Operation } from './operation'
import { RULE_OPERATIONS } from './rule-operations'
import { SERVICE_OPERATIONS } from './service-operations'
import { SESSION_OPERATIONS } from './session-operations'
import { SETTINGS_OPERATIONS } from './settings-operations'
import { SHIPPER_OPERATIONS } from './shipper-operations'
import { TENANT_OPERATIONS } from './tenant-operations'
import { WEBHOOK_OPERATIONS } from './webhook-operations'

/** Every route but the last, in the order of the route table. */
export const OPERATIONS: readonly Operation[] = [
  ...SERVICE_OPERATIONS,
  ...LOGS_OPERATIONS,
  ...ANALYTICS_OPERATIONS,
  ...TENANT_OPERATIONS,
  ...DOMAIN_OPERATIONS,
  ...KEY_OPERATIONS,
  ...MEMBER_OPERATIONS,
  ...TENANT_KEY_OPERATIONS,
  ...ADMIN_OPERATIONS,
  ...SETTINGS_OPERATIONS,
  ...AUDIT_OPERATIONS,
  ...INTEGRATION_OPERATIONS,
  ...RULE_OPERATIONS,
  ...WEBHOOK_OPERATIONS,
  ...SESSION_OPERATIONS,
  ...API_V1_OPERATIONS,
  ...SHIPPER_OPERATIONS,
]
