import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TIME_FORM } from '../../src/blocks/block'
import { timeText } from '../../src/blocks/document'
import { readIsoInstant } from '../../src/blocks/iso-bytes'
import { formatInstant, isImpossibleTime, parseInstant } from '../../src/records/time'

const isoBytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('a time in text', () => {
  it.each([
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1), 0],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29), 0],
    ['2000-02-29', Date.UTC(2000, 1, 29), 0],
    ['0099-01-01T00:00:00Z', -59_042_995_200_000, 0],
    ['1969-12-31T23:59:59.999999999Z', -1, 999_999],
    ['99999999999', 99_999_999_999_000, 0],
    ['100000000000', 100_000_000_000, 0],
    ['99999999999999', 99_999_999_999_999, 0],
    ['100000000000000', 100_000_000_000, 0],
    ['99999999999999999', 99_999_999_999_999, 999_000],
    ['100000000000000000', 100_000_000_000, 0],
    ['1700000000.1', 1_700_000_000_100, 0],
    ['0001700000000', 1_700_000_000_000, 0],
    ['1426279439.123456789', 1_426_279_439_123, 456_789],
    ['0', 0, 0],
    ['05/Jan/2026:23:59:59 -0130', Date.UTC(2026, 0, 6, 1, 29, 59), 0],
  ])('%s is an instant', (text, ms, nanos) => {
    expect(parseInstant(text)).toEqual({ ms, nanos })
  })

  it.each([
    ...[
      '',
      ' ',
      'now',
      'NaN',
      'Infinity',
      '-1',
      '1e9',
      '0x10',
      '2026-1-1',
      '2026-00-01',
      '2026-02-29',
      '2023-02-29T10:00:60Z',
    ],
    ...[
      '2026-11-20T24:00:00Z',
      '2026-11-20T10:60:00Z',
      '2026-11-20T10:00:61Z',
      '2026-11-20T10:00:00.Z',
      '12345678901234567890',
      '31/Feb/2026:00:00:00 +0000',
      '20/nov/2026:00:00:00 +0000',
    ],
  ])('%j is none', (text) => {
    expect(parseInstant(text)).toBeUndefined()
  })

  it.each([
    ...[
      '2026-02-30',
      '2026-13-01T00:00:00Z',
      '2026-11-20T24:00:00Z',
      '2026-11-20 10:60:00,5',
      '31/Feb/2026:00:00:00 +0000',
    ],
    ...[
      '+275760-09-14T00:00:00.000Z',
      '12026-11-20',
      '-271821-04-19T00:00:00Z',
      '12345678901234567890',
      '1e400',
      '-1e400',
    ],
    ...['-1700000000', '-1700000000.5', 'NaN', 'nan', 'Infinity', '-Infinity', 'Invalid Date', 'Invalid date'],
  ])('%j was meant as one and cannot be', (text) => {
    expect(parseInstant(text)).toBeUndefined()
    expect(isImpossibleTime(text)).toBe(true)
  })

  it.each([
    ...['', 'now', 'never', 'noon', 'summer time', '12:30', '12:30:45', '2026', '1.5h', '-5', '-0.25', '1e3', '1.7e9'],
    ...['Sat Nov 21 10:00:00 2026', '2009-11-10 23:00:00 +0000 UTC m=+0.000000001', '2026-11-20T10:00:00[UTC]', '0x10'],
    ...['2026-1-1', 'Infinity War', 'nancy', 'in 2026-02-30'],
  ])('%j says something else, or in a way that is not read', (text) => {
    expect(parseInstant(text) === undefined || Number(text) < 1e8).toBe(true)
    expect(isImpossibleTime(text)).toBe(false)
  })

  it('comes back from the text that is written for it', () => {
    const instant = fc.record({
      ms: fc.integer({ min: 0, max: 4_102_444_800_000 }),
      nanos: fc.integer({ min: 0, max: 999_999 }),
    })
    fc.assert(
      fc.property(instant, (value) => {
        expect(parseInstant(formatInstant(value))).toEqual(value)
      }),
    )
  })
})

describe('a time in bytes', () => {
  it('is read as the general reader reads it, and written again as it was', () => {
    const instant = fc.record({
      ms: fc.integer({ min: 0, max: 253_402_300_799_999 }),
      nanos: fc.integer({ min: 0, max: 999_999 }),
      form: fc.constantFrom(TIME_FORM.iso, TIME_FORM.isoMs, TIME_FORM.isoMicros, TIME_FORM.isoNanos),
    })
    fc.assert(
      fc.property(instant, ({ ms, nanos, form }) => {
        const text = timeText(ms, nanos, form)
        const result = new Float64Array(2)
        expect(readIsoInstant(isoBytes(`x${text}`), 1, text.length, result)).toBe(form)
        expect({ ms: result[0], nanos: result[1] }).toEqual(parseInstant(text))
        expect(timeText(result[0], result[1], form)).toBe(text)
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    ...[
      '2026-11-31T10:00:00Z',
      '2026-02-29T10:00:00Z',
      '2100-02-29T10:00:00Z',
      '2026-11-20T10:00:60Z',
      '2026-11-20T24:00:00Z',
      '1969-12-31T23:59:59Z',
    ],
    ...[
      '2026-11-20 10:00:00Z',
      '2026-11-20T10:00:00z',
      '2026-11-20T10:00:00.12Z',
      '2026-11-20T10:00:00,123Z',
      '2026-11-20T1a:00:00Z',
      '2026-11-20T10:00:00.12aZ',
      '2026/11/20T10:00:00Z',
    ],
  ])('%s is left to the general reader', (text) => {
    expect(readIsoInstant(isoBytes(text), 0, text.length, new Float64Array(2))).toBe(0)
  })
})
