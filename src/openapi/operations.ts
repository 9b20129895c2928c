import { ADMIN_OPERATIONS } from './admin-operations'
import { ANALYTICS_OPERATIONS } from './analytics-operations'
import { API_V1_OPERATIONS } from './api-v1-operations'
import { LOGS_OPERATIONS } from './logs-operations'
import type { Operation } from './operation'
import { SERVICE_OPERATIONS } from './service-operations'
import { SESSION_OPERATIONS } from './session-operations'

/** Every route but the last, in the order of the route table. */
export const OPERATIONS: readonly Operation[] = [
  ...SERVICE_OPERATIONS,
  ...LOGS_OPERATIONS,
  ...ANALYTICS_OPERATIONS,
  ...ADMIN_OPERATIONS,
  ...SESSION_OPERATIONS,
  ...API_V1_OPERATIONS,
]
