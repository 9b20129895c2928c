import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plainText, toSpans } from '../../web/src/text/spans'

describe('the text of a log', () => {
  it('keeps colours of terminals as names of classes, and nothing else of their sequences', () => {
    expect(toSpans('a \u001b[1;31mred\u001b[0m b\u001b[2K')).toEqual([
      { text: 'a ', look: '' },
      { text: 'red', look: 'ansi-bold ansi-red' },
      { text: ' b', look: '' },
    ])
  })

  it('takes out links of terminals, titles and everything else that an escape begins', () => {
    expect(plainText('x\u001b]8;;javascript:alert(1)\u0007click\u001b]8;;\u0007y\u001b]0;title\u001b\\z')).toBe(
      'xclickyz',
    )
  })

  it('shows what would be invisible or turn the text around', () => {
    expect(plainText('a\u202eb\u200bc\u0000d\u0085e')).toBe('a‹U+202E›b‹U+200B›c␀d‹U+0085›e')
  })

  it.each(['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'https://user:secret@example.com/'])(
    'is no link: %s',
    (text) => {
      expect(toSpans(text).some(({ href }) => href !== undefined)).toBe(false)
    },
  )

  it('links addresses of the web, without the full stop behind them', () => {
    expect(toSpans('see https://example.com/a?b=1.')).toEqual([
      { text: 'see ', look: '' },
      { text: 'https://example.com/a?b=1', look: '', href: 'https://example.com/a?b=1' },
      { text: '.', look: '' },
    ])
  })

  it('loses no character that can be seen, and lets none through that cannot', () => {
    void fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        const shown = plainText(text)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
        expect(shown).not.toMatch(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/)
        const letters = (of: string): string => of.replace(/[^\p{L}\p{N}]/gu, '')
        if (!text.includes('\u001b')) expect(letters(shown).length).toBeGreaterThanOrEqual(letters(text).length)
      }),
    )
  })
})
