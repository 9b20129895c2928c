/** One variable of the Worker's environment. `seed` names the documents that ask for it, as SEEDS.md numbers them. */
export interface ConfigurationVariable {
  name: string
  /** Undefined where the variable is unset unless somebody sets it. */
  default: string | undefined
  meaning: string
  seed: string
}

const LATER = 'Read, used from a later version'
const REGISTERED = 'A service of the default tenant that is registered from the start and asked how it is'
const KEY_OF_REGISTERED = 'Secret. The key that it is asked with'

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
    name: 'DOH_RESOLVERS',
    default: 'https://cloudflare-dns.com/dns-query,https://dns.google/dns-query,https://dns.quad9.net/dns-query',
    meaning:
      'DNS resolvers (RFC 8484) for the proof of domains and for where webhooks and services are, separated by commas: of at least two companies',
    seed: 'ours',
  },
  {
    name: 'CUSTOM_HOSTNAME_ZONE_ID',
    default: undefined,
    meaning: 'The Cloudflare zone that brings requests for tenants’ own host names here; unset: nothing is registered',
    seed: 'ours',
  },
  {
    name: 'CUSTOM_HOSTNAME_API_TOKEN',
    default: undefined,
    meaning: 'Secret. A Cloudflare API token with `SSL and Certificates: Edit` for that zone',
    seed: 'ours',
  },
  {
    name: 'TENANT_GRACE_HOURS',
    default: '168',
    meaning: 'How many hours a tenant that is deleted waits, in which that can be taken back, before it is erased',
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
    meaning:
      'Secret. A key of the default tenant with write, read and configuration: at least 32 characters in production',
    seed: 'S1',
  },
  {
    name: 'TAIL_SCRIPTS',
    default: undefined,
    meaning:
      'Whose logs those of Workers are that have this one as their tail consumer: `script=tenant` by name, separated by commas; all others belong to `DEFAULT_TENANT`',
    seed: 'ours',
  },
  {
    name: 'JWT_SECRET',
    default: undefined,
    meaning: 'Secret. Checks the platform’s own JWTs (HS256): at least 32 random bytes',
    seed: 'S2',
  },
  {
    name: 'JWT_ISSUER',
    default: 'sluice',
    meaning: 'The `iss` of the platform’s own JWTs',
    seed: 'ours',
  },
  {
    name: 'JWT_AUDIENCE',
    default: 'sluice',
    meaning: 'The `aud` of the platform’s own JWTs: another name for each installation that shares a secret',
    seed: 'ours',
  },
  {
    name: 'SECRETS_KEY',
    default: undefined,
    meaning:
      'Secret. Seals what others entrust to us (keys of services, secrets of webhooks): 32 random bytes in base64; after a comma, older ones that still open. `npm start` makes one',
    seed: 'ours',
  },
  {
    name: 'ALLOW_LOCAL_DESTINATIONS',
    default: 'false',
    meaning:
      'Whether webhooks, services and key servers may be `http://localhost`; only where `ENVIRONMENT` is `development`',
    seed: 'ours',
  },
  {
    name: 'RATE_LIMIT_ENABLED',
    default: 'true',
    meaning: 'Whether `RATE_LIMIT_REQUESTS` holds; `npm start` sets `false`. What plans and settings name always holds',
    seed: 'S2',
  },
  {
    name: 'RATE_LIMIT_REQUESTS',
    default: '100',
    meaning: 'Requests of a key in any window, where the tenant’s plan names no limit',
    seed: 'S2',
  },
  { name: 'RATE_LIMIT_WINDOW', default: '3600', meaning: 'Length of that window, in seconds', seed: 'S2' },
  {
    name: 'ENABLE_ANALYTICS',
    default: 'true',
    meaning: 'Whether the analytics endpoints answer; plans and tenants can do without them too',
    seed: 'S2',
  },
  {
    name: 'ENABLE_INTEGRATIONS',
    default: 'true',
    meaning: 'Whether the integration endpoints answer: rules, services and cross-service events',
    seed: 'S2',
  },
  { name: 'ENABLE_WEBHOOKS', default: 'true', meaning: 'Whether webhooks may be made, and are delivered', seed: 'S2' },
  { name: 'ENABLE_CONTENT_ANALYSIS', default: 'true', meaning: `Whether contents are analysed. ${LATER}`, seed: 'S2' },
  { name: 'ENABLE_WEBSOCKET', default: 'true', meaning: 'Whether live tails may connect', seed: 'S1' },
  {
    name: 'API_V1_REQUESTS_PER_MINUTE',
    default: '100',
    meaning: 'Requests of an address to `/api/v1` in any minute; `0`, which `npm start` sets: any number',
    seed: 'S1',
  },
  {
    name: 'API_V1_BATCHES_PER_MINUTE',
    default: '20',
    meaning: 'Batches of an address to `/api/v1` in any minute; `0`, which `npm start` sets: any number',
    seed: 'S1',
  },
  {
    name: 'AUTH_SERVICE_URL',
    default: undefined,
    meaning: REGISTERED,
    seed: 'S2',
  },
  { name: 'AUTH_SERVICE_API_KEY', default: undefined, meaning: KEY_OF_REGISTERED, seed: 'S2' },
  {
    name: 'DATA_SERVICE_URL',
    default: undefined,
    meaning: REGISTERED,
    seed: 'S2',
  },
  { name: 'DATA_SERVICE_API_KEY', default: undefined, meaning: KEY_OF_REGISTERED, seed: 'S2' },
  {
    name: 'CONTENT_SKIMMER_URL',
    default: undefined,
    meaning: REGISTERED,
    seed: 'S2',
  },
  { name: 'CONTENT_SKIMMER_API_KEY', default: undefined, meaning: KEY_OF_REGISTERED, seed: 'S2' },
]
