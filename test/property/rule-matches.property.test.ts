import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBlock } from '../../src/blocks/block-bytes'
import { blockTable } from '../../src/blocks/table'
import { compileFilter, type Filter } from '../../src/query/filter'
import { countMatches, matchingRows } from '../../src/query/mask'
import { parseQuery } from '../../src/query/parse'
import { compileRegex } from '../../src/query/regex/regex'
import { foldText } from '../../src/records/fold'
import { BUILT_IN_RULES, builtInId } from '../../src/rules/built-in-rules'
import { compileRules } from '../../src/rules/compile-rules'
import { matchBlock } from '../../src/rules/match-table'
import { TriggerRule } from '../../src/rules/rule'
import { blocksOf } from '../support/log-tables'
import '../support/property-seed'

const NOW_MS = Date.UTC(2026, 10, 21, 20)

/** Words that rules look for, whole and in pieces, in other letter case, and next to what folds to ASCII. */
const WORDS = [
  ...[
    'failed password',
    'Login failed',
    'LOGIN REJECTED',
    'admin',
    'admi',
    'dmin',
    'SUDO',
    'ſudo',
    'privilege',
    'privileges',
  ],
  ...[
    '../etc/passwd',
    '..%2f',
    "' or 1=1",
    "'OR 1=1",
    'x%27%20or%201%3d1',
    '=union+select+',
    "';drop table a",
    '${jndi:ldap://e',
  ],
  ...[
    'role changed to admin',
    'granted role "admin"',
    'bad credentials',
    'ſign-in failed',
    'sign-in failed',
    'toKen',
    'token',
  ],
  ...['out of memory', 'timeout', 'Zoë', 'ẞ', 'a', ' ', '', '\\', '"', 'Ⱥ', 'user', '日本'],
]

const text = fc
  .array(fc.constantFrom(...WORDS), { maxLength: 4 })
  .chain((words) => fc.constantFrom('', ' ', 'x', '1 ').map((between) => words.join(between)))

const log = fc
  .record(
    {
      level: fc.constantFrom('debug', 'info', 'warn', 'error', 'fatal'),
      message: text,
      service: fc.constantFrom('api', 'API', 'web'),
      ip: fc.constantFrom('10.0.0.1', '10.0.0.2'),
      event: fc.oneof(text, fc.constantFrom('login_failed', 'role_granted')),
      path: text,
      user: fc.record({ name: text, tags: fc.array(text, { maxLength: 2 }) }, { requiredKeys: [] }),
      error: fc.oneof(text, fc.record({ message: text, stack: text }, { requiredKeys: [] })),
      count: fc.oneof(fc.integer({ min: 0, max: 3000 }), text),
    },
    { requiredKeys: ['level'] },
  )
  .map((one) => JSON.stringify(one))

const QUERIES = [
  ...[
    'timeout',
    'token',
    'sudo',
    'admin OR "out of memory"',
    '-admin',
    'path:~`(?i)login (failed|rejected)`',
    '*:admin',
  ],
  ...[
    '~`(?i)(bad|wrong) (password|credentials)`',
    '~`(admin|root|sudo)$`',
    '~`SUDO`',
    '~`[a-d]dmin`',
    '~`(?i)to(k|ſ)en`',
  ],
  ...[
    'user:~`(?i)privileges?`',
    'user.name:*login*',
    'event:(login_failed,admin)',
    'path:*passw*',
    'message:"a admin"',
  ],
  ...[
    'has:ip ~`(?i)pass(word)?|login`',
    'level:>=error admin',
    'count:~`admin`',
    'count:>1000',
    'error:*sudo* OR error.stack:*sudo*',
  ],
]

const rulesOf = (queries: readonly string[]): TriggerRule[] => [
  ...BUILT_IN_RULES.filter(({ draft }) => draft.kind === 'trigger' && draft.trigger.type === 'match').map(
    ({ key, draft }) => TriggerRule.parse({ ...draft, id: builtInId(key), version: 1 }),
  ),
  ...BUILT_IN_RULES.filter(({ key }) => key === 'security_incident_sign_ins').map(({ key, draft }) =>
    TriggerRule.parse({ ...draft, id: builtInId(key), version: 1 }),
  ),
  ...queries.map((query, index) =>
    TriggerRule.parse({
      ...{ id: `rul_${index}`, version: 1, kind: 'trigger', name: 'x', query, trigger: { type: 'match' } },
      actions: [{ type: 'notify', event: 'x' }],
    }),
  ),
]

function filterOf(query: string): Filter {
  const compiled = compileFilter(parseQuery(query).filter, NOW_MS)
  if (!compiled.ok) throw new Error(compiled.problem.message)
  return compiled.filter
}

describe('rules that are asked together', () => {
  it('find in a block exactly the rows that the filter of each finds by itself', () => {
    const rules = rulesOf(QUERIES)
    const { compiled, failed } = compileRules(rules)
    expect(failed).toEqual([])
    expect(compiled.needles().needles.length).toBeGreaterThan(50)
    const filters = rules.map(({ query }) => filterOf(query))
    fc.assert(
      fc.property(fc.array(log, { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (logs, repeats) => {
        const lines = Array.from({ length: repeats }, () => logs).flat()
        for (const { bytes, firstSeq } of blocksOf([lines], { nowMs: NOW_MS }).inputs) {
          const block = decodeBlock(bytes)
          const { matches, failures } = matchBlock(compiled, block, firstSeq)
          expect(failures).toEqual([])
          const table = blockTable(block, firstSeq)
          for (const [index, { id, query }] of rules.entries()) {
            const mask = filters[index].evaluate(table)
            const found = matches.find(({ rule }) => rule.rule.id === id)
            const count = found?.arrivals.reduce((sum, arrival) => sum + arrival.count, 0) ?? 0
            expect([query, count]).toEqual([query, countMatches(mask, table.rows)])
            if (found === undefined || found.rule.by.length > 0) continue
            const { table: own, rows } = found.rowsOf('[]', block.rows)
            const seqs = rows.map((row) => own.seqs()[row])
            expect(seqs).toEqual(Array.from(matchingRows(mask, table.rows), (row) => table.seqs()[row]))
          }
        }
      }),
      { numRuns: process.env.SLUICE_SOAK === '1' ? 5000 : 100 },
    )
  }, 300_000)

  it('are known by literals of which every text that a pattern matches holds one', () => {
    const patterns = [
      ...BUILT_IN_RULES.flatMap(({ draft }) => [...draft.query.matchAll(/`([^`]+)`/g)].map(([, pattern]) => pattern)),
      ...[
        '(?i)a?(bcde|fghi){2,3}',
        '(abcd|efgh)(ij)?k',
        '(?i)kiss',
        '[ab]cdef|ghijk',
        '(one|two)*three',
        '^(warn|fatal)$',
      ],
    ]
    const compiled = patterns.map((pattern) => {
      const regex = compileRegex(pattern)
      if (!regex.ok) throw new Error(regex.error.message)
      return regex.value
    })
    expect(compiled.filter(({ literals }) => literals() === undefined).length).toBeLessThan(3)
    const pieces = [
      'abcd',
      'bcde',
      'fghi',
      'ij',
      'k',
      'KIſS',
      'ghijk',
      'acdef',
      'two',
      'three',
      'warn',
      'fatal',
      ...WORDS,
    ]
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 5 }), (parts) => {
        const whole = parts.join('')
        const bytes = new TextEncoder().encode(whole)
        const folded = Buffer.from(foldText(whole))
        for (const { test, literals } of compiled)
          if (literals() !== undefined && test(bytes, 0, bytes.length))
            expect(literals()?.some((literal) => folded.includes(literal))).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
