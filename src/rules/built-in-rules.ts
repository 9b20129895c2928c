import { RuleDraft } from './rule'

/** A rule that every tenant has from the start. Who edits it has their own; who resets it has this again. */
export interface BuiltInRule {
  /** What it is called in code and documents; its id is `rul_` and this. */
  readonly key: string
  readonly draft: RuleDraft
}

/** Ways of saying that somebody could not sign in, as common servers and libraries write them. */
const FAILED_SIGN_IN =
  '(?i)(failed|invalid|wrong|bad|incorrect) (password|login|sign[- ]in|credentials)|' +
  '(login|log in|sign[- ]in|authentication|password) (failed|failure|rejected|denied)|' +
  'failed to (log|sign)[- ]?in\\b|failed to authenticate\\b|' +
  'invalid user [^ ]+ from [0-9a-f:]+[.:]'

const FAILED_SIGN_IN_EVENT = '(?i)(log_?in|sign_?in|auth|authentication)[._ -]?(fail|failed|failure|denied|rejected)$'

/** Where programs put the address of a client. A group is made of all three, of which a record has one. */
const ADDRESS_FIELDS = ['ip', 'client_ip', 'remote_addr']

/**
 * What stands in a request that tries to break in, and hardly in any other text: `..` encoded, or leading to a system's own
 * files; SQL encoded as in an address, or that is always true after a quote; a look-up of Log4Shell; a script in an address.
 */
const INJECTION =
  '(?i)(\\.\\.(/|%2f|\\x5c)|%2e%2e(/|%2f))(etc|proc|windows|winnt|boot\\.ini|root)(/|%2f|\\x5c|$)|' +
  '%2e%2e(/|%2f)|\\.\\.%2f|' +
  '=[^ ]{0,60}union(\\+|%20)(all(\\+|%20))?select(\\+|%20)|' +
  "('|%27)( |\\+|%20)?(or|and)( |\\+|%20)('|%27)?[0-9]{1,4}('|%27)?( |\\+|%20)?(=|%3d)|" +
  "('|%27)\\)?(;|%3b)( |\\+|%20)?(drop|truncate)( |\\+|%20)table|" +
  '\\$\\{jndi:(ldaps?|rmi|dns):|' +
  '[?&][^ ]{0,100}(%3c|<)script(%3e|>)'

/** Where programs put the address of a request. */
const REQUEST_FIELDS = ['url', 'path', 'uri', 'request', 'http.url', 'http.target', 'url.full']

/** Words of which each way of saying it has one. */
const PRIVILEGE_WORDS = ['privilege', 'admin', 'sudo']

/** Somebody becomes more than they were: by role, by group, or by what a system says of it. */
const PRIVILEGES =
  '(?i)privilege escalation|' +
  '(granted|assigned|promoted to|elevated to) (the )?(role )?["\']?(admin|administrator|sudo)\\b|' +
  'role (was |has been )?changed (from [^ ]+ )?to ["\']?(admin|administrator)\\b|' +
  'added to (the )?(group |role )?["\']?(sudo|sudoers|admins|administrators|domain admins)\\b|' +
  'user not in sudoers|grant all privileges on'

const PRIVILEGE_EVENT =
  '(?i)^(privileges?[._ -]?(escalat|elevat)[a-z]*|(role|admin|privilege)s?[._ -]?(grant|granted|elevated|escalated)|' +
  '(grant|granted)[._ -]?(role|admin|privilege)s?)$'

/** Names of durations that `is:slow` looks at, as a filter: records that say how long something took. */
const HAS_DURATION = ['duration', 'duration_ms', 'durationMs', 'latency_ms', 'elapsed_ms', 'responseTime']
  .map((name) => `has:${name}`)
  .join(' OR ')

const anyOf = (fields: readonly string[], pattern: string): string =>
  fields.map((field) => `${field}:~${quoted(pattern)}`).join(' OR ')

const saying = (words: readonly string[], pattern: string): string => `((${words.join(' OR ')}) ~${quoted(pattern)})`

/** In backticks every character stands for itself. */
const quoted = (pattern: string): string => `\`${pattern}\``

const EVENT_FIELDS = ['event', 'event.action', 'event_type', 'action']

const DRAFTS: Readonly<Record<string, unknown>> = {
  critical_error: {
    name: 'Critical error',
    description: 'A record of the level fatal, or an error whose severity is critical.',
    query: 'level:fatal OR (level:error severity:critical)',
    trigger: { type: 'match' },
    actions: [
      { type: 'notify', event: 'critical_error' },
      { type: 'incident', severity: 'critical' },
    ],
  },
  security_incident_sign_ins: {
    name: 'Failed sign-ins from one address',
    description: 'Ten within five minutes. The address is what ip, client_ip and remote_addr say.',
    query: `(${ADDRESS_FIELDS.map((field) => `has:${field}`).join(' OR ')}) (~${quoted(FAILED_SIGN_IN)} OR ${anyOf(EVENT_FIELDS, FAILED_SIGN_IN_EVENT)})`,
    trigger: { type: 'count', count: 10, window: '5m', by: ADDRESS_FIELDS },
    cooldown: '15m',
    actions: [
      { type: 'notify', event: 'security_incident' },
      { type: 'incident', severity: 'high' },
    ],
  },
  security_incident_injection: {
    name: 'Injection or traversal',
    description: 'A request that tries to reach files or to put SQL, scripts or look-ups where data belongs.',
    query: `~${quoted(INJECTION)} OR ${anyOf(REQUEST_FIELDS, INJECTION)}`,
    trigger: { type: 'match' },
    cooldown: '5m',
    actions: [
      { type: 'notify', event: 'security_incident' },
      { type: 'incident', severity: 'high' },
    ],
  },
  security_incident_privileges: {
    name: 'Change of privileges',
    description: 'Somebody became an administrator, or tried to.',
    query: `${saying(PRIVILEGE_WORDS, PRIVILEGES)} OR ${anyOf(EVENT_FIELDS, PRIVILEGE_EVENT)}`,
    trigger: { type: 'match' },
    cooldown: '1m',
    actions: [
      { type: 'notify', event: 'security_incident' },
      { type: 'incident', severity: 'high' },
    ],
  },
  performance_degradation: {
    name: 'A service has become slow',
    description: 'A quarter of what a service did within five minutes took more than a second.',
    query: 'is:slow',
    trigger: { type: 'ratio', of: HAS_DURATION, above: 0.25, window: '5m', least_total: 100, by: ['service'] },
    cooldown: '1h',
    actions: [
      { type: 'notify', event: 'performance_degradation' },
      { type: 'incident', severity: 'medium' },
    ],
  },
  service_unavailable: {
    name: 'A service has gone silent',
    description: 'Silent for half an hour, and for six times as long as is usual for it.',
    query: 'has:service',
    trigger: { type: 'habit', factor: 6, least: '30m', by: ['service'] },
    actions: [
      { type: 'notify', event: 'service_unavailable' },
      { type: 'incident', severity: 'high' },
    ],
  },
  quota_warning: {
    name: 'A quota is nearly used up',
    description: 'Four fifths of a quota of the plan or the tenant are used.',
    query: '',
    trigger: { type: 'usage', of: 'quota', above: 0.8 },
    cooldown: '1h',
    actions: [
      { type: 'notify', event: 'quota_warning' },
      { type: 'incident', severity: 'medium' },
    ],
  },
  storage_capacity: {
    name: 'Storage is nearly full',
    description: 'Four fifths of what the journal can hold wait for the stores behind it.',
    query: '',
    trigger: { type: 'usage', of: 'storage', above: 0.8 },
    cooldown: '1h',
    actions: [
      { type: 'notify', event: 'storage_capacity' },
      { type: 'incident', severity: 'high' },
    ],
  },
  error_rate: {
    name: 'Error rate of a service',
    description:
      'One record in twenty of a service is an error within five minutes. Only for services whose configuration says ' +
      'alert_on_errors.',
    query: 'level:>=error',
    trigger: { type: 'ratio', of: '', above: 0.05, window: '5m', least_total: 20, by: ['service'] },
    cooldown: '15m',
    actions: [
      { type: 'notify', event: 'error_rate' },
      { type: 'incident', severity: 'high' },
    ],
  },
}

/** The built-in rules, in the order of their keys. All of them are on until somebody switches them off. */
export const BUILT_IN_RULES: readonly BuiltInRule[] = Object.entries(DRAFTS)
  .map(([key, draft]) => ({ key, draft: RuleDraft.parse({ kind: 'trigger', ...Object(draft) }) }))
  .sort((left, right) => (left.key < right.key ? -1 : 1))

/** The built-in rule that watches only the services whose configuration says `alert_on_errors`. */
export const ERROR_RATE_KEY = 'error_rate'

/** The id of a built-in rule. */
export const builtInId = (key: string): string => `rul_${key}`
