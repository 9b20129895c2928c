import type { Operation } from './operation'

/** What the groups of operations are called in the documents. */
export const GROUP_TITLES: Readonly<Record<Operation['group'], string>> = {
  service: 'The service',
  logs: 'Logs',
  analytics: 'Analytics',
  admin: 'Administration',
  integration: 'Integrations',
  session: 'Browser sessions',
  api_v1: 'The second seed’s API',
  shippers: 'What other shippers speak',
}
