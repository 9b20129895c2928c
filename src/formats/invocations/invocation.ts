import type { ReadClaim } from '../../records/names'
import { claimEmbedded, EMBEDDED, embeddedJson } from '../embedded-json'
import { type Member, optionalMember, textMember, toObjectJson } from '../json-members'

/** One run of a Worker, however we were told of it. Values that may be anything are JSON text. */
export interface Invocation {
  /** The producing script: name, entrypoint, version, tags, namespace, id of its object. */
  readonly script: readonly Member[]
  readonly scriptName: string | undefined
  readonly outcome: string
  /** When it began; undefined where nobody says. */
  readonly startedMs: number | undefined
  readonly cpuTimeMs: number | undefined
  readonly wallTimeMs: number | undefined
  /** It logged more than the platform keeps of one run. */
  readonly isTruncated: boolean
  readonly event: InvocationEvent
  readonly logs: readonly ConsoleLine[]
  readonly exceptions: readonly ThrownError[]
  readonly diagnostics: readonly Diagnostic[]
}

/** What the Worker was run for. */
export interface InvocationEvent {
  /** In a few words: `GET https://…`, `cron 0 2 * * *`. */
  readonly title: string
  /** Whole, for the record of the run itself. */
  readonly whole: readonly Member[]
  /** What is repeated with each line. */
  readonly brief: readonly Member[]
}

/** One call of `console.*`. */
export interface ConsoleLine {
  readonly timestampMs: number | undefined
  readonly level: string
  /** Its arguments, as JSON. */
  readonly arguments: readonly string[]
  /** The error among them, where the platform describes it. */
  readonly error: string | undefined
}

export interface ThrownError {
  readonly timestampMs: number | undefined
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
}

/** What was published on a channel of `node:diagnostics_channel`. */
export interface Diagnostic {
  readonly timestampMs: number | undefined
  readonly channel: string
  readonly message: string
}

/** A script is what others call a service. */
export const claimInvocation: ReadClaim = (path) =>
  path === 'script.name' ? { role: 'service', strength: SCRIPT_STRENGTH } : claimEmbedded(path)

const SCRIPT_STRENGTH = 70

/** The records of a run, as JSON texts: each line, each exception, each diagnostic, and the run itself as the last. */
export function invocationRecords(invocation: Invocation): string[] {
  const about = contextMembers(invocation)
  return [
    ...invocation.logs.map((line) => lineJson(line, about)),
    ...invocation.diagnostics.map((diagnostic) => diagnosticJson(diagnostic, about)),
    ...invocation.exceptions.map((error) => exceptionJson(error, about)),
    runJson(invocation),
  ]
}

const contextMembers = ({ script, outcome, event }: Invocation): readonly Member[] => [
  ['script', toObjectJson(script)],
  textMember('outcome', outcome),
  ['event', toObjectJson(event.brief)],
]

const timeMember = (timestampMs: number | undefined): readonly Member[] =>
  timestampMs === undefined ? [] : [['timestamp', `${timestampMs}`]]

function lineJson(line: ConsoleLine, about: readonly Member[]): string {
  const error: readonly Member[] = line.error === undefined ? [] : [['error', line.error]]
  return toObjectJson([
    ...timeMember(line.timestampMs),
    textMember('level', line.level),
    ...argumentMembers(line.arguments),
    ...error,
    ...about,
  ])
}

/** One object is the record; one text is its message, which may be JSON itself; several are joined, as a console does. */
function argumentMembers(values: readonly string[]): readonly Member[] {
  const [only] = values
  if (values.length === 1 && only.startsWith('{')) return [[EMBEDDED, only]]
  const message = values.map(printed).join(' ')
  const json = values.length === 1 ? embeddedJson(message) : undefined
  if (json !== undefined) return [[EMBEDDED, json]]
  const isPlain = values.every((value) => value.startsWith('"'))
  return isPlain
    ? [textMember('message', message)]
    : [textMember('message', message), ['arguments', `[${values.join(',')}]`]]
}

function printed(json: string): string {
  if (!json.startsWith('"')) return json
  const text: unknown = JSON.parse(json)
  return String(text)
}

function diagnosticJson({ timestampMs, channel, message }: Diagnostic, about: readonly Member[]): string {
  return toObjectJson([
    ...timeMember(timestampMs),
    textMember('level', 'debug'),
    textMember('message', `diagnostic ${channel}`),
    ['diagnostic', toObjectJson([textMember('channel', channel), ['message', message]])],
    ...about,
  ])
}

function exceptionJson({ timestampMs, name, message, stack }: ThrownError, about: readonly Member[]): string {
  const exception = [textMember('name', name), textMember('message', message), ...optionalMember('stack', stack)]
  return toObjectJson([
    ...timeMember(timestampMs),
    textMember('level', 'error'),
    textMember('message', `${name}: ${message}`),
    ['exception', toObjectJson(exception)],
    ...about,
  ])
}

function runJson(invocation: Invocation): string {
  const { startedMs, cpuTimeMs, wallTimeMs, event, script, outcome, logs, exceptions, isTruncated } = invocation
  const cut = isTruncated ? '; it logged more than the platform keeps, so lines are missing' : ''
  return toObjectJson([
    ...timeMember(startedMs),
    textMember('level', isTruncated && outcome === 'ok' ? 'warn' : levelOfOutcome(outcome)),
    textMember('message', `${event.title || (invocation.scriptName ?? 'run')}: ${outcome}${cut}`),
    ['script', toObjectJson(script)],
    textMember('outcome', outcome),
    ...numberMember('cpu_time_ms', cpuTimeMs),
    ...numberMember('wall_time_ms', wallTimeMs),
    ['truncated', `${isTruncated}`],
    ['logs', `${logs.length}`],
    ['exceptions', `${exceptions.length}`],
    ['event', toObjectJson(event.whole)],
  ])
}

const numberMember = (name: string, value: number | undefined): readonly Member[] =>
  value === undefined ? [] : [[name, `${value}`]]

/** Outcomes are an open set: one that is not known is worth a look. */
function levelOfOutcome(outcome: string): string {
  if (outcome === 'ok') return 'info'
  return QUIET_OUTCOMES.has(outcome) ? 'warn' : 'error'
}

/** The client went away, or nobody knows. */
const QUIET_OUTCOMES: ReadonlySet<string> = new Set(['canceled', 'responseStreamDisconnected', 'unknown', 'aborted'])
