/** One variable of the Worker's environment. `seed` names the documents that ask for it, as SEEDS.md numbers them. */
export interface ConfigurationVariable {
  name: string
  /** Undefined where the variable is unset unless somebody sets it. */
  default: string | undefined
  meaning: string
  seed: string
}

const LATER = 'Read, used from a later version'

/** Every variable that Sluice knows, in the order of docs/configuration.md. */
export const CONFIGURATION_VARIABLES: readonly ConfigurationVariable[] = [
  {
    name: 'ENVIRONMENT',
    default: 'production',
    meaning: '`development`, `staging` or `production`; `npm start` sets `development`',
    seed: 'S2',
  },
  {
    name: 'LOG_LEVEL',
    default: 'info',
    meaning: 'The least level of the service’s own activity log: `debug`, `info`, `warn` or `error`',
    seed: 'S2',
  },
  {
    name: 'API_KEY_HEADER',
    default: 'X-API-Key',
    meaning: 'The header that may carry a key, beside `Authorization: Bearer`',
    seed: 'S2',
  },
  {
    name: 'DEFAULT_TTL_DAYS',
    default: '30',
    meaning: 'How many days a tenant’s records are kept when its settings do not say',
    seed: 'S1',
  },
  {
    name: 'CLEANUP_BATCH_SIZE',
    default: '1000',
    meaning: 'How many segments one step of the retention sweep takes at most',
    seed: 'S1',
  },
  {
    name: 'HOT_HOURS',
    default: '24',
    meaning: 'How many hours sealed payloads stay in D1 and KV before they are packed into R2',
    seed: 'ours',
  },
  {
    name: 'SERVICE_HOSTS',
    default: undefined,
    meaning: 'Further host names of the service itself, separated by commas: on these the key names the tenant',
    seed: 'ours',
  },
  {
    name: 'DEFAULT_TENANT',
    default: 'acme',
    meaning: 'The name of the tenant that `LOG_SERVICE_API_KEY` belongs to',
    seed: 'ours',
  },
  {
    name: 'LOG_SERVICE_API_KEY',
    default: undefined,
    meaning: `Secret. A key of the default tenant with write, read and configuration. ${LATER}`,
    seed: 'S1',
  },
  { name: 'JWT_SECRET', default: undefined, meaning: `Secret. Signs and checks JWTs. ${LATER}`, seed: 'S2' },
  { name: 'RATE_LIMIT_ENABLED', default: 'true', meaning: `Whether limits are enforced. ${LATER}`, seed: 'S2' },
  { name: 'RATE_LIMIT_REQUESTS', default: '100', meaning: `Requests in one window. ${LATER}`, seed: 'S2' },
  { name: 'RATE_LIMIT_WINDOW', default: '3600', meaning: `Length of the window, in seconds. ${LATER}`, seed: 'S2' },
  {
    name: 'ENABLE_ANALYTICS',
    default: 'true',
    meaning: `Whether the analytics endpoints answer. ${LATER}`,
    seed: 'S2',
  },
  {
    name: 'ENABLE_INTEGRATIONS',
    default: 'true',
    meaning: `Whether the integration endpoints answer. ${LATER}`,
    seed: 'S2',
  },
  { name: 'ENABLE_WEBHOOKS', default: 'true', meaning: `Whether webhooks are delivered. ${LATER}`, seed: 'S2' },
  { name: 'ENABLE_CONTENT_ANALYSIS', default: 'true', meaning: `Whether contents are analysed. ${LATER}`, seed: 'S2' },
  { name: 'ENABLE_WEBSOCKET', default: 'true', meaning: `Whether live tails may connect. ${LATER}`, seed: 'S1' },
  {
    name: 'API_V1_REQUESTS_PER_MINUTE',
    default: '100',
    meaning: `Requests to \`/api/v1\` a minute and address. ${LATER}`,
    seed: 'S1',
  },
  {
    name: 'API_V1_BATCHES_PER_MINUTE',
    default: '20',
    meaning: `Batches to \`/api/v1\` a minute and address. ${LATER}`,
    seed: 'S1',
  },
  {
    name: 'AUTH_SERVICE_URL',
    default: undefined,
    meaning: `A service that is registered from the start. ${LATER}`,
    seed: 'S2',
  },
  { name: 'AUTH_SERVICE_API_KEY', default: undefined, meaning: `Secret. The key for it. ${LATER}`, seed: 'S2' },
  {
    name: 'DATA_SERVICE_URL',
    default: undefined,
    meaning: `A service that is registered from the start. ${LATER}`,
    seed: 'S2',
  },
  { name: 'DATA_SERVICE_API_KEY', default: undefined, meaning: `Secret. The key for it. ${LATER}`, seed: 'S2' },
  {
    name: 'CONTENT_SKIMMER_URL',
    default: undefined,
    meaning: `A service that is registered from the start. ${LATER}`,
    seed: 'S2',
  },
  { name: 'CONTENT_SKIMMER_API_KEY', default: undefined, meaning: `Secret. The key for it. ${LATER}`, seed: 'S2' },
]
