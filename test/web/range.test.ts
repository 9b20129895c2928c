import { describe, expect, it } from 'vitest'
import { absolute, boundsOf, parseRange, shifted } from '../../web/src/time/range'

const NOW = Date.parse('2026-11-21T12:00:00.000Z')
const iso = (ms: number): string => new Date(ms).toISOString()

describe('a range as it is typed', () => {
  it.each([
    ['15m', { from: '-15m', to: 'now' }],
    ['-2h', { from: '-2h', to: 'now' }],
    ['90 m', { from: '-90m', to: 'now' }],
    ['yesterday 14:00 to 15:30', { from: '2026-11-20T14:00:00.000Z', to: '2026-11-20T15:30:00.000Z' }],
    ['09:30 to now', { from: '2026-11-21T09:30:00.000Z', to: 'now' }],
    ['around 10:31:07', { from: '2026-11-21T10:26:07.000Z', to: '2026-11-21T10:36:07.000Z' }],
    ['2026-11-21T10:31:07Z', { from: '2026-11-21T10:26:07.000Z', to: '2026-11-21T10:36:07.000Z' }],
    ['2026-11-20 10:00 to 2026-11-20 11:00', { from: '2026-11-20T10:00:00.000Z', to: '2026-11-20T11:00:00.000Z' }],
    ['1795255200', { from: iso(1_795_255_200_000 - 300_000), to: iso(1_795_255_200_000 + 300_000) }],
    ['1795255200000000000', { from: iso(1_795_255_200_000 - 300_000), to: iso(1_795_255_200_000 + 300_000) }],
    ['2026-11-19', { from: '2026-11-19T00:00:00.000Z', to: 'now' }],
  ])('%s', (text, range) => {
    expect(parseRange(text, NOW, true)).toEqual(range)
  })

  it.each(['', 'soon', '15:30 to 14:00', '99:99 x', 'level:error'])('is nothing in “%s”', (text) => {
    expect(parseRange(text, NOW, true)).toBeUndefined()
  })

  it('moves by its own width, and is open again where it reaches now', () => {
    const hour = { from: '-1h', to: 'now' }
    const before = shifted(hour, -1, NOW)
    expect(before).toEqual({ from: '2026-11-21T10:00:00.000Z', to: '2026-11-21T11:00:00.000Z' })
    expect(shifted(before, 1, NOW)).toEqual({ from: '2026-11-21T11:00:00.000Z', to: 'now' })
  })

  it('is the same for good once it is absolute', () => {
    const fixed = absolute({ from: '-1h', to: 'now' }, NOW)
    expect(boundsOf(fixed, NOW + 86_400_000)).toEqual({ fromMs: NOW - 3_600_000, toMs: NOW })
  })
})
