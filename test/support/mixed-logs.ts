import { randomIntegers } from './sample-logs'

/** Noon, so that most of the logs around it are of one day. */
export const MIXED_LOGS_MS = Date.UTC(2026, 10, 21, 12)

/** The words that the logs are made of, for queries that shall find some. */
export const WORDS = {
  message: [
    ...[
      'Connection refused',
      'connection REFUSED by peer',
      'TIMEOUT after 1.5s',
      'spa.bluez5.native',
      'status 500',
      'user 42',
    ],
    ...[
      'Café É éclair',
      'straße STRASSE ẞ',
      'İstanbul ısı',
      '\u212aelvin 5K',
      'ΣΊΣΥΦΟΣ σίσυφος',
      'ſharp Ⱥ',
      '😀 done 日本',
    ],
    ...[
      'Exception: boom',
      'GET /api/v1/users?id=42',
      'a*b?c \\ "q"',
      'line one\nline two',
      '',
      ' ',
      '2026-11-21',
      '10.0.0.1',
    ],
  ],
  level: [
    'info',
    'INFO',
    'Warn',
    'warning',
    'error',
    'ERROR',
    'err',
    'fatal',
    'CRITICAL',
    'debug',
    'trace',
    'notice',
    'audit',
  ],
  service: ['checkout', 'Payments', 'web', 'api', 'Straße', 'spa.bluez'],
  ip: ['10.0.0.1', '10.1.2.3', '192.168.0.9', '2001:db8::1', 'fe80::1', '::ffff:10.0.0.7', 'localhost'],
  duration: ['1500', '250', '1.5e3', '0.25', '"1.5s"', '"250ms"', '"2m"', '"fast"', 'null'],
  number: [
    ...[
      '5',
      '5.0',
      '50e-1',
      '-5',
      '0',
      '-0',
      '1e3',
      '1000',
      '42',
      '42.0',
      '"42"',
      '"500"',
      '500',
      '404',
      '200',
      '1e400',
      '-1e400',
    ],
    ...[
      '9007199254740993',
      '9007199254740992',
      '9007199254740992.0',
      '0.1',
      '0.10',
      '1E2',
      '123456789012345678',
      '4111111111111111',
    ],
  ],
  literal: ['true', 'false', 'null', '"true"', '"null"'],
  version: ['"1.2.3"', '"1.10.0"', '"2026.11.1"', '"v2"', '2', '"zeta"', '"Ärger"', 'null', '"😀"', '"\uffee"'],
  time: [
    ...[
      '"2026-11-21T09:00:00Z"',
      '"2026-11-20 08:00:00"',
      '1795251600',
      '1795251600000',
      '"21/Nov/2026:10:00:00 +0000"',
      '7',
      '"soon"',
    ],
  ],
  hex: ['deadbeef', '4bf92f3577b34da6a3ce929d0e0e4736', '00ff00ff', 'abcdef'],
} as const

/** Logs as JSON text, in many shapes, with each kind of value and each way to say the same. */
export function mixedLogs(options: { readonly count: number; readonly seed: number }): string[] {
  const next = randomIntegers(options.seed)
  const maker = makerOf(next)
  // Few templates, so that columns are full enough for their encodings to differ.
  const templates = Array.from({ length: 1 + next(5) }, () => maker.template())
  return Array.from({ length: options.count }, (_, index) => {
    const template = next(8) === 0 ? maker.template() : templates[next(templates.length)]
    return maker.log(template, index)
  })
}

type Next = (below: number) => number
type Member = readonly [name: string, value: (index: number) => string]

function makerOf(next: Next): { template(): Member[]; log(template: readonly Member[], index: number): string } {
  const pick = <T>(values: readonly T[]): T => values[next(values.length)]
  const quoted = (values: readonly string[]) => (): string => JSON.stringify(pick(values))
  const raw = (values: readonly string[]) => (): string => pick(values)
  const hex = (digits: number): string => Array.from({ length: digits }, () => next(16).toString(16)).join('')
  const message = (): string =>
    JSON.stringify(Array.from({ length: 1 + next(3) }, () => pick(WORDS.message)).join(pick([' ', ' | '])))
  const time = (): string => timeIn(next)
  const list = (): string =>
    `[${Array.from({ length: next(4) }, () => pick([() => pick(WORDS.number), message, () => pick(['"red"', '"Blue"', '{"a":1}', '[]'])])())}]`
  const uuid = (): string => `"${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}"`
  const object = (): string =>
    `{"code":${pick(WORDS.number)},"message":${message()},"stack":${pick(['null', '"at x"'])}}`
  const anything = (): string => pick([message, list, object, raw(WORDS.number), raw(WORDS.literal)])()

  const groups: readonly (readonly Member[])[] = [
    [['timestamp', time]],
    [['ts', time]],
    [['time', time]],
    [['@timestamp', time]],
    [],
    [['level', quoted(WORDS.level)]],
    [['severity', quoted(WORDS.level)]],
    [['level', raw(['10', '30', '40', '50', '6', '99'])]],
    [['status', quoted(['error', 'ok', 'warn', 'INFO', 'pending'])]],
    [['service', quoted(WORDS.service)]],
    [['component', quoted(WORDS.service)]],
    [
      ['service', quoted(WORDS.service)],
      ['component', quoted(WORDS.service)],
    ],
    [['message', message]],
    [['message', message]],
    [['message', message]],
    [['msg', message]],
    [
      ['message', message],
      ['message', anything],
    ],
    [['message', raw(WORDS.number)]],
    [['error', object]],
    [['error', message]],
    [['err', () => `{"type":"TypeError","message":${message()}}`]],
    [['exception', raw(['null', '"boom"', '""', 'false', '[]', '["x"]', '{"handled":true}'])]],
    [['user_id', raw(WORDS.number)]],
    [['metadata', () => `{"user_id":${pick(WORDS.number)},"ip":"${pick(WORDS.ip)}","region":"eu"}`]],
    [
      [
        'metadata',
        () => `[{"user_id":${pick(WORDS.number)},"error":"deep ${pick(WORDS.message).replace(/[^a-z ]/g, '')}"}]`,
      ],
    ],
    [['http', () => `{"status":${pick(['200', '404', '500', '503'])},"path":"/api/v${next(3)}/users"}`]],
    [['status', raw(['200', '500', '"500"'])]],
    [['duration', raw(WORDS.duration)]],
    [['duration_ms', () => `${next(3000)}`]],
    [['ip', quoted(WORDS.ip)]],
    [['trace_id', () => `"${pick([hex(32), hex(32), WORDS.hex[1]])}"`]],
    [['trace', () => `{"id":"${hex(32)}"}`]],
    [['span_id', () => `"${hex(16)}"`]],
    [['request_id', uuid]],
    [['reqId', () => `"req-${hex(6)}"`]],
    [['hash', () => `"${hex(16)}"`]],
    [['sku', () => `"SKU-${hex(8).toUpperCase()}"`]],
    [['counter', (index) => `${index * 7919}`]],
    [['amount', () => `${next(100_000) / 100}`]],
    [['tags', list]],
    [['tags', () => '[]']],
    [['rest', list]],
    [['ok', raw(WORDS.literal)]],
    [['version', raw(WORDS.version)]],
    [['@version', raw(WORDS.version)]],
    [['created', raw(WORDS.time)]],
    [['created', () => `${MIXED_LOGS_MS + next(100_000_000) - 50_000_000}`]],
    [['password', raw(['"hunter2"', '12', 'null'])]],
    [
      ['a', raw(WORDS.number)],
      ['a', anything],
      ['A', raw(WORDS.literal)],
    ],
    [['weird field', message]],
    [['', anything]],
    [['note', () => `"${pick(['\\u0000', '\\ud800x', '\\/', '\\u00e9', 'plain'])}"`]],
    [['id', raw(['"42"', '7'])]],
    [['nest', () => `${'{"n":'.repeat(70)}${pick(['1', '"leaf"', '{}'])}${'}'.repeat(70)}`]],
    [['context', () => `{"after":1,"region":"us","tags":${list()},"time":"noon"}`]],
  ]
  const wide: Member = ['wide', () => `{${Array.from({ length: 1100 }, (_, index) => `"w${index}":${index}`)}}`]

  return {
    template: () => {
      return Array.from({ length: 1 + next(12) }, () => pick(groups)).flat()
    },
    log: (template, index) => {
      const kept = template.filter(() => next(20) > 0)
      // More members than there can be columns, in one log of a few.
      const members = index === 0 && next(5) === 0 ? [...kept, wide] : kept
      return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value(index)}`)}}`
    },
  }
}

function timeIn(next: Next): string {
  const far = next(10) === 0 ? 2 * 86_400_000 : 600_000
  const ms = MIXED_LOGS_MS + next(2 * far) - far
  const iso = new Date(ms).toISOString()
  const spellings = [
    `"${iso}"`,
    `"${iso.slice(0, 19)}Z"`,
    `"${iso.slice(0, 23)}${String(next(1000)).padStart(3, '0')}Z"`,
    `"${iso.slice(0, 23)}${String(next(1_000_000)).padStart(6, '0')}Z"`,
    `"${iso.slice(0, 19).replace('T', ' ')}+02:00"`,
    `${ms}`,
    `${Math.floor(ms / 1000)}`,
  ]
  return spellings[next(spellings.length)]
}
