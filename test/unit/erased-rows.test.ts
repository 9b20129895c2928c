import { expect, it } from 'vitest'
import { decodeErased, encodeErased, eraseAlso } from '../../src/segments/erased-rows'

it('keeps which rows were erased, whatever their number', () => {
  for (const rows of [1, 7, 8, 9, 1000, 32_768]) {
    const erased = Uint8Array.from({ length: rows }, (_, row) => (row % 7 === 3 || row === rows - 1 ? 1 : 0))
    expect(decodeErased(encodeErased(erased), rows)).toEqual(erased)
  }
})

it('adds to what was erased before, and leaves out rows that there are not', () => {
  expect(eraseAlso(Uint8Array.of(0, 1, 0, 0), [3, 4, -1, 3])).toEqual(Uint8Array.of(0, 1, 0, 1))
})

it('does not bring rows back because their mask is damaged', () => {
  const text = encodeErased(new Uint8Array(1000).fill(1))
  expect(() => decodeErased(`${text.slice(0, -4)}AAAA`, 1000)).toThrow()
  expect(() => decodeErased(text, 2000)).toThrow()
})
