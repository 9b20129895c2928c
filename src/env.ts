import * as z from 'zod'
import type { TenantObject } from '../durable-objects/tenant'
import { CONFIGURATION_VARIABLES } from './config-variables'
import { toHostName } from './domains/host-name'
import { JWT_SECRET_BYTES_MIN, RESOLVERS_MIN, SECRETS_KEY_BYTES, SERVICE_KEY_CHARACTERS_MIN } from './limits/limits'
import { LOG_LEVELS } from './log'

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, { error: `it must be a whole number from ${min} to ${max}` })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error: `it must be from ${min} to ${max}` })

const oneOf = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  z.enum(names, { error: `it must be one of ${names.join(', ')}` })

const flag = z
  .string()
  .toLowerCase()
  .pipe(oneOf(['true', 'false']))
  .transform((text) => text === 'true')

const headerName = z
  .string()
  .regex(/^[\w!#$%&'*+.^`|~-]{1,64}$/, { error: 'it must be the name of a header' })
  .toLowerCase()

const words = z.string().transform((text) => text.split(/[\s,]+/).filter(Boolean))

/** In the spelling that the hosts of requests are brought into. */
const hostNames = words.transform((texts, context) => {
  const names = texts.map(toHostName)
  if (names.includes(undefined)) context.addIssue('it must be host names, separated by commas')
  return new Set(names.filter((name) => name !== undefined))
})

/** Two resolvers of one company would only be one witness, but that cannot be seen from their names. */
const resolvers = words.refine(
  (texts) => {
    const hosts = texts.map((text) => (/^https?:/.test(text) ? URL.parse(text)?.host : undefined))
    return !hosts.includes(undefined) && new Set(hosts).size >= RESOLVERS_MIN
  },
  { error: `it must be URLs of at least ${RESOLVERS_MIN} different hosts, separated by commas` },
)

/** `checkout=acme, cart=acme`: whose logs a Worker's are. */
const scriptTenants = words.transform((pairs, context) => {
  const parts = pairs.map((pair) => pair.split('='))
  if (parts.some((part) => part.length !== 2 || part.includes('')))
    context.addIssue('it must be pairs of a script and a tenant, such as checkout=acme, separated by commas')
  return new Map(parts.map(([script, tenant = '']): [string, string] => [script, tenant]))
})

const serviceAddress = z.url({ protocol: /^https?$/, error: 'it must be an http or https URL' }).optional()

/** HS256 needs a key as long as its hash; a shorter one can be guessed from a single token, away from us (RFC 8725, 3.5). */
const jwtSecret = z.string().refine((text) => Buffer.byteLength(text) >= JWT_SECRET_BYTES_MIN, {
  error: `it must be at least ${JWT_SECRET_BYTES_MIN} random bytes (256 bits), for example from openssl rand -base64 48`,
})

/** The first seals, all of them open: so that a key can be changed without sealing everything again at once. */
const secretsKeys = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter(Boolean))
  .refine((keys) => keys.every((key) => Buffer.from(key, 'base64').length === SECRETS_KEY_BYTES), {
    error: `it must be ${SECRETS_KEY_BYTES} random bytes in base64, for example from openssl rand -base64 ${SECRETS_KEY_BYTES}`,
  })
  .optional()

const tokenName = z
  .string()
  .regex(/^[!-~]{1,255}$/, { error: 'it must be 1 to 255 printable characters without spaces' })

/** The one key that is not made here. On one's own machine it may be as short as those of the seeds' examples. */
const isGuessable = (config: { readonly ENVIRONMENT: string; readonly LOG_SERVICE_API_KEY?: string | undefined }) =>
  config.ENVIRONMENT === 'production' &&
  config.LOG_SERVICE_API_KEY !== undefined &&
  config.LOG_SERVICE_API_KEY.length < SERVICE_KEY_CHARACTERS_MIN

/** A variable that is unset has the default of docs/configuration.md. */
const variable = (name: string) => z.string().prefault(defaultOf(name))

const Variables = z.object({
  ENVIRONMENT: variable('ENVIRONMENT').pipe(oneOf(['development', 'staging', 'production'])),
  LOG_LEVEL: variable('LOG_LEVEL').pipe(z.string().toLowerCase()).pipe(oneOf(LOG_LEVELS)),
  API_KEY_HEADER: variable('API_KEY_HEADER').pipe(headerName),
  DEFAULT_TTL_DAYS: variable('DEFAULT_TTL_DAYS').pipe(wholeNumber(1, 36_500)),
  CLEANUP_BATCH_SIZE: variable('CLEANUP_BATCH_SIZE').pipe(wholeNumber(1, 100_000)),
  HOT_HOURS: variable('HOT_HOURS').pipe(wholeNumber(0, 87_600)),
  SERVICE_HOSTS: z.string().prefault('').pipe(hostNames),
  DOH_RESOLVERS: variable('DOH_RESOLVERS').pipe(resolvers),
  CUSTOM_HOSTNAME_ZONE_ID: z.string().optional(),
  CUSTOM_HOSTNAME_API_TOKEN: z.string().optional(),
  TENANT_GRACE_HOURS: variable('TENANT_GRACE_HOURS').pipe(wholeNumber(0, 8760)),
  DEFAULT_TENANT: z.string().prefault('acme'),
  LOG_SERVICE_API_KEY: z.string().optional(),
  TAIL_SCRIPTS: z.string().prefault('').pipe(scriptTenants),
  JWT_SECRET: jwtSecret.optional(),
  JWT_ISSUER: variable('JWT_ISSUER').pipe(tokenName),
  JWT_AUDIENCE: variable('JWT_AUDIENCE').pipe(tokenName),
  SECRETS_KEY: secretsKeys,
  ALLOW_LOCAL_DESTINATIONS: variable('ALLOW_LOCAL_DESTINATIONS').pipe(flag),
  RATE_LIMIT_ENABLED: variable('RATE_LIMIT_ENABLED').pipe(flag),
  RATE_LIMIT_REQUESTS: variable('RATE_LIMIT_REQUESTS').pipe(wholeNumber(1, 1_000_000_000)),
  RATE_LIMIT_WINDOW: variable('RATE_LIMIT_WINDOW').pipe(wholeNumber(1, 86_400)),
  ENABLE_ANALYTICS: variable('ENABLE_ANALYTICS').pipe(flag),
  ENABLE_INTEGRATIONS: variable('ENABLE_INTEGRATIONS').pipe(flag),
  ENABLE_WEBHOOKS: variable('ENABLE_WEBHOOKS').pipe(flag),
  ENABLE_CONTENT_ANALYSIS: variable('ENABLE_CONTENT_ANALYSIS').pipe(flag),
  ENABLE_WEBSOCKET: variable('ENABLE_WEBSOCKET').pipe(flag),
  API_V1_REQUESTS_PER_MINUTE: variable('API_V1_REQUESTS_PER_MINUTE').pipe(wholeNumber(0, 1_000_000_000)),
  API_V1_BATCHES_PER_MINUTE: variable('API_V1_BATCHES_PER_MINUTE').pipe(wholeNumber(0, 1_000_000_000)),
  AUTH_SERVICE_URL: serviceAddress,
  AUTH_SERVICE_API_KEY: z.string().optional(),
  DATA_SERVICE_URL: serviceAddress,
  DATA_SERVICE_API_KEY: z.string().optional(),
  CONTENT_SKIMMER_URL: serviceAddress,
  CONTENT_SKIMMER_API_KEY: z.string().optional(),
})

const CheckedVariables = Variables.refine((config) => !isGuessable(config), {
  path: ['LOG_SERVICE_API_KEY'],
  error: `it must be at least ${SERVICE_KEY_CHARACTERS_MIN} characters in production, for example from openssl rand -base64 48`,
})

/** What the platform gives the Worker: the bindings and variables of wrangler.toml, and secrets. */
export interface Env extends z.input<typeof Variables> {
  readonly TENANT: DurableObjectNamespace<TenantObject>
  readonly CONTROL: D1Database
  readonly PAYLOAD: D1Database
  readonly CACHE: KVNamespace
  /** Absent where an account has no R2; payloads then stay in D1. */
  readonly ARCHIVE?: R2Bucket
  /** Counts keys and sessions that do not exist, about right; absent where there is no such counter. */
  readonly FAILED_ATTEMPTS?: RateLimit
  /** The files of the browser app; absent where it was not built. */
  readonly ASSETS?: Fetcher
}

/** The variables, checked, under their own names. */
export type Config = Readonly<z.output<typeof Variables>>

/** The names of all variables that Sluice knows. */
export const VARIABLE_NAMES = Variables.keyof().options

/** The env object lives as long as the isolate, so this holds one entry in practice. */
const checked = new WeakMap<object, Config>()

/** Answers the variables, or throws an error that names each wrong one. It never shows a value: it may be a secret. */
export function readConfig(env: z.input<typeof Variables>): Config {
  const known = checked.get(env)
  if (known) return known
  const config = parseVariables(env)
  checked.set(env, config)
  return config
}

function parseVariables(env: z.input<typeof Variables>): Config {
  const set = VARIABLE_NAMES.map((name) => [name, toText(env[name])])
  const result = CheckedVariables.safeParse(Object.fromEntries(set))
  if (result.success) return result.data
  const wrong = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  throw new Error(`The configuration is wrong. ${wrong.join('; ')}.`)
}

/** wrangler.toml may hold numbers and booleans, and a variable that is set to nothing is as good as unset. */
const toText = (value: unknown): string | undefined =>
  value === undefined || value === null || value === '' ? undefined : `${value}`

function defaultOf(name: string): string {
  const found = CONFIGURATION_VARIABLES.find((entry) => entry.name === name)?.default
  if (found === undefined) throw new Error(`src/config-variables.ts has no default for ${name}`)
  return found
}
