import { NUMBER_MARK, WORD_MARK } from '../segments/template-cells'

/**
 * Where a needle can stand in the texts of one template, found without writing them out. `everywhere`: in the template's own
 * words. `nowhere`: in none of its texts. `unknown`: a value that is no number may hold it. Otherwise it stands where the
 * numbers fit one of these.
 */
export type NeedlePlaces = 'everywhere' | 'nowhere' | 'unknown' | readonly Fit[]

/** What the numbers of a text must be for the needle to stand in one place: all of these. */
export type Fit = readonly NumberFit[]

/** What a number must be: these digits, or begin with them, end with them, hold them. */
export interface NumberFit {
  /** The place of the number in the template. */
  readonly place: number
  readonly how: 'is' | 'begins' | 'ends' | 'holds'
  readonly digits: string
}

/** Finds where folded text, not empty, can stand in the texts of a template. */
export function needlePlaces(template: Uint8Array, needle: Uint8Array): NeedlePlaces {
  const pieces = piecesOf(template)
  const text = latin1(needle)
  if (pieces.some((piece) => piece.includes(text))) return 'everywhere'
  if (template.includes(WORD_MARK)) return 'unknown'
  const runs = text.split(DIGITS)
  // A number has a digit and no piece does: text without digits stands in a piece or nowhere.
  if (runs.length === 1) return 'nowhere'
  const fits = pieces.flatMap((_, first) => fitAt(pieces, first, runs, text.match(DIGITS_ALL) ?? []))
  return fits.length === 0 ? 'nowhere' : fits
}

const DIGITS = /[0-9]+/
const DIGITS_ALL = /[0-9]+/g

/** Bytes as characters of one byte each, so that strings can be compared byte by byte. */
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

/** What stands before, between and after the numbers of a template. */
const piecesOf = (template: Uint8Array): string[] => latin1(template).split(MARKS)

const MARKS = new RegExp(`[${String.fromCharCode(NUMBER_MARK, WORD_MARK)}]`)

/** The fit, if there is one, that puts the needle's first number at the number after piece `first`. */
function fitAt(pieces: readonly string[], first: number, runs: readonly string[], digits: readonly string[]): Fit[] {
  const last = digits.length
  if (first + last >= pieces.length) return []
  const stands = runs.every((run, index) => {
    const piece = pieces[first + index]
    if (index === 0) return piece.endsWith(run)
    return index === last ? piece.startsWith(run) : piece === run
  })
  if (!stands) return []
  const fit = digits.map((own, index): NumberFit => {
    const begins = index > 0 || runs[0] !== ''
    const ends = index < last - 1 || runs[last] !== ''
    return { place: first + index, how: howOf(begins, ends), digits: own }
  })
  return fit.every(isPossible) ? [fit] : []
}

function howOf(begins: boolean, ends: boolean): NumberFit['how'] {
  if (begins && ends) return 'is'
  if (begins) return 'begins'
  return ends ? 'ends' : 'holds'
}

/** A number never begins with a zero, unless it is one. */
const isPossible = ({ how, digits }: NumberFit): boolean =>
  how === 'ends' || how === 'holds' || digits === '0' || !digits.startsWith('0')

/** Makes the test of a number that a fit asks for. */
export function numberTest({ how, digits }: NumberFit): (value: number) => boolean {
  const wanted = Number(digits)
  const step = 10 ** digits.length
  switch (how) {
    case 'is':
      return (value) => value === wanted
    case 'begins':
      return (value) => {
        // Only zero begins with a zero.
        if (wanted === 0) return value === 0
        let scale = 1
        while (value >= (wanted + 1) * scale) scale *= 10
        return value >= wanted * scale
      }
    case 'ends':
      return (value) => value % step === wanted && (value >= step / 10 || digits.length === 1)
    case 'holds':
      return (value) => String(value).includes(digits)
  }
}
