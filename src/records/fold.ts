/** Blocks that hold letters with case. A test looks for letters with case outside them. */
const CASED_BLOCKS = [
  [0x41, 0x58f],
  [0x10a0, 0x10ff],
  [0x13a0, 0x13ff],
  [0x1c80, 0x1fff],
  [0x2100, 0x218f],
  [0x24b0, 0x24ef],
  [0x2c00, 0x2d2f],
  [0xa640, 0xa7ff],
  [0xab50, 0xabbf],
  [0xfb00, 0xfb17],
  [0xff21, 0xff5a],
  [0x10400, 0x105ff],
  [0x10c80, 0x10dff],
  [0x118a0, 0x118df],
  [0x16e40, 0x16eff],
  [0x1e900, 0x1e943],
] as const

/** What upper and lower case do not tell: ı folds only in Turkish, the others have capitals of several letters. */
const FOLD_EXCEPTIONS: ReadonlyMap<number, number> = new Map([
  [0x131, 0x131],
  [0x1fd3, 0x390],
  [0x1fe3, 0x3b0],
  [0xfb05, 0xfb06],
])

const ASCII_END = 0x80

/**
 * Simple case folding (Unicode `CaseFolding`, C and S): one code point to one. `K` (Kelvin) gives `k`, `ſ` gives `s`
 * and `ς` gives `σ`; `İ` and `ı` stay, as outside Turkish. Folding twice is folding once.
 */
export function foldCodePoint(codePoint: number): number {
  if (codePoint < ASCII_END) return isAsciiUpper(codePoint) ? codePoint + 32 : codePoint
  return caseFolds().get(codePoint) ?? codePoint
}

/** `foldCodePoint` over a text. As many code points come out as go in, though not always as many bytes. */
export function foldText(text: string): string {
  if (isAsciiText(text)) return text.toLowerCase()
  let folded = ''
  for (let index = 0; index < text.length; ) {
    const codePoint = text.codePointAt(index) ?? 0
    folded += String.fromCodePoint(foldCodePoint(codePoint))
    index += codePoint > 0xffff ? 2 : 1
  }
  return folded
}

/** A copy in which the bytes A-Z are a-z. Every other byte stays, so that UTF-8 stays UTF-8 of the same length. */
export function foldAscii(bytes: Uint8Array): Uint8Array {
  const folded = new Uint8Array(bytes.length)
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]
    folded[index] = isAsciiUpper(byte) ? byte + 32 : byte
  }
  return folded
}

/** Every code point that folding changes, with what it becomes. Built on first use, for a cold start that needs none. */
export const caseFolds = once(buildCaseFolds)

/** The code points that share a fold, by that fold, for every fold that more than one code point has. */
export const caseVariants = once(buildCaseVariants)

function buildCaseFolds(): ReadonlyMap<number, number> {
  const folds = new Map<number, number>()
  for (const [first, last] of CASED_BLOCKS) {
    for (let codePoint = first; codePoint <= last; codePoint++) {
      const folded = deriveFold(codePoint)
      if (folded !== codePoint) folds.set(codePoint, folded)
    }
  }
  return folds
}

function buildCaseVariants(): ReadonlyMap<number, readonly number[]> {
  const variants = new Map<number, number[]>()
  for (const [codePoint, folded] of caseFolds()) {
    const known = variants.get(folded)
    if (known) known.push(codePoint)
    else variants.set(folded, [folded, codePoint])
  }
  return variants
}

function deriveFold(codePoint: number): number {
  const exception = FOLD_EXCEPTIONS.get(codePoint)
  if (exception !== undefined) return exception
  const upper = onlyCodePoint(String.fromCodePoint(codePoint).toUpperCase()) ?? codePoint
  if (isCherokeeCapital(upper)) return upper
  return onlyCodePoint(String.fromCodePoint(upper).toLowerCase()) ?? upper
}

/** Cherokee got its small letters late, so Unicode folds it to the capitals that older texts have. */
const isCherokeeCapital = (codePoint: number): boolean => codePoint >= 0x13a0 && codePoint <= 0x13f5

function onlyCodePoint(text: string): number | undefined {
  const codePoint = text.codePointAt(0)
  if (codePoint === undefined) return undefined
  return text.length === (codePoint > 0xffff ? 2 : 1) ? codePoint : undefined
}

const isAsciiUpper = (code: number): boolean => code >= 0x41 && code <= 0x5a

function isAsciiText(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) >= ASCII_END) return false
  }
  return true
}

function once<T>(build: () => T): () => T {
  let built: T | undefined
  return () => {
    built ??= build()
    return built
  }
}
