import { describe, expect, it } from 'vitest'
import { cidrContains, formatDuration, parseCidr, parseQuantity, parseTime } from '../../src/query/values'

const NOW_MS = Date.UTC(2026, 10, 21, 12)

describe('parseQuantity', () => {
  it.each([
    ['42', 42],
    ['-1.5e3', -1500],
    ['50%', 50],
    ['1.5s', 1500],
    ['250ms', 250],
    ['5us', 0.005],
    ['5µs', 0.005],
    ['100ns', 0.0001],
    ['1h30m', 5_400_000],
    ['-2d', -172_800_000],
    ['10b', 10],
    ['1.5KB', 1500],
    ['2MiB', 2_097_152],
    ['1gb', 1e9],
  ])('reads %s', (text, value) => expect(parseQuantity(text)).toBeCloseTo(value, 9))

  it.each(['', 'x', '5x', '1h2mb', '--1', '1..2', 'Infinity', '1e999', '0x10', '1,000', '%'])('refuses %j', (text) =>
    expect(parseQuantity(text)).toBeUndefined(),
  )

  it('writes a duration in its largest whole unit', () => {
    expect([300_000, 90_000, 1, 86_400_000].map(formatDuration)).toEqual(['5m', '90s', '1ms', '1d'])
  })
})

describe('parseTime', () => {
  it.each([
    ['now', NOW_MS],
    ['2h', NOW_MS - 7_200_000],
    ['-15m', NOW_MS - 900_000],
    ['now-15m', NOW_MS - 900_000],
    ['now+5m', NOW_MS + 300_000],
    ['2026-11-21', Date.UTC(2026, 10, 21)],
    ['2026-11', Date.UTC(2026, 10)],
    ['2026-11-21T10:00:00Z', Date.UTC(2026, 10, 21, 10)],
    ['2026-11-21 10:00', Date.UTC(2026, 10, 21, 10)],
    ['2026-11-21t10:00:00.250+02:00', Date.UTC(2026, 10, 21, 8) + 250],
    ['2026-11-21T23:30:00-0130', Date.UTC(2026, 10, 22, 1)],
    ['1790000000', 1_790_000_000_000],
    ['1790000000123', 1_790_000_000_123],
    ['1790000000123000', 1_790_000_000_123],
    ['1790000000123000000', 1_790_000_000_123],
    ['1790000000.5', 1_790_000_000_500],
  ])('reads %s', (text, timeMs) => expect(parseTime(text, NOW_MS)).toBe(timeMs))

  it.each(['', 'soon', '2026-02-30', '2026-13-01', '2026-11-21T25:00:00Z', '15', '-', 'now-', '5kb', 'now5'])(
    'does not take %j for a duration or a day',
    (text) => expect(parseTime(text, NOW_MS)).toBe(text === '15' ? 15_000 : undefined),
  )
})

describe('cidr', () => {
  const contains = (block: string, address: string): boolean => {
    const cidr = parseCidr(block)
    return cidr !== undefined && cidrContains(cidr, address)
  }

  it.each([
    ['10.0.0.0/8', '10.255.1.2', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.1.2.3/8', '10.9.9.9', true],
    ['192.168.4.0/22', '192.168.7.255', true],
    ['192.168.4.0/22', '192.168.8.0', false],
    ['0.0.0.0/0', '1.2.3.4', true],
    ['1.2.3.4/32', '1.2.3.4', true],
    ['10.0.0.0/8', '::ffff:10.1.1.1', true],
    ['::ffff:10.0.0.0/104', '10.1.1.1', true],
    ['2001:db8::/32', '2001:DB8:1::5', true],
    ['2001:db8::/32', '2001:db9::', false],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['::/0', '1.2.3.4', false],
    ['10.0.0.0/8', 'not an address', false],
    ['10.0.0.0/8', '10.0.0.01', false],
  ])('says whether %s holds %s', (block, address, expected) => expect(contains(block, address)).toBe(expected))

  it.each(['10.0.0.0', '10.0.0.0/33', '10.0.0/8', '1::2::3/8', '::/129', '1:2:3:4:5:6:7:8::/8', '256.0.0.0/8', 'a/8'])(
    'refuses %s',
    (text) => expect(parseCidr(text)).toBeUndefined(),
  )
})
