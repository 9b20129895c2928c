import { describe, expect, it } from 'vitest'
import { LEVELS } from '../../src/records/levels'
import { readLineClues } from '../../src/records/line-clues'

const cluesOf = (line: string): [string | undefined, string | undefined] => {
  const { instant, levelRank } = readLineClues(line)
  return [instant && new Date(instant.ms).toISOString(), levelRank === undefined ? undefined : LEVELS[levelRank]]
}

describe('the beginning of a line of text', () => {
  it.each([
    ['127.0.0.1 - - [21/Nov/2026:15:42:33 +0100] "GET / HTTP/1.0" 200 3', '2026-11-21T14:42:33.000Z', undefined],
    ['2026/11/21 15:42:33 [error] 8102#8102: *3306 connect() failed', undefined, 'error'],
    ['2026-11-21T10:00:00.123456Z WARN slow', '2026-11-21T10:00:00.123Z', 'warn'],
    ['[2026-11-21 10:00:00,5 +02:00] INFO: hi', '2026-11-21T08:00:00.500Z', 'info'],
    ['2026-11-21 15:40:01,123 ERROR [main] com.acme.Orders - order 17 failed', undefined, 'error'],
    ['level=warning msg="disk nearly full"', undefined, 'warn'],
    ['[crit] out of file descriptors', undefined, 'fatal'],
    ['<notice> service started', undefined, 'info'],
  ])('says its time, if with a zone, and its level: %s', (line, time, level) => {
    expect(cluesOf(line)).toEqual([time, level])
  })

  it.each([
    'the error was harmless',
    'no errors found',
    'GET /info HTTP/1.1',
    'at com.acme.Stock.take(Stock.java:41)',
    '2026-11-21 10:00:00 started',
    '2026-99-99T10:00:00Z started',
  ])('says nothing where it only mentions: %s', (line) => {
    expect(cluesOf(line)).toEqual([undefined, undefined])
  })
})
