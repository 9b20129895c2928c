import fc from 'fast-check'
import { quote } from '../../src/query/quoted'
import { logId } from '../../src/records/log-id'
import { MIXED_LOGS_MS, WORDS } from './mixed-logs'

const one = (...texts: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...texts)
const from = (texts: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...texts)
const inCase = (text: string): fc.Arbitrary<string> => one(text, text, text.toUpperCase(), text.toLowerCase())

/** A part of one of the texts, in some letter case, whole characters only. */
const partOf = (texts: readonly string[]): fc.Arbitrary<string> =>
  fc.tuple(from(texts), fc.nat(12), fc.integer({ min: 1, max: 12 })).chain(([text, start, length]) => {
    const characters = Array.from(text)
    const begin = Math.min(start, Math.max(0, characters.length - 1))
    return inCase(characters.slice(begin, begin + length).join('') || 'x')
  })

/** A text in which some of the characters became wildcards. */
const globOf = (texts: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(partOf(texts), fc.nat(8), one('*', '?', '*?'), one('', '*'), one('', '*'))
    .map(([part, at, wild, before, after]) => {
      const characters = Array.from(part, bare)
      characters.splice(at % (characters.length + 1), at % 2, wild)
      return before + characters.join('') + after
    })

/** Characters that would end a value or mean something lose their meaning. */
const bare = (character: string): string =>
  /[\s()|:"'`*?\\,#{~!+=<>[-]/.test(character) ? `\\${character}` : character

const bareOrQuoted = (text: string): fc.Arbitrary<string> =>
  one(quote(text), /\n/.test(text) || text === '' ? quote(text) : Array.from(text, bare).join(''))

/** Patterns that mean the same to RE2 and to RegExp. */
const pattern = one(
  ...[
    'refused',
    'Refused|REFUSED',
    '^GET',
    '(?i)timeout',
    '\\d+$',
    '^\\d{3}$',
    'status [45]\\d\\d',
    '[A-Z]{4}',
    'é',
    '(?i)É',
  ],
  ...[
    '^$',
    '.*',
    'a.c',
    '(?i)straße',
    '\\bdone',
    'x+y?',
    '^[0-9a-f]{32}$',
    '\\.',
    '😀',
    '^warn|error$',
    '(?i)σ',
    'T10:|T12:',
  ],
)

const bound = one(
  ...[
    '5',
    '5.0',
    '-5',
    '0',
    '1e3',
    '500',
    '42',
    '9007199254740993',
    '9007199254740992',
    '0.1',
    '1.5s',
    '250ms',
    '2m',
    '1kb',
    '50%',
  ],
  ...[
    '2026-11-20',
    '2026-11-21T10:00:00Z',
    '1.2.3',
    'm',
    'v2',
    'Ärger',
    '\\😀',
    '1h',
    '4111111111111111',
    '123456789012345678',
  ],
)

const number = fc.oneof(from(WORDS.number.map((text) => text.replaceAll('"', ''))), bound)

const anyWord = [...WORDS.message, ...WORDS.level, ...WORDS.service, ...WORDS.ip, 'red', 'Blue', 'leaf', 'true', 'null']
const anyValue = fc.oneof(
  from(anyWord).chain(inCase),
  number,
  from(WORDS.hex),
  one(
    'true',
    'false',
    'null',
    'boom',
    'pending',
    'ok',
    'red',
    'eu',
    'plain',
    'é',
    '/',
    'fast',
    '/api/v1/users',
    'zeta',
    '1.10.0',
  ),
)

const FIELDS = [
  ...[
    'level',
    'severity',
    'status',
    'service',
    'Service',
    'component',
    'message',
    'msg',
    'user_id',
    'metadata.user_id',
    'ip',
  ],
  ...[
    'http.status',
    'http.path',
    'duration',
    'duration_ms',
    'region',
    'context.region',
    'tags',
    'tags.a',
    'rest',
    'rest.a',
    'ok',
  ],
  ...[
    'version',
    '@version',
    'created',
    'trace',
    'trace_id',
    'trace.id',
    'span',
    'span_id',
    'request',
    'request_id',
    'reqId',
    'hash',
  ],
  ...[
    'sku',
    'counter',
    'amount',
    'error',
    'error.message',
    'error.code',
    'error.stack',
    'err.type',
    'exception',
    'a',
    'A',
    'note',
  ],
  ...[
    '"weird field"',
    'time',
    'timestamp',
    'ts',
    'source',
    'id',
    'password',
    'wide.w7',
    'nobody',
    'lvl',
    '*',
    'http',
    'metadata',
  ],
]

const timeValue = one(
  ...[
    '2h',
    '1h',
    '30m',
    '55m',
    '65m',
    'now',
    'now-62m',
    '2026-11-21',
    '2026-11-21T12:00:00Z',
    '2026-11-21T12:00:00.5Z',
  ],
  ...['2026-11-21T13:00:00+01:00', '1795262400', '1795262400000', '1795262400123456', '3d', '20d'],
)

/** What stands behind a field's colon. */
const value: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: anyValue.chain(bareOrQuoted) },
  { weight: 2, arbitrary: number },
  { weight: 2, arbitrary: globOf(anyWord) },
  {
    weight: 2,
    arbitrary: fc
      .array(anyValue.chain(bareOrQuoted), { minLength: 2, maxLength: 4 })
      .map((all) => `(${all.join(' OR ')})`),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(one('5', 'warn', 'err*', '42', 'x', '400..500', '10.0.0.0/8', '>1000', '"a b"'), {
        minLength: 2,
        maxLength: 3,
      })
      .map(String),
  },
  { weight: 2, arbitrary: fc.tuple(one('>', '>=', '<', '<='), bound).map(([sign, text]) => sign + text) },
  { weight: 1, arbitrary: fc.tuple(bound, bound).map(([low, high]) => `${low}..${high}`) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(one('[', '{'), fc.oneof(bound, one('*')), fc.oneof(bound, one('*')), one(']', '}'))
      .map(([open, low, high, close]) => `${open}${low} TO ${high}${close}`),
  },
  { weight: 2, arbitrary: pattern.map((text) => `~${quote(text)}`) },
  { weight: 1, arbitrary: one('*') },
  {
    weight: 1,
    arbitrary: one(
      '10.0.0.0/8',
      '10.1.0.0/16',
      '0.0.0.0/0',
      '2001:db8::/32',
      'fe80::/10',
      '192.168.0.9/32',
      '192.168.0.0/29',
    ),
  },
)

const levelValue = fc.oneof(
  from(WORDS.level).chain(inCase),
  fc
    .tuple(one('>', '>=', '<', '<='), one('warn', 'error', 'info', 'trace', 'fatal', 'critical', 'audit', '30'))
    .map(([sign, level]) => sign + level),
  one(
    'warn,error',
    'error,audit',
    '(fatal OR 99)',
    '[warn TO fatal]',
    '{info TO *]',
    '[* TO warn}',
    '[10 TO 40]',
    'err*',
    '*r*',
    '~"warn|error"',
    '~ERROR',
    '*',
    '10',
    '99',
    'e',
    'ok',
  ),
)

const virtual = fc.oneof(
  fc.tuple(one('since', 'until', 'after', 'before', 'around'), timeValue).map(([name, text]) => `${name}:${text}`),
  fc
    .tuple(one('time', 'timestamp', '@timestamp'), one(':', ':>', ':>=', ':<', ':<='), timeValue)
    .map((parts) => parts.join('')),
  one(
    'time:[2026-11-21T11:55:00Z TO 2026-11-21T12:05:00Z}',
    'time:2026-11-21T12*',
    'time:~"T1[12]:"',
    'timestamp:*+02*',
    'ts:~"T"',
  ),
  one(
    'ts:>2026-11-21T12:00:00Z',
    'ts:1795262400',
    'ts:>=1795262400000',
    'created:>2026-11-21',
    'created:<2026-11-21T10:00:00Z',
    'since:1h,2h',
  ),
  fc
    .tuple(
      one('has', 'missing', '_exists_'),
      from([...FIELDS, 'level', 'time', 'since', 'http,tags', 'nest', 'metadata.ip', 'context']),
    )
    .map((parts) => parts.join(':')),
  one('is:error', 'is:exception', 'is:slow', 'is:error,slow'),
  fc.tuple(one('level', 'level', 'lvl', 'severity', 'status'), levelValue).map((parts) => parts.join(':')),
  fc
    .tuple(one('*', '*', 'hash', 'trace', 'sku', 'request'), fc.stringMatching(/^[0-9a-f]{1,4}$/))
    .map(([name, hex]) => `${name}:*${hex}*`),
  fc.stringMatching(/^[0-9a-f]{1,7}$/).map((hex) => `*:${hex}`),
  fc
    .tuple(fc.integer({ min: 1, max: 30 }), fc.boolean())
    .map(([seq, near]) => `id:${logId({ shard: 0, ms: MIXED_LOGS_MS + (near ? seq : 0), seq })}`),
  one(
    '{level="error", service=~"(?i)check.*"}',
    '{"level":"error","http":{"status":500}}',
    '{"@timestamp":"2026-11-21T12:00:00Z"}',
  ),
)

const text = fc.oneof(
  partOf(anyWord).chain(bareOrQuoted),
  partOf(anyWord).chain(bareOrQuoted),
  globOf(WORDS.message),
  pattern.map((regex) => `~${quote(regex)}`),
  one('5', '500', '12:', '2026', 'T12', 'info', 'true', 'null', 'ffeb', 'e'),
)

const field = fc
  .tuple(from(FIELDS), one(':', ':', ':', '=', '!='), value)
  .map(([name, operator, asked]) =>
    operator === '!=' && /^[<>[{]/.test(asked) ? `-${name}:${asked}` : name + operator + asked,
  )

/** Queries of every kind of term, put together with every operator. */
export const queryTexts: fc.Arbitrary<string> = fc.letrec<{ query: string }>((tie) => ({
  query: fc.oneof(
    { depthSize: 'small', withCrossShrink: true, maxDepth: 3 },
    { weight: 3, arbitrary: text },
    { weight: 6, arbitrary: field },
    { weight: 4, arbitrary: virtual },
    { weight: 1, arbitrary: fc.tuple(tie('query'), tie('query')).map(([left, right]) => `(${left} ${right})`) },
    { weight: 2, arbitrary: fc.tuple(tie('query'), tie('query')).map(([left, right]) => `(${left} OR ${right})`) },
    { weight: 1, arbitrary: tie('query').map((query) => `NOT (${query})`) },
  ),
})).query
