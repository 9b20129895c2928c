import zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { leaksIn } from '../support/leaks'

const CORES = { acme: 'zivquarobel', globex: 'woxtelumig' }
const SECRET = 'before woxtelumig-message after'

const json = (value: unknown): string => JSON.stringify(value)

const FORMS: readonly (readonly [string, string | Buffer])[] = [
  ['plainly', SECRET],
  ['in capitals', SECRET.toUpperCase()],
  ['in hex', Buffer.from(SECRET).toString('hex')],
  ['in hex in capitals', Buffer.from(SECRET).toString('hex').toUpperCase()],
  ...[0, 1, 2].map(
    (offset) => [`in base64 at ${offset}`, Buffer.from('x'.repeat(offset) + SECRET).toString('base64')] as const,
  ),
  ['in base64url', Buffer.from(json({ after: SECRET })).toString('base64url')],
  ['in base64 of base64', Buffer.from(json(Buffer.from(json([SECRET])).toString('base64'))).toString('base64')],
  ['gzipped', zlib.gzipSync(SECRET)],
  ['in zstd', zlib.zstdCompressSync(SECRET)],
  ['deflated', zlib.deflateSync(SECRET)],
  ['gzipped, in base64', json({ cursor: zlib.gzipSync(SECRET).toString('base64') })],
  ['deflated, in base64', json({ cursor: zlib.deflateSync(SECRET).toString('base64url') })],
  ['as escapes of JSON', 'wox\\u0074elumig'],
  ['as an address', 'w%6Fxtelumig'],
  ['as entities', 'wo&#120;telu&#x6d;ig'],
  ['as UTF-16', Buffer.from(SECRET, 'utf16le')],
]

describe('a secret is found', () => {
  it.each(FORMS)('%s', (_, form) => {
    expect(new Set(leaksIn(Buffer.from(form), CORES).map(({ of }) => of))).toEqual(new Set(['globex']))
  })
})

it('a key, whose letters have two cases, is found', () => {
  expect(leaksIn(Buffer.from('"key":"slc_rd_Ab3dE"'), { key: 'slc_rd_Ab3dE' })).toMatchObject([
    { of: 'key', form: 'plain' },
  ])
})

it('what holds no secret has no leak', () => {
  for (const text of [
    '',
    'woxtelumi',
    json({ a: Buffer.from('woxtelumi g').toString('base64') }),
    'H4sIAAAAAAAAAAAA//////',
  ])
    expect(leaksIn(Buffer.from(text), CORES)).toEqual([])
})
