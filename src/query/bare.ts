/** What a backslash takes the meaning from in text outside quotes. Before anything else it is a backslash, as in `C:\Users`. */
const ESCAPE = /\\([\s\S])/g
const ESCAPABLE = new Set(' ()|:"\'`*?\\,#{~-!+=<>[')

/** How far the token at `at` reaches: up to white space, a parenthesis, a pipe or one of `stops`. */
export function bareEnd(text: string, at: number, stops = ''): number {
  let end = at
  while (end < text.length && !/[\s()|]/.test(text[end]) && !stops.includes(text[end])) {
    end += isEscape(text, end) ? 2 : 1
  }
  return end
}

/** Like `bareEnd` for a pattern, whose backslashes all belong to the pattern. */
export function bareRegexEnd(text: string, at: number): number {
  let end = at
  while (end < text.length && !/[\s()|]/.test(text[end])) {
    end += text[end] === '\\' ? 2 : 1
  }
  return Math.min(end, text.length)
}

/** The text that a token stands for. */
export const unescapeBare = (raw: string): string =>
  raw.replace(ESCAPE, (pair: string, next: string) => (ESCAPABLE.has(next) ? next : pair))

/** Says whether a token has a `*` or `?` that is not escaped. */
export const hasWildcard = (raw: string): boolean => /[*?]/.test(raw.replace(ESCAPE, ''))

/** A token as a glob in which every backslash escapes what follows it, and only `* ? \` are ever escaped. */
export function toGlob(raw: string): string {
  return raw.replace(/\\([\s\S]?)/g, (_: string, next: string) => {
    if ('*?\\'.includes(next) && next !== '') return `\\${next}`
    return ESCAPABLE.has(next) ? next : `\\\\${next}`
  })
}

/** The reverse of `unescapeBare`. `special` is what else must lose its meaning where the text will stand. */
export const escapeBare = (text: string, special = ''): string =>
  Array.from(text, (character) => (` ()|*?\\${special}`.includes(character) ? `\\${character}` : character)).join('')

/** The reverse of `toGlob`. */
export const escapeGlob = (glob: string, special = ''): string =>
  glob.replace(/\\[\s\S]|[^*?\\]/g, (part) => (part.length > 1 ? part : escapeBare(part, special)))

const isEscape = (text: string, at: number): boolean => text[at] === '\\' && ESCAPABLE.has(text[at + 1])
