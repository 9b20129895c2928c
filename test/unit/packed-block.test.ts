import { describe, expect, it } from 'vitest'
import { packBlock, unpackBlock, unpackedLength } from '../../src/blocks/packed-block'

const text = (length: number): Uint8Array =>
  new TextEncoder().encode('a log that repeats itself '.repeat(length).slice(0, length))

describe('a packed block', () => {
  it('is a third or less of what repeats, and comes back as it was', () => {
    const block = text(100_000)
    const packed = packBlock(block)
    expect(packed.length).toBeLessThan(block.length / 3)
    expect(unpackedLength(packed)).toBe(block.length)
    expect(unpackBlock(packed)).toEqual(block)
  })

  it('is the block itself where packing is not worth it', () => {
    const random = new Uint8Array(70_000)
    crypto.getRandomValues(random.subarray(0, 65_000))
    crypto.getRandomValues(random.subarray(65_000))
    for (const block of [text(100), random, new Uint8Array(0)]) {
      expect(packBlock(block)).toBe(block)
      expect(unpackBlock(block)).toBe(block)
    }
  })

  it('is an error, not another block, when it is damaged', () => {
    const packed = packBlock(text(90_000))
    expect(() => unpackBlock(packed.slice(0, packed.length - 5))).toThrow()
    const longer = packed.slice()
    new DataView(longer.buffer).setUint32(4, 60_000, true)
    expect(() => unpackBlock(longer)).toThrow(/instead of/)
  })
})
