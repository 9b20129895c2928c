import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { LEVEL_SLOT, TIME_SLOT } from '../../src/blocks/block'
import type { DocumentTable } from '../../src/blocks/table'
import { columnsOfField } from '../../src/query/field-columns'
import { compileFilter, type Filter } from '../../src/query/filter'
import { matchingRows } from '../../src/query/mask'
import { parseQuery } from '../../src/query/parse'
import { quote } from '../../src/query/quoted'
import type { FilterProblem } from '../../src/query/term'
import { SEQ_PART } from '../../src/query/units'
import { foldText } from '../../src/records/fold'
import { logId } from '../../src/records/log-id'
import { mayHold } from '../../src/segments/token-filter'
import { blocksOf, guarded, journalTables, recordsOf, sealedTables } from '../support/log-tables'
import { MIXED_LOGS_MS, mixedLogs } from '../support/mixed-logs'

const NOW_MS = Date.UTC(2026, 10, 21, 12)

/** A log as an object, or as JSON text where its digits or doubled members count. */
type Log = string | Readonly<Record<string, unknown>>

const jsonOf = (logs: readonly Log[]): string[] =>
  logs.map((log) => (typeof log === 'string' ? log : JSON.stringify(log)))

function filterOf(query: string): Filter {
  const compiled = compileFilter(parseQuery(query).filter, NOW_MS)
  if (!compiled.ok) throw new Error(`${query}: ${compiled.problem.message}`)
  return compiled.filter
}

function problemOf(query: string): FilterProblem | undefined {
  const compiled = compileFilter(parseQuery(query).filter, NOW_MS)
  return compiled.ok ? undefined : compiled.problem
}

const rowsIn = (tables: readonly DocumentTable[], query: string): number[] =>
  tables
    .flatMap((table) => {
      const filter = filterOf(query)
      const seqs = table.seqs()
      return Array.from(matchingRows(filter.evaluate(table), table.rows), (row) => seqs[row] - 1)
    })
    .sort((left, right) => left - right)

/** Indexes of the logs that a query finds; the journal and a segment have to agree. */
function found(query: string, logs: readonly Log[], contentType = 'application/x-ndjson'): number[] {
  const blocks = blocksOf([jsonOf(logs)], { nowMs: NOW_MS, contentType })
  const inJournal = rowsIn(journalTables(blocks), query)
  expect(
    rowsIn(
      sealedTables(blocks.inputs).map(({ table }) => table),
      query,
    ),
  ).toEqual(inJournal)
  return inJournal
}

const messages = (...texts: string[]): Log[] => texts.map((message) => ({ message }))
const under = (name: string, ...values: string[]): string[] =>
  values.map((value) => `{"message":"m","${name}":${value}}`)

describe('bare text', () => {
  it('is found inside a word, in any letter case', () => {
    expect(found('bluez', messages('spa.bluez5.native', 'spa.BLUEZ', 'blue z'))).toEqual([0, 1])
  })

  it('folds letters one to one: ẞ is ß, the Kelvin sign is k, ς is σ, and İ stays', () => {
    expect(found('straße', messages('STRAẞE', 'strasse'))).toEqual([0])
    expect(found('kelvin', messages('\u212aelvin', 'KELVIN'))).toEqual([0, 1])
    expect(found('σίσυφος', messages('ΣΊΣΥΦΟΣ'))).toEqual([0])
    expect(found('istanbul', messages('İstanbul', 'ISTANBUL'))).toEqual([1])
    expect(found('😀', messages('😀 done', '😁'))).toEqual([0])
  })

  it('is looked for in error texts beside the message, and nowhere else', () => {
    const logs = [
      { message: 'm', error: { message: 'boom' } },
      { message: 'm', metadata: { err: { stack: 'at boom' } } },
      { message: 'm', error: ['boom'] },
      { message: 'm', metadata: [{ error: 'boom' }] },
      { message: 'm', note: 'boom', error: { code: 'boom' } },
    ]
    expect(found('boom', logs)).toEqual([0, 1, 2, 3])
  })

  it('is looked for in every value of a record that has no message', () => {
    const logs = [
      { event_name: 'login', user: { name: 'Ada' } },
      { level: 'error', code: 7 },
      { list: ['x', { y: 'ADA' }] },
      { message: 'm', user: { name: 'Ada' } },
    ]
    expect(found('ada', logs)).toEqual([0, 2])
    expect(found('error', logs)).toEqual([1])
    expect(found('7', logs)).toEqual([1])
  })

  it('finds lines of plain text', () => {
    expect(found('refused', ['connection Refused', 'ok'], 'text/plain')).toEqual([0])
  })

  it('never matches across two records', () => {
    expect(found('"ab"', messages('a', 'b', 'ab'))).toEqual([2])
    expect(found('a*b', messages('a', 'b', 'a-b'))).toEqual([2])
    expect(found('~"a[^x]*b"', messages('a', 'b'))).toEqual([])
  })

  it('knows * and ? as wildcards, and their escapes as themselves', () => {
    expect(found('conn*refused', messages('Connection was refused', 'refused conn'))).toEqual([0])
    expect(found('c?t', messages('cat', 'c😀t', 'ct'))).toEqual([0, 1])
    expect(found('2\\*2', messages('2*2', '2x2'))).toEqual([0])
  })
})

describe('levels', () => {
  const logs = ['info', 'WARN', 'err', 'CRITICAL', 'audit'].map((level) => ({ level, message: 'm' }))

  it('are found in any spelling, however they were sent', () => {
    expect(found('level:error', logs)).toEqual([2])
    expect(found('level:warning', logs)).toEqual([1])
    expect(found('level:fatal', logs)).toEqual([3])
    expect(found('level:error', ['{"level":50,"msg":"pino"}', '{"severity":"ERROR","msg":"x"}'])).toEqual([0, 1])
  })

  it('are ordered', () => {
    expect(found('level:>=warn', logs)).toEqual([1, 2, 3])
    expect(found('level:<warn', logs)).toEqual([0, 4])
    expect(found('level:[warn TO fatal}', logs)).toEqual([1, 2])
    expect(found('-level:>=warn', logs)).toEqual([0, 4])
  })

  it('that are none of the six are found as they were sent', () => {
    expect(found('level:audit', logs)).toEqual([4])
    expect(found('level:error,audit', logs)).toEqual([2, 4])
  })

  it('answer to patterns by their name and by what was sent', () => {
    expect(found('level:~"warn|error"', logs)).toEqual([1, 2])
    expect(found('level:crit*', logs)).toEqual([3])
    expect(found('level:~"^WARN$"', logs)).toEqual([1])
  })

  it('are what status and severity mean when they name one', () => {
    const mixed = [
      { level: 'error', status: 200 },
      { level: 'info', status: 500 },
      { level: 'info', status: 'error' },
      { level: 'fatal' },
    ]
    expect(found('status:error', mixed)).toEqual([0, 2])
    expect(found('status:500', mixed)).toEqual([1])
    expect(found('status:ok', mixed)).toEqual([])
    expect(found('severity:critical', mixed)).toEqual([3])
    expect(found('status:>=error', mixed)).toEqual([0, 3])
  })
})

describe('names of fields', () => {
  it('find what became a part of the system', () => {
    const logs = [
      { component: 'db', msg: 'm' },
      { service: 'db', message: 'm' },
      { service: 'x', component: 'db', message: 'm' },
    ]
    expect(found('component:db', logs)).toEqual([0, 2])
    expect(found('service:db', logs)).toEqual([0, 1])
    expect(found('message:m', logs)).toEqual([0, 1, 2])
    expect(found('Service:DB', logs)).toEqual([0, 1])
  })

  it('need no wrapper, no @ and no letter case', () => {
    const logs = [
      { user_id: 1 },
      { metadata: { user_id: 1 } },
      { context: { User_ID: 1 } },
      { other: { user_id: 1 } },
      { '@user_id': 1 },
    ]
    expect(found('user_id:1', logs)).toEqual([0, 1, 2, 4])
    expect(found('metadata.user_id:1', logs)).toEqual([1])
  })

  it('reach into arrays, and into a field called rest', () => {
    expect(found('tags:red', [{ tags: ['RED', 2] }, { tags: [['red']] }, { tags: ['redder'] }])).toEqual([0, 1])
    expect(found('items.id:7', [{ items: [{ id: 7 }] }, { items: { id: 7 } }, { items: [{ id: [8] }] }])).toEqual([
      0, 1,
    ])
    expect(found('rest:1', [{ rest: [1] }, { rest: { rest: 1 } }])).toEqual([0])
  })

  it('reach into records that are kept whole, because their members are too many for columns', () => {
    const wide = Object.fromEntries(Array.from({ length: 1100 }, (_, index) => [`w${index}`, index]))
    const logs = [{ message: 'm', wide, tags: [], error: { message: 'boom' } }, { message: 'm' }]
    for (const query of ['wide.w1099:1099', 'has:tags', 'boom', 'has:wide', '*:1099'])
      expect(found(query, logs), query).toEqual([0])
  })

  it('that stand twice in a record answer for both values', () => {
    expect(found('a:1', ['{"a":1,"a":2}', '{"a":2,"a":1}', '{"a":2}'])).toEqual([0, 1])
  })
})

describe('equality', () => {
  it('takes numbers as numbers, and text as text', () => {
    expect(found('user_id=42', under('user_id', '42', '42.0', '"42"', '"42.0"', '4.2e1', '421'))).toEqual([0, 1, 2, 4])
    expect(found('ts:1795262400.0', ['{"ts":1795262400,"m":1}'])).toEqual([0])
    expect(found('user_id="42"', under('user_id', '42', '"42"'))).toEqual([0, 1])
    expect(found('code:0x2a', under('code', '42', '"0X2A"'))).toEqual([1])
  })

  it('is exact beyond what a double can hold', () => {
    const logs = under('n', '9007199254740993', '9007199254740992', '9007199254740993.0', '1e400', '1e401')
    expect(found('n:9007199254740993', logs)).toEqual([0, 2])
    expect(found('n:>9007199254740992', logs)).toEqual([0, 2, 3, 4])
    expect(found('n:1e400', logs)).toEqual([3])
  })

  it('knows units on numbers, outside quotes', () => {
    expect(found('duration:1.5s', under('duration', '1500', '"1.5s"', '1.5'))).toEqual([0, 1])
    expect(found('duration:"1.5s"', under('duration', '1500', '"1.5S"'))).toEqual([1])
  })

  it('takes true, false and null by their names', () => {
    expect(found('ok:null', under('ok', 'null', '"NULL"', 'false'))).toEqual([0, 1])
  })
})

describe('presence', () => {
  const logs = [
    '{"m":1,"user_id":7}',
    '{"m":1,"user_id":null}',
    '{"m":1,"user_id":[]}',
    '{"m":1,"user_id":{"a":1}}',
    '{"m":1}',
    '{"m":1,"user_id":{}}',
  ]

  it('of a field is that of a value, an array, or a member', () => {
    for (const query of ['has:user_id', 'user_id:*', '_exists_:user_id', 'user_id:[* TO *]'])
      expect(found(query, logs), query).toEqual([0, 1, 2, 3])
    for (const query of ['missing:user_id', '-user_id:*', '!has:user_id'])
      expect(found(query, logs), query).toEqual([4, 5])
  })

  it('is that of what every record has', () => {
    for (const query of ['has:level', 'has:time', 'level:*']) expect(found(query, logs), query).toHaveLength(6)
  })

  it('means any of a list', () => {
    expect(found('has:a,b', [{ a: 1 }, { b: 1 }, { c: 1 }])).toEqual([0, 1])
  })

  it('of an exception needs more than a null', () => {
    const said = [
      { exc_info: null },
      { exc_info: 'Traceback' },
      { exception: false },
      { exception: { type: 'X' } },
      { msg: 'an Exception' },
      { stack: '' },
    ]
    expect(
      found(
        'is:exception',
        said.map((log) => ({ msg: 'm', ...log })),
      ),
    ).toEqual([1, 3, 4])
  })
})

describe('order', () => {
  it('includes both ends of a range but for those in braces', () => {
    const logs = under('n', '1', '2', '3.0', '"2.5"', '"x"', 'null')
    expect(found('n:1..3', logs)).toEqual([0, 1, 2, 3])
    expect(found('n:{1 TO 3}', logs)).toEqual([1, 3])
    expect(found('n:2..', logs)).toEqual([1, 2, 3])
  })

  it('knows units', () => {
    const logs = under('duration', '1500', '"1.5s"', '"2m"', '"900ms"', '999', '"fast"')
    expect(found('duration:>=1.5s', logs)).toEqual([0, 1, 2])
    expect(found('duration<1s', logs)).toEqual([3, 4])
    expect(found('is:slow', logs)).toEqual([0, 1, 2])
    expect(found('size:>=1kib', under('size', '1024', '1023', '"1kb"', '"2KiB"'))).toEqual([0, 3])
  })

  it('compares times as times, in numbers too', () => {
    const logs = under(
      'at',
      '"2026-11-20T10:00:00Z"',
      '"2026-11-22 10:00:00"',
      '1795651200',
      '1795651200000',
      '7',
      '"22/Nov/2026:10:00:00 +0000"',
    )
    expect(found('at:>2026-11-21', logs)).toEqual([1, 2, 3, 5])
  })

  it('compares anything else as text by code point, without literals and numbers', () => {
    const logs = under('v', '"alpha"', '"Mid"', '"zeta"', 'null', '5', '"😀"', '"\uffee"')
    expect(found('v:>m', logs)).toEqual([1, 2, 5, 6])
    expect(found('v:<=mid', logs)).toEqual([0, 1])
    expect(found('v:>\uffee', logs)).toEqual([5])
  })
})

describe('address blocks', () => {
  it('hold addresses of their family', () => {
    const logs = under('ip', '"10.1.2.3"', '"11.0.0.1"', '"::ffff:10.0.0.7"', '"2001:DB8::1"', '"not an ip"', '10')
    expect(found('ip:10.0.0.0/8', logs)).toEqual([0, 2])
    expect(found('ip:2001:db8::/32', logs)).toEqual([3])
  })

  it('are found as values too', () => {
    expect(found('net:10.0.0.0/8', under('net', '"10.0.0.0/8"', '"11.0.0.0/8"'))).toEqual([0])
  })
})

describe('regular expressions', () => {
  it('mind letter case unless they say otherwise, in columns and in arrays', () => {
    expect(found('~"^GET /v[12]"', messages('GET /v1', 'get /v1', 'xGET /v1'))).toEqual([0])
    expect(found('~"(?i)^GET /v[12]"', messages('GET /v1', 'get /v1'))).toEqual([0, 1])
    expect(found('tags:~"^R"', [{ tags: ['Red'] }, { tags: ['red'] }])).toEqual([0])
    expect(
      found('ts:~"T10:"', [
        { ts: '2026-11-21T10:00:00Z', m: 1 },
        { ts: '2026-11-21T11:00:00Z', m: 1 },
      ]),
    ).toEqual([0])
  })

  it('are refused with a code and a place when they cannot be searched for in linear time', () => {
    for (const query of ['a message:~"(?<=x)y"', 'a message:~"(x)\\1"']) {
      const problem = problemOf(query)
      expect(problem?.code, query).toBe('regex_unsupported')
      expect(query.slice(problem?.span.from, problem?.span.to)).toMatch(/^"\(.*"$/)
    }
    expect(problemOf('~"(unclosed"')?.code).toBe('regex_syntax')
  })
})

describe('what is not available', () => {
  it('says so', () => {
    expect(problemOf('pattern:8f3a2c')?.code).toBe('not_available')
    expect(problemOf('x OR -is:new')).toMatchObject({ code: 'not_available', span: { from: 6, to: 12 } })
  })

  it('is told from what makes no sense', () => {
    for (const query of ['since:yesterdayish', 'is:odd', 'since:>2h', 'has:a*', 'time:>soon'])
      expect(problemOf(query)?.code, query).toBe('invalid_value')
  })
})

describe('identifiers', () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
  const many = (member: (index: number) => object): Log[] =>
    Array.from({ length: 100 }, (_, index) => ({ message: 'm', ...member(index) }))
  const hexOf = (index: number, digits: number): string =>
    createHash('sha256').update(`${index}`).digest('hex').slice(0, digits)
  const uuidOf = (index: number): string =>
    hexOf(index, 32).replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')

  it('find a record by its id, and no other', () => {
    const logs = [5, 6, 7].map((ms) => ({ time: new Date(NOW_MS + ms).toISOString(), message: 'm' }))
    expect(found(`id:${logId({ shard: 0, ms: NOW_MS + 6, seq: 2 })}`, logs)).toEqual([1])
    expect(found(`id:${logId({ shard: 0, ms: NOW_MS + 6, seq: 3 })}`, logs)).toEqual([])
    expect(found('id:mine', [{ id: 'mine' }, { id: 'yours' }])).toEqual([0])
  })

  it('find a trace under any of its names', () => {
    const logs = [
      { trace_id: trace },
      { trace: { id: trace } },
      { metadata: { traceId: trace.toUpperCase() } },
      { dd: { trace_id: trace } },
      { other: trace },
    ]
    expect(
      found(
        `trace:${trace}`,
        logs.map((log) => ({ message: 'm', ...log })),
      ),
    ).toEqual([0, 1, 2, 3])
  })

  it('are found exactly among many', () => {
    const logs = many((index) => ({ trace_id: hexOf(index, 32), request_id: uuidOf(index) }))
    expect(found(`trace:${hexOf(63, 32)}`, logs)).toEqual([63])
    expect(found(`trace:${hexOf(63, 32).toUpperCase()}`, logs)).toEqual([63])
    expect(found(`trace:${hexOf(63, 32).slice(1)}`, logs)).toEqual([])
    expect(found(`request:${uuidOf(7)}`, logs)).toEqual([7])
  })

  it('are found by fragments of any length at any position', () => {
    const logs = many((index) => ({ hash: hexOf(index, 16), request_id: uuidOf(index) }))
    for (const length of [1, 2, 3, 7]) {
      for (const position of [0, 1, 4, 9]) {
        const fragment = hexOf(41, 16).slice(position, position + length)
        const holding = logs.flatMap((log, index) =>
          Object.values(log).some((value) => `${value}`.includes(fragment)) ? [index] : [],
        )
        expect(found(`*:${fragment}`, logs), fragment).toEqual(holding)
      }
    }
  })

  it('are not found where one ends and the next begins', () => {
    const logs = many((index) => ({ hash: ['00001122', '33440000'][index] ?? hexOf(index, 8) }))
    expect(found('hash:11223344', logs)).toEqual([])
    expect(found('*:11223344', logs)).toEqual([])
    expect(found('*:1223344', logs)).toEqual([])
  })

  it('are found by wildcards', () => {
    const logs = many((index) => ({ hash: hexOf(index, 16), request_id: uuidOf(index) }))
    expect(found(`hash:${hexOf(9, 16).slice(0, 5)}*`, logs)).toEqual([9])
    expect(found(`request:*${uuidOf(9).slice(6, 16)}*`, logs)).toEqual([9])
    expect(found(`hash:${'?'.repeat(16)}`, logs)).toHaveLength(100)
    expect(found(`hash:${'?'.repeat(15)}`, logs)).toEqual([])
  })
})

describe('times', () => {
  const logs = [0, 1, 2].map((ms) => ({ time: new Date(NOW_MS - 60_000 + ms).toISOString(), message: 'm' }))
  const at = (ms: number): string => new Date(NOW_MS - 60_000 + ms).toISOString()

  it('since and until include their millisecond, after and before do not', () => {
    expect(found(`since:${at(1)}`, logs)).toEqual([1, 2])
    expect(found(`after:${at(1)}`, logs)).toEqual([2])
    expect(found(`until:${at(1)}`, logs)).toEqual([0, 1])
    expect(found(`before:${at(1)}`, logs)).toEqual([0])
    expect(found('since:1m', logs)).toEqual([0, 1, 2])
    expect(found('around:1m', logs)).toEqual([0, 1, 2])
  })

  it('count whole milliseconds, whatever nanoseconds a bound or a record has', () => {
    const fine = ['000100', '000900'].map((nanos) => ({
      time: `2026-11-21T11:59:00.000${nanos.slice(3)}Z`,
      message: 'm',
    }))
    expect(found('since:2026-11-21T11:59:00.0005Z', fine)).toEqual([0, 1])
    expect(found('until:2026-11-21T11:59:00.0005Z', fine)).toEqual([0, 1])
    expect(found('after:2026-11-21T11:59:00.0005Z', fine)).toEqual([])
  })

  it('mean the record by time and timestamp, under whatever name it was sent', () => {
    const sent = [{ ts: at(0) }, { timestamp: at(1) }, { '@timestamp': at(2) }]
    expect(found(`time:>=${at(1)}`, sent)).toEqual([1, 2])
    expect(found(`time:{${at(0)} TO ${at(2)}}`, sent)).toEqual([1])
    expect(found(`timestamp:${at(0)}`, sent)).toEqual([0])
    expect(found('time:2026-11-21T11:59:00.001*', sent)).toEqual([1])
    expect(found(`{"@timestamp":"${at(2)}"}`, sent)).toEqual([2])
  })
})

describe('any field', () => {
  it('is every value that was sent, rebuilt ones too', () => {
    const logs = [
      { level: 'error', message: 'm' },
      { time: '2026-11-21T11:59:00Z', message: 'm' },
      { a: { b: ['Needle'] }, message: 'm' },
      { message: 'm' },
    ]
    expect(found('*:error', logs)).toEqual([0])
    expect(found('*:11:59', logs)).toEqual([1])
    expect(found('*:needle', logs)).toEqual([2])
    expect(found('*:needle,error', logs)).toEqual([0, 2])
  })
})

describe('redacted values', () => {
  it('are found as the text that stands for them, though they were numbers', () => {
    const logs = under('card', '4111111111111111', '42')
    expect(found('card:"[REDACTED:card]"', logs)).toEqual([0])
    expect(found('card:4111111111111111', logs)).toEqual([])
    expect(found('card:*"*', logs)).toEqual([])
  })
})

describe('what a filter says of itself', () => {
  const tablesOf = (logs: readonly Log[]): DocumentTable[] => journalTables(blocksOf([jsonOf(logs)], { nowMs: NOW_MS }))
  const partsOf = (query: string, [table]: readonly DocumentTable[]): (string | number)[] =>
    filterOf(query)
      .columns(table)
      .map((part) => (part < 0 ? part : table.columns[part].name))
      .sort()

  it('names the columns that it reads, and no others', () => {
    const tables = tablesOf([
      {
        time: new Date(NOW_MS).toISOString(),
        level: 'info',
        service: 'a',
        message: 'm',
        user_id: 1,
        tags: [1],
        error: 'x',
      },
    ])
    expect(partsOf('timeout', tables)).toEqual(['error', 'message'])
    expect(partsOf('level:error service:a', tables)).toEqual([LEVEL_SLOT, 'service'])
    expect(partsOf('user_id:1', tables)).toEqual(['user_id'])
    expect(partsOf('has:user_id', tables)).toEqual([])
    expect(partsOf('has:tags', tables)).toEqual(['tags'])
    expect(partsOf('nobody:1', tables)).toEqual([])
    expect(partsOf('since:1h', tables)).toEqual([])
    expect(partsOf(`since:${new Date(NOW_MS).toISOString()} until:2026-11-22`, tables)).toEqual([])
    expect(partsOf('time:~"T12"', tables)).toEqual([TIME_SLOT])
    expect(partsOf(`id:${logId({ shard: 0, ms: NOW_MS, seq: 1 })}`, tables)).toEqual([TIME_SLOT, SEQ_PART])
  })

  it('reads nothing else of a table', () => {
    const [table] = tablesOf([...mixedLogs({ count: 50, seed: 1 }).map((log) => log), { message: 'm' }])
    for (const query of [
      'm',
      '-x',
      'level:error',
      'since:1m',
      '*:x',
      'has:a',
      'status:error',
      'ts:>5',
      'time:*1*',
      'is:exception',
      'NOT (a OR has:tags)',
    ]) {
      const filter = filterOf(query)
      expect(() => filter.evaluate(guarded(table, filter.columns(table))), query).not.toThrow()
    }
  })

  it('gives a range that no match is outside of', () => {
    const iso = (ms: number): string => new Date(ms).toISOString()
    const rangeOf = (query: string) => filterOf(query).timeRange
    expect(rangeOf('since:1h until:30m x')).toEqual({ fromMs: NOW_MS - 3_600_000, toMs: NOW_MS - 1_800_000 })
    expect(rangeOf('since:1h OR since:2h')).toEqual({ fromMs: NOW_MS - 7_200_000, toMs: undefined })
    expect(rangeOf('since:1h OR x')).toEqual({ fromMs: undefined, toMs: undefined })
    expect(rangeOf('-since:1h')).toEqual({ fromMs: undefined, toMs: undefined })
    expect(rangeOf(`after:${iso(5)} before:${iso(9)}`)).toEqual({ fromMs: 6, toMs: 8 })
    expect(rangeOf('around:1h')).toEqual({ fromMs: NOW_MS - 3_900_000, toMs: NOW_MS - 3_300_000 })
  })

  it('gives the levels that a match can have', () => {
    const maskOf = (query: string): string => filterOf(query).levelMask.toString(2)
    expect(maskOf('level:>=error')).toBe('110000')
    expect(maskOf('level:error level:warn')).toBe('0')
    expect(maskOf('level:error OR level:warn')).toBe('11000')
    expect(maskOf('-level:error')).toBe('111111')
    expect(maskOf('level:error,audit')).toBe('111111')
    expect(maskOf('status:error')).toBe('111111')
  })

  it('asks token filters for nothing that is not in a matching segment', () => {
    for (const seed of [1, 2, 3]) {
      const { inputs } = blocksOf([mixedLogs({ count: 200, seed })], { nowMs: MIXED_LOGS_MS })
      for (const { header, table, read } of sealedTables(inputs)) {
        const values = recordsOf([table]).flatMap(({ leaves }) => leaves.filter(({ kind }) => kind === 'string'))
        for (const { path, text } of values) {
          const filter = filterOf(`${quote(path)}:${quote(text)}`)
          for (const { names, value } of filter.exactValues) {
            expect(value).toEqual(new TextEncoder().encode(foldText(text)))
            const possible = columnsOfField(table, names).some(({ column, inside }) => {
              const section = column < 0 || inside ? undefined : header.columns[column].filter
              return section === undefined || mayHold(read(section), value)
            })
            expect(possible, `${path}: ${text}`).toBe(true)
          }
        }
      }
    }
  })
})
