/** A piece of a message with how it is to look. */
export interface TextSpan {
  readonly text: string
  /** Names of classes, separated by spaces; empty for plain text. */
  readonly look: string
  /** Where it leads, when it is a link that may be followed. */
  readonly href?: string
}

const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const

/** Select Graphic Rendition (ECMA-48, 8.3.117), other control sequences, operating system commands, lone escapes. */
const ESCAPE =
  /\x1b\[([0-9;:]*)m|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[PX^_][^\x1b]*(?:\x1b\\)?|\x1b./g

/** Characters that would change how others are shown, or are not shown at all (Unicode, general category Cf and Cc). */
const HIDDEN =
  /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g

const LINK = /\bhttps?:\/\/[^\s<>"'`{}|\\^\u0000-\u0020\u007f-\u00a0]{3,2000}/g

/**
 * A log's text as spans. Colours of terminals become classes, every other sequence is taken out, and what would be invisible or
 * turn the text around is shown by its name. Everything ends up in text nodes.
 */
export function toSpans(message: string): readonly TextSpan[] {
  const spans: TextSpan[] = []
  let at = 0
  let look = ''
  if (message.includes('\x1b')) {
    for (const found of message.matchAll(ESCAPE)) {
      addText(spans, message.slice(at, found.index), look)
      at = found.index + found[0].length
      if (found[1] !== undefined) look = lookAfter(look, found[1])
    }
  }
  addText(spans, message.slice(at), look)
  return spans
}

/** The same text without colours: for titles and copies. */
export const plainText = (message: string): string =>
  toSpans(message)
    .map(({ text }) => text)
    .join('')

function addText(spans: TextSpan[], text: string, look: string): void {
  if (text === '') return
  let at = 0
  for (const found of text.matchAll(LINK)) {
    const href = safeLink(found[0].replace(/[.,;:!?)\]]+$/, ''))
    if (href === undefined) continue
    const shown = found[0].slice(0, href.shown)
    if (found.index > at) spans.push({ text: visible(text.slice(at, found.index)), look })
    spans.push({ text: visible(shown), look, href: href.url })
    at = found.index + shown.length
  }
  if (at < text.length) spans.push({ text: visible(text.slice(at)), look })
}

/** Only addresses of the web, without a name and password in them. */
function safeLink(text: string): { readonly url: string; readonly shown: number } | undefined {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined
  if (url.username !== '' || url.password !== '') return undefined
  return { url: url.href, shown: text.length }
}

/** Hidden characters by their code: `‹U+202E›`; control characters by their picture. */
const visible = (text: string): string =>
  text.replace(HIDDEN, (character) => {
    const code = character.charCodeAt(0)
    if (code < 0x20) return String.fromCharCode(0x2400 + code)
    return code === 0x7f ? '␡' : `‹U+${code.toString(16).toUpperCase().padStart(4, '0')}›`
  })

function lookAfter(before: string, parameters: string): string {
  const looks = new Set(before === '' ? [] : before.split(' '))
  const codes = parameters === '' ? [0] : parameters.split(/[;:]/).map(Number)
  for (let index = 0; index < codes.length; index++) {
    const code = codes[index]
    // Colours out of 256 or 16 million are shown as plain text: the page has its own.
    if (code === 38 || code === 48) index += codes[index + 1] === 5 ? 2 : 4
    else applyCode(looks, code)
  }
  return [...looks].join(' ')
}

function applyCode(looks: Set<string>, code: number): void {
  if (code === 0) looks.clear()
  else if (code === 1) looks.add('ansi-bold')
  else if (code === 3) looks.add('ansi-italic')
  else if (code === 4) looks.add('ansi-underline')
  else if (code === 22) looks.delete('ansi-bold')
  else if (code === 23) looks.delete('ansi-italic')
  else if (code === 24) looks.delete('ansi-underline')
  else if (code === 39) dropColour(looks)
  else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) {
    dropColour(looks)
    looks.add(`ansi-${COLOURS[code % 10]}`)
  }
}

function dropColour(looks: Set<string>): void {
  for (const colour of COLOURS) looks.delete(`ansi-${colour}`)
}
