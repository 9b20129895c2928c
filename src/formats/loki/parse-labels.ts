import { RECORD_BYTES_MAX } from '../../limits/limits'

/** Names and values of a stream, in their order. */
export type Labels = readonly (readonly [name: string, value: string])[]

/**
 * Reads the labels of a stream as PromQL writes them: `{job="api", path="C:\\logs"}`, values quoted as in Go or in back-quotes.
 * Clients that do not escape what they quote are understood all the same: then a value ends at a quote before a comma or the
 * end. Undefined for what are no labels.
 */
export function parseLabels(text: string): Labels | undefined {
  // They stand in each record. A value of many megabytes is also more than a regular expression can go back over.
  if (text.length > 2 * RECORD_BYTES_MAX) return undefined
  const trimmed = text.trim()
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}')) return undefined
  const inner = trimmed.slice(1, -1)
  return readLabels(inner, readQuoted) ?? readLabels(inner, readCareless)
}

const NAME = /\s*([\p{L}_.:/-][\p{L}\p{N}_.:/-]*)\s*=\s*/uy
const SEPARATOR = /\s*(?:,\s*|$)/y

/** Reads a value at a place; answers it and where it ends. */
type ReadLabelValue = (text: string, from: number) => { readonly value: string; readonly end: number } | undefined

function readLabels(text: string, readValue: ReadLabelValue): Labels | undefined {
  const labels: (readonly [string, string])[] = []
  let at = text.length - text.trimStart().length
  while (at < text.length) {
    NAME.lastIndex = at
    const name = NAME.exec(text)?.[1]
    const value = name === undefined ? undefined : readValue(text, NAME.lastIndex)
    if (name === undefined || value === undefined) return undefined
    SEPARATOR.lastIndex = value.end
    if (!SEPARATOR.test(text)) return undefined
    labels.push([name, value.value])
    at = SEPARATOR.lastIndex
  }
  return labels
}

const DOUBLE_QUOTED = /"((?:[^"\\\n]|\\.)*)"/y
const BACK_QUOTED = /`([^`]*)`/y

const readQuoted: ReadLabelValue = (text, from) => {
  const quoted = text[from] === '`' ? BACK_QUOTED : DOUBLE_QUOTED
  quoted.lastIndex = from
  const inner = quoted.exec(text)?.[1]
  if (inner === undefined) return undefined
  const value = quoted === BACK_QUOTED ? inner : unescapeGo(inner)
  return value === undefined ? undefined : { value, end: quoted.lastIndex }
}

const CARELESS = /"(.*?)"(?=\s*(?:,\s*[\p{L}_.:/-][\p{L}\p{N}_.:/-]*\s*=\s*["`]|$))/suy

const readCareless: ReadLabelValue = (text, from) => {
  if (text[from] === '`') return readQuoted(text, from)
  CARELESS.lastIndex = from
  const value = CARELESS.exec(text)?.[1]
  return value === undefined ? undefined : { value, end: CARELESS.lastIndex }
}

const GO_ESCAPE = /\\(?:([abfnrtv\\'"])|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|.)/gs

const SIMPLE: Readonly<Record<string, string>> = {
  ...{ a: '\u0007', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', "'": "'", '"': '"' },
}

/** What a string of Go's means (strconv.Unquote); undefined for an escape that there is not. */
function unescapeGo(text: string): string | undefined {
  if (!text.includes('\\')) return text
  let isGood = true
  const meant = text.replace(GO_ESCAPE, (_whole, simple, hex, short, long, octal) => {
    if (simple !== undefined) return SIMPLE[simple] ?? refuse()
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8))
    const point = Number.parseInt(short ?? long ?? '110000', 16)
    return point <= 0x10ffff ? String.fromCodePoint(point) : refuse()
  })
  return isGood ? meant : undefined

  function refuse(): string {
    isGood = false
    return ''
  }
}
