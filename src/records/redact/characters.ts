/** Sets of characters as bits, so that one table answers for all of them. */
export const DIGIT = 1 << 0
export const LOWER = 1 << 1
export const UPPER = 1 << 2
export const HEX = 1 << 3
export const WORD = 1 << 4
export const BASE64 = 1 << 5
export const BASE64_URL = 1 << 6
export const KEY_NAME = 1 << 7
export const CREDENTIAL = 1 << 8
export const BLANK = 1 << 9
/** An unquoted value after a name: it ends where `key=value` texts usually end. */
export const VALUE = 1 << 10
/** What may stand between `://` and the path of a URL. */
export const AUTHORITY = 1 << 11
/** The rest of a line. */
export const LINE = 1 << 12
/** The inside of a PEM block, its line breaks also as escapes. */
export const PEM = 1 << 13
export const DOTTED = 1 << 14
export const COOKIE = 1 << 15
export const ALNUM = DIGIT | LOWER | UPPER

/** Classes that hold every character outside ASCII. */
const WIDE = VALUE | AUTHORITY | LINE | COOKIE

const MEMBERS: readonly (readonly [mask: number, characters: string])[] = [
  [HEX, 'abcdefABCDEF'],
  [WORD, '_'],
  [BASE64, '+/='],
  [BASE64_URL, '-_'],
  [KEY_NAME, '-_.'],
  [CREDENTIAL, '-._~+/='],
  [DOTTED, '-_.~'],
  [BLANK, ' \t'],
  [PEM, '+/= \t\r\n\\:,.-%'],
]

const EXCLUDED: readonly (readonly [mask: number, characters: string])[] = [
  [VALUE, ' \t\r\n\x1b"\'`,;&<>(){}[]|\\'],
  [AUTHORITY, ' \t\r\n\x1b"\'`/?#<>\\'],
  [LINE, '\r\n'],
  [COOKIE, ' \t\r\n\x1b"\'`<>\\'],
]

const IN_EVERY_SET = HEX | WORD | BASE64 | BASE64_URL | KEY_NAME | CREDENTIAL | DOTTED | PEM

const CLASSES = Uint32Array.from({ length: 128 }, (_, code) => classesOf(String.fromCharCode(code)))

function classesOf(character: string): number {
  let mask = 0
  if (/[0-9]/.test(character)) mask |= DIGIT | IN_EVERY_SET
  if (/[a-z]/.test(character)) mask |= LOWER | (IN_EVERY_SET & ~HEX)
  if (/[A-Z]/.test(character)) mask |= UPPER | (IN_EVERY_SET & ~HEX)
  for (const [member, characters] of MEMBERS) if (characters.includes(character)) mask |= member
  for (const [member, characters] of EXCLUDED) if (!characters.includes(character)) mask |= member
  return mask
}

/** Whether the UTF-16 unit belongs to one of the classes in the mask. NaN, as charCodeAt gives past the end, does not. */
export function isIn(mask: number, code: number): boolean {
  if (code < 128) return (CLASSES[code] & mask) !== 0
  return code >= 128 && (mask & WIDE) !== 0
}

/** How many characters of the class stand between the two places. */
export function countOf(text: string, mask: number, from: number, to: number): number {
  let count = 0
  for (let at = from; at < to; at++) if (isIn(mask, text.charCodeAt(at))) count++
  return count
}

/** Whether the text has letters of both cases and digits, as random keys have and words and hashes do not. */
export const isMixed = (text: string): boolean =>
  [DIGIT, LOWER, UPPER].every((mask) => countOf(text, mask, 0, text.length) > 0)

/**
 * Whether a token may begin here: not in the middle of a word, but after an escape that ends in a word character,
 * as in `\nghp_` and `%3Dghp_`.
 */
export function beginsToken(text: string, at: number): boolean {
  if (!isIn(WORD, text.charCodeAt(at - 1))) return true
  if (text.charAt(at - 2) === '\\') return 'nrt'.includes(text.charAt(at - 1))
  return text.charAt(at - 3) === '%' && countOf(text, HEX, at - 2, at) === 2
}
