import { type Member, optionalMember, textMember, toObjectJson } from '../json-members'

/** An event in ArcSight's Common Event Format. */
export interface CefEvent {
  readonly json: string
  /** What its severity is as a level word. */
  readonly level: string
}

const HEADER = [
  'version',
  'device_vendor',
  'device_product',
  'device_version',
  'signature_id',
  'name',
  'severity',
] as const

/** Keys of the extension follow the beginning or a space, and `\=` is a character of a value. */
const KEY = /(?:^|\s)([\w.-]{1,64}(?:\[\d{1,4}\])?)(?<!\\)=/g

/**
 * Reads `CEF:0|vendor|product|version|id|name|severity|key=value …`. Values of the extension hold spaces and end where the
 * next key begins. Undefined where the message is something else.
 */
export function parseCef(message: string): CefEvent | undefined {
  const start = /^CEF:\s?(?=\d{1,2}(?:\.\d{1,2})?\|)/.exec(message)
  if (!start) return undefined
  const { cells, rest } = splitHeader(message.slice(start[0].length))
  if (cells.length < HEADER.length) return undefined
  const members = HEADER.flatMap((name, index) => optionalMember(name, cells[index]))
  return {
    json: toObjectJson([...members, ['extension', toObjectJson(extensionMembers(rest))]]),
    level: levelOf(cells[HEADER.length - 1]),
  }
}

function splitHeader(text: string): { readonly cells: readonly string[]; readonly rest: string } {
  const cells: string[] = []
  let cell = ''
  for (let index = 0; index < text.length; index++) {
    const character = text[index]
    if (character === '\\' && (text[index + 1] === '|' || text[index + 1] === '\\')) cell += text[++index]
    else if (character !== '|') cell += character
    else {
      cells.push(cell)
      cell = ''
      if (cells.length === HEADER.length) return { cells, rest: text.slice(index + 1) }
    }
  }
  return { cells: [...cells, cell], rest: '' }
}

function extensionMembers(text: string): Member[] {
  const keys = [...text.matchAll(KEY)]
  return keys.map((match, index) => {
    const from = match.index + match[0].length
    const value = text.slice(from, keys[index + 1]?.index ?? text.length)
    return textMember(match[1], unescapeValue(value.trim()))
  })
}

const unescapeValue = (value: string): string =>
  value.replace(/\\([=\\nr])/g, (_, character: string) => ESCAPES[character] ?? character)

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r' }

/** 0–3 low, 4–6 medium, 7–8 high, 9–10 very high. */
function levelOf(severity: string): string {
  const word = severity.trim().toLowerCase()
  const number = /^\d{1,2}$/.test(word) ? Number(word) : (WORDS[word] ?? 0)
  if (number >= 9) return 'fatal'
  if (number >= 7) return 'error'
  return number >= 4 ? 'warn' : 'info'
}

const WORDS: Readonly<Record<string, number>> = { low: 2, medium: 5, high: 7, 'very-high': 9 }
