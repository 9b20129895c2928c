import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import * as z from 'zod'
import type { Dialect } from '../../src/http/dialect'
import { ELASTIC_DIALECT } from '../../src/routes/shippers/elastic-dialect'
import { LOKI_DIALECT } from '../../src/routes/shippers/loki'
import { OTLP_DIALECT } from '../../src/routes/shippers/otlp'
import { ForeignProgram } from '../support/foreign-program'
import { pageConfiguration } from '../support/page-configuration'
import { RotatedFile } from '../support/rotated-file'
import { endAllServers, newDirectory } from '../support/server'
import { type Door, ShipperStand } from '../support/shipper-stand'
import { numberOf } from '../support/syslog-sender'

/** Programs that follow files, set up as their pages say, while logrotate renames the file and the service is killed. */

const RECORDS = 2000
/** How many are written before anything goes wrong. */
const FIRST = 200
/** How many of them are written, with a rotation half-way, while the service is in trouble; the others afterwards, with another. */
const IN_TROUBLE = 1200
const POLL_MS = 250
const TRIES_MAX = 240
/** Nothing came for this many looks: nothing will. */
const CALM_LOOKS = 60

const stands: ShipperStand[] = []
const programs: ForeignProgram[] = []

afterAll(async () => {
  await Promise.all(programs.map((program) => program.stop()))
  for (const stand of stands) await stand.end()
  await endAllServers()
})

interface Follower {
  readonly dialect: Dialect
  readonly paths: RegExp
  /** Starts it on the logs of a folder; what it remembers goes into another. */
  readonly start: (door: Door, logs: string, own: string) => ForeignProgram
  /** What the service calls what it sends. */
  readonly source: string
  /** The member of a document that the record is in. */
  readonly member: string
}

/** A configuration in a file, and the program that reads it. */
function configured(own: string, configuration: string): string {
  const file = path.join(own, 'configuration.yaml')
  writeFileSync(file, configuration, { mode: 0o600 })
  return file
}

const FOLLOWERS: Readonly<Record<string, Follower>> = {
  filebeat: {
    ...{ dialect: ELASTIC_DIALECT, paths: /_bulk/, source: 'elastic', member: 'message' },
    start: ({ url, key }, logs, own) => {
      const text = pageConfiguration('elastic', 'filebeat.inputs', {
        'https://logs.example.com:443': url,
        'slc_ing_…': key,
        '/var/log/app': logs,
        'bulk_max_size: 2000': 'bulk_max_size: 20',
        'id: app': 'id: app\n    prospector.scanner.check_interval: 1s',
      })
      const places = ['--path.data', own, '--path.logs', own, '--path.home', own]
      return ForeignProgram.start('filebeat', ['-e', '-c', configured(own, text), ...places])
    },
  },
  promtail: {
    ...{ dialect: LOKI_DIALECT, paths: /push/, source: 'loki', member: 'line' },
    start: ({ url, key }, logs, own) => {
      const text = pageConfiguration('loki', '\nclients:', {
        'https://logs.example.com': url,
        'slc_ing_…': key,
        '/var/log/app': logs,
        '/var/lib/promtail': own,
        'batchsize: 1048576': 'batchsize: 8000',
      })
      return ForeignProgram.start('promtail', [`-config.file=${configured(own, text)}`])
    },
  },
  otelcol: {
    ...{ dialect: OTLP_DIALECT, paths: /v1\/logs/, source: 'otlp', member: 'body' },
    start: ({ url, key }, logs, own) => {
      const text = pageConfiguration('otlp', 'filelog:', {
        'https://logs.example.com': url,
        'slc_ing_…': key,
        '/var/log/app': logs,
        '/var/lib/otelcol': own,
        // It listens on a port of its own otherwise.
        '  pipelines:': '  telemetry: { metrics: { level: none } }\n  pipelines:',
      })
      return ForeignProgram.start('otelcol', ['--config', configured(own, text)])
    },
  },
}

const Body = z.looseObject({ message: z.string().optional(), line: z.string().optional(), body: z.string().optional() })

/** The records that are found, once all are there or nothing more comes. */
async function settled(stand: ShipperStand, { source, member }: Follower, wanted: number): Promise<string[]> {
  let before = -1
  for (let tries = 0, calm = 0; ; tries++) {
    const found = (await stand.find(`source:${source}`)).map(({ body }) => Body.parse(body)[member])
    const texts = found.map((text) => (typeof text === 'string' ? text : ''))
    calm = texts.length === before ? calm + 1 : 0
    before = texts.length
    if ((new Set(texts).size >= wanted && calm > 4) || calm > CALM_LOOKS || tries > TRIES_MAX) return texts
    await sleep(POLL_MS)
  }
}

it.each(Object.entries(FOLLOWERS))(
  '%s loses nothing of a file that is rotated, through 429, 503 and kill -9',
  async (name, follower) => {
    const stand = await ShipperStand.start()
    stands.push(stand)
    const door = await stand.door(follower.dialect)
    const file = new RotatedFile(name, RECORDS)
    const own = path.join(newDirectory(), 'own')
    mkdirSync(own)
    const program = follower.start(door, file.folder, own)
    programs.push(program)
    // A follower that has not begun yet cannot know of a file that is renamed.
    await file.write(0, FIRST, Infinity)
    await settled(stand, follower, FIRST)
    const writing = file.write(FIRST, IN_TROUBLE)
    await door.trouble(follower.paths).catch((cause: unknown) => {
      throw new Error(program.output, { cause })
    })
    await stand.killAndRestart()
    await writing

    await settled(stand, follower, IN_TROUBLE)
    await file.write(IN_TROUBLE, RECORDS)
    const texts = await settled(stand, follower, RECORDS)
    await program.stop()
    const seen = new Set(texts)
    const lost = file.texts.filter((text) => !seen.has(text))
    const doubled = texts.length - seen.size
    console.log(`${name}: ${texts.length} found, ${lost.length} lost, ${doubled} doubled, ${[...door.statuses]}`)
    expect(lost.map(numberOf), program.output).toEqual([])
    // Nothing was cut to pieces or glued together either.
    expect(seen.size).toBe(RECORDS)
    expect(readdirSync(file.folder).sort()).toEqual(['app.log', 'app.log.1', 'app.log.2.gz'])
  },
)
