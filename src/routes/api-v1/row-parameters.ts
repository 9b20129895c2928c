import * as z from 'zod'
import { ApiError } from '../../http/problem'
import { API_V1_OFFSET_MAX, SEARCH_LIMIT_DEFAULT, SEARCH_LIMIT_MAX } from '../../limits/limits'
import type { Level } from '../../records/levels'
import { levelsOfSeed, SEED_LEVELS } from './seed-level'
import { readServiceName } from './service-name'

const time = (meaning: string, example: string) =>
  z
    .string()
    .optional()
    .meta({ description: `${meaning} Milliseconds since 1970.`, examples: [example] })

const limit = z
  .int()
  .min(1)
  .max(SEARCH_LIMIT_MAX)
  .default(SEARCH_LIMIT_DEFAULT)
  .meta({ description: 'Records in the answer.', examples: [50] })

/** What the search of the second seed's API takes in its address. */
export const RowQuery = z.strictObject({
  service: z
    .string()
    .optional()
    .meta({ description: 'The name of the service.', examples: ['checkout'] }),
  level: z
    .string()
    .optional()
    .meta({ description: `One of ${SEED_LEVELS.join(', ')}, in any common spelling.`, examples: ['ERROR'] }),
  start_time: time('The oldest time, itself included.', '0'),
  end_time: time('The newest time, itself included.', '4102444800000'),
  limit,
  offset: z
    .int()
    .min(0)
    .max(API_V1_OFFSET_MAX)
    .default(0)
    .meta({ description: 'Records, newest first, that the answer passes over.', examples: [0] }),
})

/** What the recent logs of a service take in their address. */
export const RecentQuery = z.strictObject({ limit })

/** Which records are asked for. */
export interface RowQuestion {
  readonly service: string | undefined
  readonly levels: readonly Level[] | undefined
  readonly startMs: number | undefined
  readonly endMs: number | undefined
  readonly limit: number
  readonly offset: number
}

/** Reads the parameters of a search, checked. */
export function readRowQuestion(parameters: URLSearchParams): RowQuestion {
  refuseUnknown(parameters, RowQuery)
  const service = parameters.get('service')
  const startMs = readNumber(parameters, 'start_time', 0, Number.MAX_SAFE_INTEGER)
  const endMs = readNumber(parameters, 'end_time', 0, Number.MAX_SAFE_INTEGER)
  if (startMs !== undefined && endMs !== undefined && startMs > endMs)
    throw invalid('start_time', 'start_time is after end_time.')
  return {
    service: service === null ? undefined : readServiceName(service, 'service'),
    levels: readLevels(parameters),
    startMs,
    endMs,
    limit: readLimit(parameters),
    offset: readOffset(parameters),
  }
}

/** Reads the parameters of the recent logs of a service. */
export function readRecentQuestion(service: string, parameters: URLSearchParams): RowQuestion {
  refuseUnknown(parameters, RecentQuery)
  return {
    service: readServiceName(service, 'service'),
    levels: undefined,
    startMs: undefined,
    endMs: undefined,
    limit: readLimit(parameters),
    offset: 0,
  }
}

/** For addresses that take no parameter, or only those of a schema: any other, and one that comes twice, is refused by name. */
export function refuseUnknown(parameters: URLSearchParams, { shape }: z.ZodObject = z.strictObject({})): void {
  const seen = new Set<string>()
  for (const name of parameters.keys()) {
    if (!Object.hasOwn(shape, name)) throw invalid(name, `There is no parameter "${name.slice(0, 40)}" here.`)
    if (seen.has(name)) throw invalid(name, `The parameter "${name}" may come only once.`)
    seen.add(name)
  }
}

function readLevels(parameters: URLSearchParams): readonly Level[] | undefined {
  const text = parameters.get('level')
  if (text === null) return undefined
  const levels = levelsOfSeed(text)
  if (levels !== undefined) return levels
  throw invalid('level', `level is one of ${SEED_LEVELS.join(', ')}.`)
}

const readLimit = (parameters: URLSearchParams): number =>
  readNumber(parameters, 'limit', 1, SEARCH_LIMIT_MAX) ?? SEARCH_LIMIT_DEFAULT

function readOffset(parameters: URLSearchParams): number {
  const offset = readNumber(parameters, 'offset', 0, Number.MAX_SAFE_INTEGER) ?? 0
  if (offset <= API_V1_OFFSET_MAX) return offset
  const detail = `offset is at most ${API_V1_OFFSET_MAX}: narrow end_time to go on, or follow the cursor of GET /logs.`
  throw new ApiError('validation_failed', detail, {
    limit: { name: 'API_V1_OFFSET_MAX', value: API_V1_OFFSET_MAX },
    errors: [{ code: 'invalid_parameter', detail, parameter: 'offset' }],
  })
}

function readNumber(parameters: URLSearchParams, name: string, least: number, most: number): number | undefined {
  const text = parameters.get(name)
  if (text === null) return undefined
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (number >= least && number <= most) return number
  throw invalid(name, `${name} is a whole number from ${least} to ${most}.`)
}

const invalid = (parameter: string, detail: string): ApiError =>
  new ApiError('validation_failed', detail, { errors: [{ code: 'invalid_parameter', detail, parameter }] })
