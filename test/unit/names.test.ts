import { describe, expect, it } from 'vitest'
import { LEVELS, levelRank, numericLevelRank, otelSeverityRank } from '../../src/records/levels'
import { claimOf, isSeverityNumber, promisesTime } from '../../src/records/names'

const roleOf = (path: string): string | undefined => claimOf(path)?.role

describe('names', () => {
  it('knows every name of the API conventions', () => {
    const names = {
      service: 'service service_name component source logger app',
      message: 'message msg body text event',
      time: 'timestamp time ts @timestamp dt _time',
      level: 'level severity severity_text lvl status',
      trace_id: 'trace_id traceId trace.traceId metadata.trace_id attributes.trace_id',
      span_id: 'span_id spanId trace.spanId context.span_id',
    }
    for (const [role, paths] of Object.entries(names)) {
      for (const path of paths.split(' ')) expect(roleOf(path), path).toBe(role)
    }
  })

  it('prefers the names in that order, and what stands at the top to what stands in a wrapper', () => {
    const strengths = 'service service_name component source logger app context.service context.app'.split(' ')
    const claims = strengths.map((path) => claimOf(path)?.strength ?? Number.NaN)
    expect(claims).toEqual(claims.toSorted((left, right) => left - right))
    expect(new Set(claims).size).toBe(claims.length)
  })

  it('leaves alone what says something about the subject, not about the log', () => {
    const paths =
      'metadata.status context.time extra.message fields.level error.message user.service trace.parentSpanId x.trace_id'
    for (const path of [...paths.split(' '), '', '.', 'times', 'a'.repeat(100_000)])
      expect(roleOf(path), path).toBeUndefined()
  })

  it('promises a time only under names that can mean nothing else', () => {
    expect(['timestamp', '@timestamp', '_time', 'Timestamp'].map(promisesTime)).toEqual([true, true, true, true])
    expect(['time', 'ts', 'dt', 'datetime'].map(promisesTime)).toEqual([false, false, false, false])
    expect(['severityNumber', 'severity_number', 'severity'].map(isSeverityNumber)).toEqual([true, true, false])
  })
})

describe('levels', () => {
  it('ranks words in any case, and knows no others', () => {
    for (const [rank, level] of LEVELS.entries()) {
      expect([level, level.toUpperCase(), ` ${level}\n`].map(levelRank)).toEqual([rank, rank, rank])
    }
    expect(['', 'purple', 'constructor', '__proto__', 'infos'].map(levelRank)).toEqual(Array(5).fill(undefined))
  })

  it('ranks numbers', () => {
    expect([8, 9, 61, 99, -1, 2.5, 200, Number.NaN, Number.POSITIVE_INFINITY].map(numericLevelRank)).toEqual(
      Array(9).fill(undefined),
    )
    expect([35, 45.5].map(numericLevelRank)).toEqual([2, 3])
    expect(Array.from({ length: 24 }, (_, index) => otelSeverityRank(index + 1))).toEqual(
      LEVELS.flatMap((_, rank) => Array(4).fill(rank)),
    )
    expect([0, 25, 1.5].map(otelSeverityRank)).toEqual([undefined, undefined, undefined])
  })
})
