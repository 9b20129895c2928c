import { type Member, textMember, toObjectJson } from '../json-members'

/** The structured data at the beginning of a text: as JSON, and where it ends. */
export interface StructuredData {
  readonly json: string
  readonly end: number
}

const ELEMENT_NAME = /\[([^\s="\]]{1,128})/y
const PARAMETER = / ([^\s="\]]{1,128})="((?:[^"\\\]]|\\.)*)"/sy

/**
 * Reads `-` or `[id name="value" …][…]` (RFC 5424, 6.3). Elements and parameters of the same name all stay. Undefined where the
 * text does not begin with structured data: some senders leave it out.
 */
export function readStructuredData(text: string): StructuredData | undefined {
  if (text === '-' || text.startsWith('- ')) return { json: '{}', end: 1 }
  const elements: Member[] = []
  let at = 0
  while (text[at] === '[') {
    const element = readElement(text, at)
    if (element === undefined) return undefined
    elements.push(element.member)
    at = element.end
  }
  if (elements.length === 0 || (at < text.length && text[at] !== ' ')) return undefined
  return { json: toObjectJson(elements), end: at }
}

function readElement(text: string, from: number): { readonly member: Member; readonly end: number } | undefined {
  ELEMENT_NAME.lastIndex = from
  const name = ELEMENT_NAME.exec(text)?.[1]
  if (name === undefined) return undefined
  const parameters: Member[] = []
  let at = from + 1 + name.length
  for (;;) {
    PARAMETER.lastIndex = at
    const match = PARAMETER.exec(text)
    if (!match) break
    parameters.push(textMember(match[1], match[2].replace(/\\(["\\\]])/g, '$1')))
    at += match[0].length
  }
  return text[at] === ']' ? { member: [name, toObjectJson(parameters)], end: at + 1 } : undefined
}
