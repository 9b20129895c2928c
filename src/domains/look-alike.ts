/** Scripts in everyday use (UAX 31, table 5). What is outside of them looks like another script more often than not. */
const EVERYDAY_SCRIPTS = [
  'Latin',
  'Arabic',
  'Armenian',
  'Bengali',
  'Cyrillic',
  'Devanagari',
  'Ethiopic',
  'Georgian',
  'Greek',
  'Gujarati',
  'Gurmukhi',
  'Hangul',
  'Hebrew',
  'Kannada',
  'Khmer',
  'Lao',
  'Malayalam',
  'Myanmar',
  'Oriya',
  'Sinhala',
  'Tamil',
  'Telugu',
  'Thaana',
  'Thai',
  'Tibetan',
] as const

/** The scripts that one language writes together, with Latin letters as it borrows them (UTS 39, 5.2). */
const WRITTEN_TOGETHER = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
] as const

/** For each way to write a label in one script, what such a label matches. Digits and marks belong to every script. */
const SINGLE_SCRIPTS: readonly RegExp[] = [...EVERYDAY_SCRIPTS.map((script) => [script]), ...WRITTEN_TOGETHER].map(
  (scripts) => {
    const classes = scripts.map((script) => `\\p{Script_Extensions=${script}}`).join('')
    return new RegExp(`^[${classes}\\p{Script=Common}\\p{Script=Inherited}]*$`, 'u')
  },
)

/**
 * Labels that are of one script and still read as Latin ones, such as Cyrillic `аррӏе`: all of their letters are among
 * those that look like a Latin letter in common typefaces (UTS 39, confusables).
 */
const READS_AS_LATIN: readonly RegExp[] = [/^[асԁеһіјӏорԛѕԝхуьҽпгѵѡ\d-]+$/u, /^[αικνορτυωηγχ\d-]+$/u]

/** Latin letters of phonetic alphabets that look like one of the 26. */
const PHONETIC_LATIN = /[ɑɡɩɪʏʟʀɢʜɴᴀ-ᵥꜰꜱꞁꞎ]/u

/** Top-level domains of these scripts' own: a name in one script throughout deceives nobody. */
const isLatin = (label: string): boolean => /^[\da-z-]+$/.test(label)

/**
 * The label of a name, in Unicode, that could pass for another; undefined where there is none. A label of more than one
 * script is one unless a language is written so, and so are Cyrillic and Greek labels that read as Latin before a Latin
 * top-level domain.
 */
export function findLookAlike(unicodeName: string): string | undefined {
  const labels = unicodeName.split('.')
  const isUnderLatin = isLatin(labels[labels.length - 1])
  return labels.find(
    (label) =>
      !isLatin(label) && (isMixed(label) || PHONETIC_LATIN.test(label) || (isUnderLatin && readsAsLatin(label))),
  )
}

const isMixed = (label: string): boolean => !SINGLE_SCRIPTS.some((script) => script.test(label))

const readsAsLatin = (label: string): boolean => READS_AS_LATIN.some((letters) => letters.test(label))
