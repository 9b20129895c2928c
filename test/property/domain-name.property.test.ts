import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseDomainName } from '../../src/domains/domain-name'
import { toHostName } from '../../src/domains/host-name'

const OURS: ReadonlySet<string> = new Set(['logs.sluice.example'])

const label = fc.oneof(
  fc.stringMatching(/^[a-z0-9]([a-z0-9]{0,12}[a-z0-9])?$/),
  fc.stringMatching(/^[a-zßäöüéñç]{2,12}$/),
  fc.stringMatching(/^[бвгджзилмнптфцчшщэюя]{2,10}$/),
  fc.stringMatching(/^[日本語漢字かなカナ]{1,8}$/),
)
const name = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 4 }), fc.constantFrom('com', 'de', 'example', 'co.jp', 'localhost'))
  .map(([labels, top]) => [...labels, top].join('.'))

/** Ways to write the same name. */
const SPELLINGS: readonly ((text: string) => string)[] = [
  // ß and SS are not the same name, so what has no upper case of its own length keeps its own.
  (text) => Array.from(text, (character) => (character === 'ß' ? character : character.toUpperCase())).join(''),
  (text) => text.normalize('NFD'),
  (text) => text.replaceAll('.', '。'),
  (text) => text.replace(/[a-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0)),
  (text) => Array.from(text).join('\u00ad'),
  (text) => new URL(`http://${text}`).hostname,
]
const ENDINGS = ['', '.', ':443', '.:8080', '。', ':']

it('any spelling of a domain is one and the same, and that one is itself', () => {
  fc.assert(
    fc.property(
      name,
      fc.array(fc.nat(SPELLINGS.length - 1), { maxLength: 3 }),
      fc.constantFrom(...ENDINGS),
      (text, ways, ending) => {
        const plain = parseDomainName(text, OURS)
        const spelled = parseDomainName(ways.reduce((now, way) => SPELLINGS[way](now), text) + ending, OURS)
        expect(spelled).toEqual(plain)
        if (!plain.ok) return
        expect(parseDomainName(plain.domain.name, OURS)).toEqual(plain)
        expect(parseDomainName(plain.domain.unicodeName, OURS)).toEqual(plain)
        expect(toHostName(plain.domain.name)).toBe(plain.domain.name)
      },
    ),
    { numRuns: 2000 },
  )
})

it('whatever text is asked for, the answer is a host in its one spelling, or a refusal', () => {
  const anything = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ maxLength: 300 }), fc.webUrl())
  fc.assert(
    fc.property(anything, (text) => {
      const parsed = parseDomainName(text, OURS)
      if (!parsed.ok) return
      expect(parsed.domain.name).toMatch(
        /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/,
      )
      expect(parseDomainName(parsed.domain.name, OURS)).toEqual(parsed)
    }),
    { numRuns: 5000 },
  )
})

it('a label with a letter of another script among its Latin ones is refused, wherever it stands', () => {
  const stranger = fc.constantFrom(...'аеорсухіԁѕΑΒοινρτбяω')
  const latin = fc.stringMatching(/^[a-z]{1,8}$/)
  fc.assert(
    fc.property(latin, stranger, latin, fc.constantFrom('com', 'рф', 'gr', 'co.uk'), (before, letter, after, top) => {
      const parsed = parseDomainName(`www.${before}${letter}${after}.${top}`, OURS)
      expect(parsed).toMatchObject({ ok: false, fault: 'look_alike' })
    }),
  )
})
