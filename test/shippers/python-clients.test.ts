import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import * as z from 'zod'
import type { Dialect } from '../../src/http/dialect'
import { ELASTIC_DIALECT } from '../../src/routes/shippers/elastic-dialect'
import { BETTER_STACK } from '../../src/routes/shippers/ingest-logtail'
import { LOKI_DIALECT } from '../../src/routes/shippers/loki'
import { OTLP_DIALECT } from '../../src/routes/shippers/otlp'
import { SPLUNK_DIALECT } from '../../src/routes/shippers/splunk-dialect'
import { ForeignProgram } from '../support/foreign-program'
import { pageConfiguration } from '../support/page-configuration'
import { endAllServers, newDirectory } from '../support/server'
import { countsOf, shipperLogs } from '../support/shipper-logs'
import { type Door, ShipperStand } from '../support/shipper-stand'

/** Python's loggers for the protocols of others, set up as their pages say. */

const RECORDS = 1200

/** The clients wait for each other’s troubles, and some of them for ten seconds at a time. */
const TIMEOUT_MS = 300_000

/** Where Python keeps all digits, JavaScript does not. */
const HUGE = '9223372036854775807'

let stand: ShipperStand
const folder = newDirectory()

beforeAll(async () => {
  stand = await ShipperStand.start()
})

afterAll(async () => {
  await stand.end()
  await endAllServers()
})

/** What stands before each program: the logs, and where it notes what it believes of them. */
const PRELUDE = `
import json, sys, time
logs = json.load(open(sys.argv[1]))
for log in logs:
    log['huge'] = ${HUGE}
delivered, failed = set(), set()

def numbers(text):
    import re
    return {int(n) for n in re.findall(r'"n": ?(\\d+)', text)}
`

const EPILOGUE = `
print(json.dumps({'delivered': sorted(delivered), 'failed': sorted(failed - delivered)}))
`

interface Case {
  readonly page: string
  readonly mark: string
  readonly dialect: Dialect
  readonly paths: RegExp
  /** What is another in the test than on the page. */
  readonly places: (door: Door) => Readonly<Record<string, string>>
  readonly program: string
  /** Where its documents have the mark. */
  readonly field: string
  /** The log in a document. */
  readonly logOf: (body: unknown) => unknown
}

const FIELDS = 'app.setLevel(logging.DEBUG)'

const Attributes = z.object({ body: z.string(), attributes: z.looseObject({}) })
const Json = z.object({ json: z.unknown() })
const Event = z.object({ event: z.unknown() })

const CASES: Readonly<Record<string, Case>> = {
  'opentelemetry-sdk': {
    ...{ page: 'otlp', mark: 'BatchLogRecordProcessor(exporter))\nlogging', dialect: OTLP_DIALECT, paths: /v1\/logs/ },
    places: ({ url, key }) => ({
      'https://logs.example.com': url,
      'slc_ing_…': key,
      'BatchLogRecordProcessor(exporter)':
        'BatchLogRecordProcessor(exporter, schedule_delay_millis=50, max_export_batch_size=40)',
    }),
    program: `
app = logging.getLogger('app')
${FIELDS}
send = exporter.export
def export(batch):
    result = send(batch)
    (delivered if result.name == 'SUCCESS' else failed).update(one.log_record.attributes['n'] for one in batch if 'n' in one.log_record.attributes)
    return result
exporter.export = export
for log in logs:
    fields = {name: value for name, value in log.items() if name not in ('message', 'level')}
    app.log(getattr(logging, log['level'].upper()), log['message'], extra=fields)
    if log['n'] % 20 == 0:
        time.sleep(0.05)
provider.force_flush(60000)
provider.shutdown()
`,
    field: 'mark',
    logOf: (body) => {
      const { body: message, attributes } = Attributes.parse(body)
      return { message, ...attributes }
    },
  },
  'python-logging-loki': {
    ...{ page: 'loki', mark: 'import logging_loki', dialect: LOKI_DIALECT, paths: /push/ },
    places: ({ url, key }) => ({ 'https://logs.example.com': url, 'slc_ing_…': key, shop: 'python-logging-loki' }),
    program: `
app = logging.getLogger('app')
${FIELDS}
handler.handleError = lambda record: (handler.emitter.close(), failed.update(numbers(record.getMessage())))
for log in logs:
    text = json.dumps(log, ensure_ascii=False)
    app.log(getattr(logging, log['level'].upper()), '%s', text)
    if log['n'] not in failed:
        delivered.add(log['n'])
    if log['n'] < 900:
        time.sleep(0.005)
`,
    field: 'json.mark',
    logOf: (body) => Json.parse(body).json,
  },
  'logtail-python': {
    ...{ page: 'logtail', mark: 'from logtail import', dialect: BETTER_STACK, paths: /^\// },
    places: ({ url, key }) => ({
      'https://logs.example.com': url,
      slc_ing_YOUR_KEY: key,
      'drop_extra_events=False': 'drop_extra_events=False, buffer_capacity=40, flush_interval=0.1',
    }),
    program: `
app = logging.getLogger('app')
${FIELDS}
app.propagate = False
app.addHandler(handler)
logging.getLogger().removeHandler(handler)
import logtail.flusher
logtail.flusher.RETRY_SCHEDULE = (0.1, 1, 6)
handler.ensure_flush_thread_alive()
send = handler.flush_thread.upload
def upload(frame):
    answer = send(frame)
    (delivered if answer.status_code == 202 else failed).update(one['n'] for one in frame if 'n' in one)
    return answer
handler.flush_thread.upload = upload
for log in logs:
    fields = {name: value for name, value in log.items() if name not in ('message', 'level')}
    app.log(getattr(logging, log['level'].upper()), log['message'], extra=fields)
    if log['n'] % 20 == 0:
        time.sleep(0.05)
handler.flush_timeout = None
handler.flush()
`,
    field: 'mark',
    logOf: (body) => body,
  },
  'splunk-handler': {
    ...{ page: 'splunk', mark: 'from splunk_handler', dialect: SPLUNK_DIALECT, paths: /collector/ },
    places: ({ port, key }) => ({
      'logs.example.com': '127.0.0.1',
      'port=443': `port=${port}`,
      "'https'": "'http'",
      'slc_ing_…': key,
      shop: 'splunk-handler',
      'flush_interval=1': 'flush_interval=0.02',
    }),
    program: `
app = logging.getLogger('app')
${FIELDS}
send = handler.session.post
def post(url, data, **more):
    inside = numbers(data.replace('\\\\"', '"'))
    try:
        answer = send(url, data=data, **more)
    except Exception:
        failed.update(inside)
        raise
    (delivered if answer.status_code == 200 else failed).update(inside)
    return answer
handler.session.post = post
for log in logs:
    app.log(getattr(logging, log['level'].upper()), '%s', json.dumps(log, ensure_ascii=False))
    if log['n'] % 20 == 0:
        time.sleep(0.05)
handler.force_flush()
for _ in range(600):
    if len(delivered | failed) == len(logs):
        break
    time.sleep(0.1)
handler.write_log = lambda text: None
handler.write_debug_log = lambda text: None
`,
    field: 'service',
    logOf: (body) => {
      const { event } = Event.parse(body)
      return typeof event === 'string' ? JSON.parse(event) : event
    },
  },
  elasticsearch: {
    ...{ page: 'elastic', mark: 'helpers.streaming_bulk', dialect: ELASTIC_DIALECT, paths: /_bulk/ },
    places: ({ url, key }) => ({
      'https://logs.example.com': url,
      'slc_ing_…': key,
      'raise_on_error=False': 'raise_on_error=False, chunk_size=40',
    }),
    program: `
def paced():
    for log in logs:
        if log['n'] % 40 == 0:
            time.sleep(0.05)
        yield {**log, 'id': str(log['n'])}
for number in send(paced()):
    delivered.add(int(number))
failed.update(log['n'] for log in logs)
`,
    field: 'mark',
    logOf: (body) => body,
  },
}

const Believed = z.object({ delivered: z.array(z.number()), failed: z.array(z.number()) })
const Numbered = z.looseObject({ mark: z.string(), n: z.number() })

interface Sent {
  readonly door: Door
  readonly program: ForeignProgram
}

async function send(name: string, { page, mark, dialect, places, program }: Case): Promise<Sent> {
  const door = await stand.door(dialect)
  const logs = path.join(folder, `${name}.json`)
  writeFileSync(logs, JSON.stringify(shipperLogs(name, RECORDS)))
  const file = path.join(folder, `send-${name}.py`)
  const configuration = pageConfiguration(page, mark, places(door))
  writeFileSync(file, `${PRELUDE}${configuration}${program}${EPILOGUE}`)
  return { door, program: ForeignProgram.start(process.env.PYTHON ?? 'python3', [file, logs]) }
}

it('loggers for Python lose nothing that they count as delivered through 429, 503 and kill -9', {
  timeout: TIMEOUT_MS,
}, async () => {
  const sent = new Map<string, Sent>()
  for (const [name, about] of Object.entries(CASES)) sent.set(name, await send(name, about))
  await Promise.all([...sent].map(([name, { door, program }]) => trouble(name, door, program)))
  await stand.killAndRestart()

  for (const [name, { door, program }] of sent) {
    const [printed = ''] = (await program.end()).trim().split('\n').slice(-1)
    const { delivered, failed } = Believed.parse(JSON.parse(printed))
    const about = CASES[name]
    const found = (await stand.find(`${about.field}:"${name}"`)).map(({ body }) => Numbered.parse(about.logOf(body)))
    const counts = countsOf(found)
    const doubled = [...counts].filter(([, count]) => count > 1).length
    console.log(
      `${name}: ${delivered.length} delivered, ${failed.length} given up, ${found.length} found, ${doubled} doubled, ${[...door.statuses]}`,
    )
    expect(
      delivered.filter((n) => !counts.has(n)),
      name,
    ).toEqual([])
    expect(delivered.length + failed.length, name).toBe(RECORDS)
    expect(delivered.length, name).toBeGreaterThan(0)
    const logs = shipperLogs(name, RECORDS)
    for (const log of found) {
      const { level: _level, ...rest } = logs[log.n]
      expect(log, name).toMatchObject(rest)
    }
    expect((await stand.findText(`${about.field}:"${name}"`)).split(HUGE).length, name).toBeGreaterThan(1)
  }
})

async function trouble(name: string, door: Door, program: ForeignProgram): Promise<void> {
  const { paths } = CASES[name]
  await door.trouble(paths).catch((cause: unknown) => {
    throw new Error(`${name}: ${program.output}`, { cause })
  })
}
