import { type Member, optionalMember, textMember, toObjectJson } from '../json-members'
import type { ConsoleLine, Diagnostic, Invocation, InvocationEvent, ThrownError } from './invocation'

/**
 * Reads a trace item: what the platform hands to `tail()`, or the JSON of it. A host object has its members as properties that
 * are made when they are read; nothing is assumed about any of them, since a later runtime may send others.
 */
export function readTraceItem(item: unknown): Invocation {
  const scriptName = textOf(item, 'scriptName')
  return {
    scriptName,
    script: scriptMembers(item, scriptName),
    outcome: textOf(item, 'outcome') ?? 'unknown',
    startedMs: numberOf(item, 'eventTimestamp'),
    cpuTimeMs: numberOf(item, 'cpuTime'),
    wallTimeMs: numberOf(item, 'wallTime'),
    isTruncated: valueAt(item, 'truncated') === true,
    event: readEvent(valueAt(item, 'event')),
    logs: listOf(item, 'logs').map(readLine),
    exceptions: listOf(item, 'exceptions').map(readException),
    diagnostics: listOf(item, 'diagnosticsChannelEvents').map(readDiagnostic),
  }
}

/** Whether JSON is that of a trace item. */
export const isTraceItem = (value: unknown): boolean =>
  typeof valueAt(value, 'outcome') === 'string' && Array.isArray(valueAt(value, 'logs'))

function scriptMembers(item: unknown, scriptName: string | undefined): Member[] {
  const version = valueAt(item, 'scriptVersion')
  const tags = listOf(item, 'scriptTags')
  const versionMembers = ['id', 'tag', 'message'].flatMap((name) => optionalMember(name, textOf(version, name)))
  return [
    // A local runtime does not say it.
    ...optionalMember('name', scriptName),
    ...optionalMember('entrypoint', textOf(item, 'entrypoint')),
    ...(versionMembers.length === 0 ? [] : [['version', toObjectJson(versionMembers)] as const]),
    ...(tags.length === 0 ? [] : [['tags', toJson(tags)] as const]),
    ...optionalMember('dispatch_namespace', textOf(item, 'dispatchNamespace')),
    ...optionalMember('execution_model', textOf(item, 'executionModel')),
    ...optionalMember('durable_object_id', textOf(item, 'durableObjectId')),
    ...jsonMember('tail_attributes', valueAt(item, 'tailAttributes')),
    ...jsonMember('preview', valueAt(item, 'preview')),
  ]
}

function readLine(line: unknown): ConsoleLine {
  const message = valueAt(line, 'message')
  const error = valueAt(line, 'errorInfo')
  return {
    timestampMs: numberOf(line, 'timestamp'),
    level: textOf(line, 'level') ?? 'log',
    arguments: (Array.isArray(message) ? message : [message]).map(toJson),
    error: error === undefined || error === null ? undefined : toObjectJson(errorMembers(error)),
  }
}

const errorMembers = (error: unknown): Member[] =>
  ['name', 'message', 'stack'].flatMap((name) => optionalMember(name, textOf(error, name)))

const readException = (error: unknown): ThrownError => ({
  timestampMs: numberOf(error, 'timestamp'),
  name: textOf(error, 'name') ?? 'Error',
  message: textOf(error, 'message') ?? '',
  stack: textOf(error, 'stack'),
})

const readDiagnostic = (event: unknown): Diagnostic => ({
  timestampMs: numberOf(event, 'timestamp'),
  channel: textOf(event, 'channel') ?? '',
  message: toJson(valueAt(event, 'message')),
})

/** What kind of event it is shows in its members alone. */
function readEvent(event: unknown): InvocationEvent {
  if (typeof event !== 'object' || event === null) return eventOf('none', '', [])
  if ('request' in event) return fetchEvent(event)
  if ('rpcMethod' in event) return eventOf('rpc', `rpc ${textOf(event, 'rpcMethod')}`, pick(event, ['rpcMethod']))
  if ('cron' in event)
    return eventOf('scheduled', `cron ${textOf(event, 'cron')}`, pick(event, ['cron', 'scheduledTime']))
  if ('scheduledTime' in event) return eventOf('alarm', 'alarm', pick(event, ['scheduledTime']))
  if ('queue' in event) return eventOf('queue', `queue ${textOf(event, 'queue')}`, pick(event, ['queue', 'batchSize']))
  if ('mailFrom' in event)
    return eventOf('email', `mail from ${textOf(event, 'mailFrom')}`, pick(event, ['mailFrom', 'rcptTo', 'rawSize']))
  if ('consumedEvents' in event) return eventOf('tail', 'tail', pick(event, ['consumedEvents']))
  if ('getWebSocketEvent' in event) return socketEvent(valueAt(event, 'getWebSocketEvent'))
  return eventOf('other', '', [])
}

function fetchEvent(event: unknown): InvocationEvent {
  const request = valueAt(event, 'request')
  const status = numberOf(valueAt(event, 'response'), 'status')
  const method = textOf(request, 'method') ?? ''
  const url = textOf(request, 'url') ?? ''
  const ray = textOf(valueAt(request, 'headers'), 'cf-ray')
  const brief: Member[] = [
    textMember('type', 'fetch'),
    textMember('method', method),
    textMember('url', url),
    ...(status === undefined ? [] : [['status', `${status}`] as const]),
    ...optionalMember('ray_id', ray),
  ]
  const whole = [...brief, ...pick(request, ['headers', 'cf'])]
  return { title: `${method} ${url}${status === undefined ? '' : ` ${status}`}`, brief, whole }
}

function socketEvent(event: unknown): InvocationEvent {
  const kind = textOf(event, 'webSocketEventType') ?? ''
  return eventOf('websocket', `websocket ${kind}`, pick(event, ['webSocketEventType', 'code', 'wasClean']))
}

const eventOf = (type: string, title: string, members: readonly Member[]): InvocationEvent => {
  const whole = [textMember('type', type), ...members]
  return { title, whole, brief: whole }
}

const pick = (value: unknown, names: readonly string[]): Member[] =>
  names.flatMap((name) => jsonMember(name, valueAt(value, name)))

const jsonMember = (name: string, value: unknown): readonly Member[] =>
  value === undefined || value === null ? [] : [[name, toJson(value)]]

function valueAt(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function textOf(value: unknown, name: string): string | undefined {
  const text = valueAt(value, name)
  return typeof text === 'string' && text !== '' ? text : undefined
}

function numberOf(value: unknown, name: string): number | undefined {
  const number = valueAt(value, name)
  if (number instanceof Date) return number.getTime()
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

function listOf(value: unknown, name: string): readonly unknown[] {
  const list = valueAt(value, name)
  return Array.isArray(list) ? list : []
}

/** What a console takes may be anything: what JSON has no word for is the text that it prints. */
function toJson(value: unknown): string {
  try {
    return JSON.stringify(value, withBigInts) ?? JSON.stringify(String(value))
  } catch {
    return JSON.stringify(String(value))
  }
}

const withBigInts = (_name: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}` : value)
