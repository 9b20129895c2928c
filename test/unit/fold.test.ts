import { describe, expect, it } from 'vitest'
import { caseFolds, caseVariants, foldAscii, foldCodePoint, foldText } from '../../src/records/fold'

const CODE_POINTS = Array.from({ length: 0x110000 }, (_, codePoint) => codePoint)

const hasCase = (text: string): boolean => text.toLowerCase() !== text || text.toUpperCase() !== text

describe('foldCodePoint', () => {
  it('changes nothing the second time, for any code point', () => {
    const changed = CODE_POINTS.filter((codePoint) => {
      const folded = foldCodePoint(codePoint)
      return foldCodePoint(folded) !== folded
    })
    expect(changed).toEqual([])
  })

  it('tells no two apart that RegExp, which folds simply too, takes for the same', () => {
    const text = CODE_POINTS.map((codePoint) => String.fromCodePoint(codePoint))
      .filter(hasCase)
      .join('')
    const toldApart = [...text].filter((character) => {
      const same = text.match(new RegExp(`\\u{${character.codePointAt(0)?.toString(16)}}`, 'giu')) ?? []
      return new Set(same.map(foldText)).size !== 1
    })
    expect(toldApart).toEqual([])
  })

  it('joins no two that RegExp tells apart', () => {
    const joined = [...caseFolds()].filter(([codePoint, folded]) => {
      const expression = new RegExp(`^\\u{${codePoint.toString(16)}}$`, 'iu')
      return !expression.test(String.fromCodePoint(folded))
    })
    expect(joined).toEqual([])
  })

  it.each([
    ['K', 'k'],
    ['\u212a', 'k'],
    ['ſ', 's'],
    ['ς', 'σ'],
    ['Σ', 'σ'],
    ['İ', 'İ'],
    ['ı', 'ı'],
    ['ẞ', 'ß'],
    ['ß', 'ß'],
    ['Я', 'я'],
    ['\u01c5', '\u01c6'],
    ['\ufb05', '\ufb06'],
    ['\uab70', '\u13a0'],
    ['𐐀', '𐐨'],
    ['日', '日'],
  ])('folds %s to %s', (from, to) => {
    expect(foldText(from)).toBe(to)
  })
})

it('lists each fold with all that share it', () => {
  expect(caseVariants().get(0x6b)?.toSorted()).toEqual([0x212a, 0x4b, 0x6b].toSorted())
  for (const [folded, variants] of caseVariants()) {
    expect(variants.map(foldCodePoint)).toEqual(variants.map(() => folded))
  }
})

it('folds text character by character', () => {
  expect(foldText('GET /Ünïcode ΣΑΣ 😀 İ')).toBe('get /ünïcode σασ 😀 İ')
  expect(foldText('Plain ASCII [Z]')).toBe('plain ascii [z]')
})

it('folds bytes of ASCII and leaves all others', () => {
  const bytes = new TextEncoder().encode('@AZ[`az{ É日')
  expect(new TextDecoder().decode(foldAscii(bytes))).toBe('@az[`az{ É日')
})
