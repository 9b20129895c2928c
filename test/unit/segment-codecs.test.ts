import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldCells } from '../../src/blocks/case-patch'
import { CODEC, packSection, unpackSection } from '../../src/segments/codec'
import { decodeHeader, isIntact } from '../../src/segments/decode-segment'
import { toDictionary } from '../../src/segments/dictionary'
import { fromHexCells, hexCellText, toHexCells } from '../../src/segments/hex-cells'
import { packIntegers, unpackIntegers } from '../../src/segments/integers'
import { buildTokenFilter, mayHold } from '../../src/segments/token-filter'
import { cellsOf, textsOf } from '../support/cells'
import { documents, read, sealed, segmentTableOf } from '../support/read-back'
import { randomIntegers, sampleLogs } from '../support/sample-logs'

const hexDigits = (next: (below: number) => number, count: number): string =>
  Array.from({ length: count }, () => next(16).toString(16)).join('')

/** Every row of a segment, with the numbers that are not in its document. */
function everythingIn(segment: Uint8Array): string[] {
  const table = segmentTableOf(segment)
  const [times, seqs, received, levels] = [table.times(), table.seqs(), table.received(), table.levels()]
  return documents(table).map((text, row) => [times[row], seqs[row], received[row], levels[row], text].join(' '))
}

describe('integers', () => {
  const roundTrip = (values: readonly number[]): number[] => {
    const packed = packIntegers(Float64Array.from(values))
    expect(packed.bytes).toHaveLength(packed.width * values.length)
    return [...unpackIntegers(packed, values.length)]
  }

  it('come back whatever their width and order', () => {
    const width = fc.integer({ min: 1, max: 52 })
    const values = width.chain((bits) =>
      fc.tuple(
        fc.integer({ min: -(2 ** 30), max: 2 ** 30 }),
        fc.array(fc.maxSafeNat().map((value) => value % 2 ** bits)),
      ),
    )
    fc.assert(
      fc.property(values, fc.boolean(), ([base, offsets], sort) => {
        const list = offsets.map((offset) => base + offset)
        if (sort) list.sort((left, right) => left - right)
        expect(roundTrip(list)).toEqual(list)
      }),
      { numRuns: 500 },
    )
  })

  it('take as many bytes as their range needs, one to seven', () => {
    for (let width = 1; width <= 6; width++) {
      const most = 2 ** (8 * width) - 1
      expect(packIntegers(Float64Array.of(most, 0, most))).toMatchObject({ mode: 'base', width })
      expect(packIntegers(Float64Array.of(most + 1, 0, most))).toMatchObject({ mode: 'base', width: width + 1 })
    }
    const limits = [0, Number.MAX_SAFE_INTEGER, 1, Number.MAX_SAFE_INTEGER - 1]
    expect(packIntegers(Float64Array.from(limits)).width).toBe(7)
    expect(roundTrip(limits)).toEqual(limits)
    expect(roundTrip([-5, -1_000_000_000_000, 0, 7])).toEqual([-5, -1_000_000_000_000, 0, 7])
    expect(roundTrip([Number.MIN_SAFE_INTEGER, -1, 0].map((value) => value))).toEqual([Number.MIN_SAFE_INTEGER, -1, 0])
  })

  it('are steps where steps are narrower', () => {
    const times = Array.from({ length: 100 }, (_, index) => 1_795_168_800_000 + index * 40 - (index % 3))
    expect(packIntegers(Float64Array.from(times))).toMatchObject({ mode: 'delta', width: 1 })
    expect(roundTrip(times)).toEqual(times)
    expect(roundTrip(times.toReversed())).toEqual(times.toReversed())
    expect(roundTrip([7])).toEqual([7])
    expect(roundTrip([])).toEqual([])
  })
})

describe('a dictionary', () => {
  it('gives every cell back', () => {
    const values = fc.array(fc.string({ unit: 'grapheme', maxLength: 8 }), { minLength: 1, maxLength: 12 })
    const cells = values.chain((known) => fc.array(fc.constantFrom(...known), { maxLength: 400 }))
    fc.assert(
      fc.property(cells, (texts) => {
        const dictionary = toDictionary(cellsOf(texts))
        const known = dictionary ? textsOf(dictionary.values) : []
        expect(dictionary && [...dictionary.codes].map((code) => known[code])).toEqual(texts)
        expect(new Set(known).size).toBe(known.length)
      }),
    )
  })

  it('is refused for columns that hardly repeat, and for long values', () => {
    expect(toDictionary(cellsOf(Array.from({ length: 1000 }, (_, index) => `${index}`)))).toBeUndefined()
    expect(toDictionary(cellsOf(['x'.repeat(257)]))).toBeUndefined()
    expect(toDictionary(cellsOf(Array(100).fill('x'.repeat(256))))?.values.count).toBe(1)
  })

  it('holds thousands of values', () => {
    const texts = Array.from({ length: 20_000 }, (_, index) => `value ${index % 4000}`)
    const dictionary = toDictionary(cellsOf(texts.toSorted()))
    expect(dictionary?.values.count ?? 4000).toBe(4000)
  })
})

describe('hexadecimal cells', () => {
  it('come back, plain and as UUIDs', () => {
    const next = randomIntegers(1)
    for (const digits of [8, 16, 24, 32, 40, 64]) {
      const texts = Array.from({ length: 50 }, () => hexDigits(next, digits))
      const hex = toHexCells(cellsOf(texts))
      expect(hex).toMatchObject({ layout: 'plain', width: digits / 2 })
      expect(hex && textsOf(fromHexCells(hex, texts.length))).toEqual(texts)
      expect(hex && texts.map((_, cell) => Buffer.from(hexCellText(hex, cell)).toString())).toEqual(texts)
    }
    const uuids = Array.from({ length: 50 }, () =>
      hexDigits(next, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    )
    const hex = toHexCells(cellsOf(uuids))
    expect(hex).toMatchObject({ layout: 'uuid', width: 16 })
    expect(hex && textsOf(fromHexCells(hex, uuids.length))).toEqual(uuids)
  })

  it.each([
    [[]],
    [['']],
    [['abcdef']],
    [['abcdef012']],
    [['ABCDEF01']],
    [['abcdef01', 'abcdef012']],
    [['abcdef01', 'abcdef0g']],
    [['abcdef01', 'abcdef0é'.slice(0, 8)]],
    [['0'.repeat(66)]],
    [['0'.repeat(36)]],
    [['00000000-0000-0000-0000_000000000000']],
    [['00000000-0000-0000-0000-00000000000G']],
    [['abcdef01', '']],
    [['abcdef01', 'abc\u0000ef01']],
  ])('%j are none', (texts) => {
    expect(toHexCells(cellsOf(texts))).toBeUndefined()
  })
})

describe('a token filter', () => {
  const next = randomIntegers(7)
  const held = Array.from({ length: 20_000 }, () => hexDigits(next, 32))
  const filter = buildTokenFilter(cellsOf(held))
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

  it('knows every value that it holds', () => {
    expect(held.filter((value) => !mayHold(filter, bytes(value)))).toEqual([])
    const texts = fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 })
    fc.assert(
      fc.property(texts, (values) => {
        const { cells } = foldCells(cellsOf(values))
        const small = buildTokenFilter(cells)
        expect(textsOf(cells).every((value) => mayHold(small, bytes(value)))).toBe(true)
      }),
    )
  })

  it('errs in fewer than 3 of 100 values that it does not hold', () => {
    for (const make of [() => hexDigits(next, 32), () => hexDigits(next, 8), () => `req-${next(1e9)}`]) {
      const errors = Array.from({ length: 20_000 }, make).filter((value) => mayHold(filter, bytes(value)))
      expect(errors.length / 20_000).toBeLessThan(0.03)
    }
  })
})

describe('a section', () => {
  it('comes back, packed only where that makes it smaller', () => {
    const random = Uint8Array.from({ length: 500 }, () => 0).map((_, index) => (index * 7919) ^ (index * index))
    for (const bytes of [new Uint8Array(0), Uint8Array.of(1, 2, 3), random, new Uint8Array(300_000)]) {
      const { codec, bytes: stored } = packSection(bytes)
      expect([...unpackSection(codec, stored, bytes.length)]).toEqual([...bytes])
      expect(stored.length).toBeLessThanOrEqual(bytes.length + 4)
    }
    expect(packSection(new Uint8Array(300_000)).codec).toBe(CODEC.zstd)
  })

  it('is refused when it is of another length, cut, or of a codec that is not known', () => {
    const { codec, bytes } = packSection(new Uint8Array(1000))
    expect(() => unpackSection(codec, bytes, 999)).toThrow()
    expect(() => unpackSection(codec, bytes.subarray(0, -1), 1000)).toThrow('damaged')
    expect(() => unpackSection(codec, bytes.subarray(0, 3), 1000)).toThrow('damaged')
    expect(() => unpackSection(codec, new Uint8Array(0), 1000)).toThrow('damaged')
    expect(() => unpackSection(7, bytes, 1000)).toThrow('codec 7')
  })

  it('can be written to without harm to what it was read from', () => {
    const stored = Buffer.from(packSection(Uint8Array.of(1, 2, 3)).bytes)
    unpackSection(CODEC.raw, stored, 3).slice().fill(9)
    expect([...unpackSection(CODEC.raw, stored, 3)]).toEqual([1, 2, 3])
  })
})

describe('a damaged segment', () => {
  const logs = sampleLogs({ count: 300, seed: 3, startMs: Date.UTC(2026, 10, 20) })
  const [{ bytes: segment }] = sealed([read(logs.join('\n'))])
  const intact = everythingIn(segment)

  it('does not fit its hash, and no part of it is read as other rows', () => {
    const next = randomIntegers(11)
    for (let trial = 0; trial < 200; trial++) {
      const damaged = segment.slice()
      const at = next(damaged.length)
      damaged[at] ^= 1 << next(8)
      expect(isIntact(damaged), `byte ${at}`).toBe(false)
      let rows: string[] = []
      try {
        rows = everythingIn(damaged)
      } catch {
        continue
      }
      // Bytes that say nothing about rows: the hash, and what the preamble keeps free.
      expect(rows, `byte ${at}`).toEqual(intact)
    }
  })

  it('is refused when it is cut, empty, or of another version', () => {
    for (const length of [0, 4, 15, 16, 40, segment.length - 40]) {
      expect(isIntact(segment.subarray(0, length))).toBe(false)
      expect(() => everythingIn(segment.subarray(0, length)), `${length}`).toThrow()
    }
    for (const version of [0, 3, 255]) {
      const other = segment.slice()
      other[4] = version
      expect(() => decodeHeader(other)).toThrow('version')
    }
  })

  it('is read from a Buffer at any offset', () => {
    for (let offset = 0; offset < 8; offset++) {
      const whole = Buffer.alloc(segment.length + offset)
      whole.set(segment, offset)
      expect(everythingIn(whole.subarray(offset))).toEqual(intact)
    }
  })
})
