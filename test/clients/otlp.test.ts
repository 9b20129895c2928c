import { setTimeout as sleep } from 'node:timers/promises'
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from '@opentelemetry/sdk-logs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import * as z from 'zod'
import { OTLP_DIALECT } from '../../src/routes/shippers/otlp'
import { endAllServers } from '../support/server'
import { countsOf, shipperLogs } from '../support/shipper-logs'
import { type Door, ShipperStand } from '../support/shipper-stand'

const RECORDS = 1000
const LOGS = /v1\/logs/

let stand: ShipperStand

beforeAll(async () => {
  stand = await ShipperStand.start()
})

afterAll(async () => {
  await stand.end()
  await endAllServers()
})

/** What an exporter has sent, and what it believes became of it. */
interface Sent {
  readonly door: Door
  readonly delivered: Set<number>
  readonly failed: Set<number>
  readonly done: Promise<void>
}

const SEVERITIES: Readonly<Record<string, number>> = { debug: 5, info: 9, warn: 13, error: 17 }

async function sendWith(
  Exporter: typeof JsonExporter | typeof ProtobufExporter,
  mark: string,
  path: string,
): Promise<Sent> {
  const door = await stand.door(OTLP_DIALECT)
  const exporter = new Exporter({
    url: `${door.url}${path}`,
    headers: { authorization: `Bearer ${door.key}` },
    timeoutMillis: 60_000,
  })
  const delivered = new Set<number>()
  const failed = new Set<number>()
  const watched: LogRecordExporter = {
    export: (logs, tell) =>
      exporter.export(logs, (result) => {
        for (const { attributes } of logs) (result.code === 0 ? delivered : failed).add(Number(attributes.n))
        tell(result)
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  }
  const processor = new BatchLogRecordProcessor({
    exporter: watched,
    ...{ maxExportBatchSize: 40, scheduledDelayMillis: 50, exportTimeoutMillis: 60_000 },
  })
  const resource = resourceFromAttributes({ 'service.name': mark, 'service.version': '1.2.3' })
  const provider = new LoggerProvider({ resource, processors: [processor] })
  const logger = provider.getLogger('test', '9')
  const sending = async () => {
    for (const { level, message, nested, ...rest } of shipperLogs(mark, RECORDS)) {
      const attributes = { ...rest, nested: JSON.parse(JSON.stringify(nested)) }
      logger.emit({ severityNumber: SEVERITIES[level], severityText: level, body: message, attributes })
      if (rest.n % 50 === 0) await sleep(5)
    }
    await provider.forceFlush()
    await provider.shutdown()
  }
  return { door, delivered, failed, done: sending() }
}

const Body = z
  .object({ body: z.string(), attributes: z.object({ n: z.number() }).loose(), resource: z.object({}).loose() })
  .loose()

it('exporters of OpenTelemetry lose nothing that they count as delivered through 429, 503 and kill -9', async () => {
  const sent = {
    json: await sendWith(JsonExporter, 'json', '/v1/logs'),
    protobuf: await sendWith(ProtobufExporter, 'protobuf', '/otlp/v1/logs'),
  }
  await Promise.all(Object.values(sent).map(({ door }) => door.trouble(LOGS)))
  await stand.killAndRestart()
  await Promise.all(Object.values(sent).map(({ done }) => done))

  for (const [mark, { door, delivered, failed }] of Object.entries(sent)) {
    const found = (await stand.find(`service:${mark}`)).map(({ body }) => Body.parse(body))
    const counts = countsOf(found.map(({ attributes }) => attributes))
    const doubled = [...counts].filter(([, count]) => count > 1).length
    console.log(
      `${mark}: ${delivered.size} delivered, ${failed.size} given up, ${found.length} found, ${doubled} doubled, ${[...door.statuses]}`,
    )
    expect(
      [...delivered].filter((n) => !counts.has(n)),
      mark,
    ).toEqual([])
    expect(delivered.size + failed.size, mark).toBe(RECORDS)
    // A refusal that says when to try again loses nothing: only what was under way when the service died may be given up.
    expect(failed.size, mark).toBeLessThanOrEqual(40)
    const logs = shipperLogs(mark, RECORDS)
    for (const { body, attributes, resource } of found) {
      const { level: _level, message, ...rest } = logs[attributes.n]
      expect({ body, attributes }).toEqual({ body: message, attributes: rest })
      expect(resource).toEqual({ attributes: { 'service.name': mark, 'service.version': '1.2.3' } })
    }
  }
})
