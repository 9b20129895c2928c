import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import * as z from 'zod'
import { ELASTIC_DIALECT } from '../../src/routes/shippers/elastic-dialect'
import { PLAIN } from '../../src/routes/shippers/plain-dialect'
import { ForeignProgram } from '../support/foreign-program'
import { pageConfiguration } from '../support/page-configuration'
import { endAllServers, newDirectory } from '../support/server'
import { countsOf, shipperLogs } from '../support/shipper-logs'
import { type Door, ShipperStand } from '../support/shipper-stand'
import { freePort, numberOf, sendSyslog, syslogTexts } from '../support/syslog-sender'

/** rsyslog and syslog-ng, set up as their pages say: what an application gave them is found, through limits and kill -9. */

const RECORDS = 2000
/** Messages that go into a connection before anybody notices that it is dead. */
const NOTICED_LATE_MAX = 100
const POLL_MS = 200
const TRIES_MAX = 200

let stand: ShipperStand
const daemons: ForeignProgram[] = []
const isBack = Promise.withResolvers<void>()

beforeAll(async () => {
  stand = await ShipperStand.start(['--syslog-port', '0'])
})

afterAll(async () => {
  await Promise.all(daemons.map((daemon) => daemon.stop()))
  await stand.end()
  await endAllServers()
})

const Found = z.looseObject({ message: z.string().optional(), json: z.looseObject({ n: z.number() }).optional() })
type Found = z.infer<typeof Found>

/** What is found of a program, once nothing more comes. */
async function settled(program: string, wanted: number): Promise<Found[]> {
  let calm = 0
  for (let tries = 0, before = -1; ; tries++) {
    const found = (await stand.find(`service:${program}`)).map(({ body }) => Found.parse(body))
    const seen = new Set(found.map(readNumber)).size
    calm = found.length === before ? calm + 1 : 0
    before = found.length
    if (seen >= wanted && calm > 2) return found
    if (calm > 40 || tries > TRIES_MAX) return found
    await sleep(POLL_MS)
  }
}

const readNumber = ({ json, message = '' }: Found): number | undefined => json?.n ?? numberOf(message)

function expectAsSent(program: string, found: readonly Found[]): { lost: number[]; doubled: number } {
  const counts = countsOf(found.map((one) => ({ n: readNumber(one) })))
  expect(counts.has(-1), `${program}: a message was cut to pieces`).toBe(false)
  const texts = syslogTexts(program, RECORDS)
  const logs = shipperLogs(program, RECORDS)
  for (const one of found) {
    const n = readNumber(one) ?? -1
    if (one.json === undefined) expect(one.message).toBe(texts[n])
    else expect(one.json).toEqual(logs[n])
  }
  const doubled = [...counts.values()].reduce((sum, count) => sum + count - 1, 0)
  const lost = texts.flatMap((_, n) => (counts.has(n) ? [] : [n]))
  return { lost, doubled }
}

function startRsyslog(port: number, configuration: string): ForeignProgram {
  const folder = newDirectory()
  const file = path.join(folder, 'rsyslog.conf')
  writeFileSync(
    file,
    `global(workDirectory="${folder}" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off")
module(load="imptcp")
input(type="imptcp" address="127.0.0.1" port="${port}")
${configuration}`,
  )
  return ForeignProgram.start('rsyslogd', ['-n', '-f', file, '-i', path.join(folder, 'pid')])
}

function startSyslogNg(port: number, configuration: string): ForeignProgram {
  const folder = newDirectory()
  const file = path.join(folder, 'syslog-ng.conf')
  writeFileSync(
    file,
    `@version: 3.35
options { keep-hostname(yes); };
source s_src { syslog(ip("127.0.0.1") port(${port}) transport("tcp")); };
${configuration.replace('disk-buffer(', `disk-buffer(dir("${folder}") `)}`,
  )
  const places = ['persist-file', 'pidfile', 'control'].map((name) => `--${name}=${path.join(folder, name)}`)
  return ForeignProgram.start('syslog-ng', ['-F', '-f', file, '--no-caps', ...places])
}

interface Sender {
  readonly program: string
  readonly door: Door | undefined
  readonly sending: Promise<void>
  /** What the daemon itself has written down as refused, to be sent again by hand. */
  readonly refused: () => Set<number>
}

async function omelasticsearch(): Promise<Sender> {
  const door = await stand.door(ELASTIC_DIALECT)
  const port = await freePort()
  const errorFile = path.join(newDirectory(), 'refused.log')
  const configuration = pageConfiguration('elastic', 'omelasticsearch', {
    'server="logs.example.com" serverport="443" usehttps="on"': `server="127.0.0.1" serverport="${door.port}"`,
    'slc_ing_…': door.key,
    '/var/log/rsyslog-refused.log': errorFile,
    'action.resumeInterval="5"': 'action.resumeInterval="1"',
  })
  daemons.push(startRsyslog(port, configuration))
  const refused = () => numbersIn(existsSync(errorFile) ? readFileSync(errorFile, 'utf8') : '')
  return { program: 'omelasticsearch', door, sending: send(port, 'omelasticsearch'), refused }
}

async function omfwd(): Promise<Sender> {
  const port = await freePort()
  const places = { 'logs.example.com': '127.0.0.1', 5514: `${stand.syslogPort}` }
  daemons.push(startRsyslog(port, pageConfiguration('syslog', 'omfwd', places)))
  return { program: 'omfwd', door: undefined, sending: sendHalves(port), refused: () => new Set() }
}

async function syslogNg(): Promise<Sender> {
  const door = await stand.door(PLAIN)
  const port = await freePort()
  const configuration = pageConfiguration('syslog', 'destination d_sluice', {
    'https://logs.example.com': door.url,
    slc_ing_YOUR_KEY: door.key,
    'batch-lines(1000) batch-timeout(1000)': 'batch-lines(40) batch-timeout(100)',
    'time-reopen(5)': 'time-reopen(1)',
  })
  daemons.push(startSyslogNg(port, configuration))
  return { program: 'syslog-ng', door, sending: send(port, 'syslog-ng'), refused: () => new Set() }
}

/** The numbers of records anywhere in a text, however often their quotes are escaped. */
const numbersIn = (text: string): Set<number> =>
  new Set([...text.matchAll(/\\"n\\*":(\d+)|\bn=(\d+) /g)].map(([, json, plain]) => Number(json ?? plain)))

/** The second half follows once the service is back. */
async function sendHalves(port: number): Promise<void> {
  const texts = syslogTexts('omfwd', RECORDS)
  await sendSyslog(port, 'omfwd', texts.slice(0, RECORDS / 2))
  await isBack.promise
  await sendSyslog(port, 'omfwd', texts.slice(RECORDS / 2))
}

const send = (port: number, program: string): Promise<void> => sendSyslog(port, program, syslogTexts(program, RECORDS))

it('daemons lose nothing unknown over HTTP through 429, 503 and kill -9, and little over TCP', async () => {
  const senders = [await omelasticsearch(), await omfwd(), await syslogNg()]
  const doors = senders.flatMap(({ door }) => door ?? [])
  await Promise.all(doors.map((door) => door.trouble(/_bulk|ingest/))).catch((cause: unknown) => {
    throw new Error(daemons.map(({ output }) => output).join('\n'), { cause })
  })
  await stand.killAndRestart()
  isBack.resolve()
  for (const { sending } of senders) await sending

  for (const { program, door, refused } of senders) {
    const found = await settled(program, RECORDS)
    const { lost, doubled } = expectAsSent(program, found)
    const known = refused()
    console.log(
      `${program}: ${found.length} found, ${lost.length} not, of them ${known.size} known as refused, ${doubled} doubled, ${[...(door?.statuses ?? [])]}`,
    )
    // Over plain TCP nothing is acknowledged: what waited when everything was killed is gone, and what tells rsyslog that it was.
    const unknown = lost.filter((n) => !known.has(n) && (door !== undefined || n > RECORDS / 2 + NOTICED_LATE_MAX))
    expect(unknown, program).toEqual([])
    if (door === undefined) expect(doubled, program).toBe(0)
  }
})
