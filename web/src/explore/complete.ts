import { quoteValue } from './edit-query'

/** Something that may be typed next. */
export interface Suggestion {
  readonly label: string
  /** What stands behind it: a count, or what kind of thing it is. */
  readonly note: string
  /** Replaces the characters [from, to) of the query. */
  readonly insert: string
  readonly from: number
  readonly to: number
}

/** What is known of a tenant's records. */
export interface Knowledge {
  readonly fields: readonly { readonly name: string; readonly note: string }[]
  /** The most frequent values of a field, once they have been asked for. */
  readonly valuesOf: (field: string) => readonly { readonly value: string; readonly count: number }[] | undefined
  readonly recent: readonly string[]
}

const SUGGESTIONS_MAX = 12

/** The word in which the caret stands. */
export function wordAt(
  query: string,
  caret: number,
): { readonly from: number; readonly to: number; readonly text: string } {
  let from = caret
  while (from > 0 && !/[\s(|]/.test(query[from - 1])) from--
  let to = caret
  while (to < query.length && !/[\s)|]/.test(query[to])) to++
  return { from, to, text: query.slice(from, caret) }
}

/** The field whose value is being typed, so that its values can be asked for. */
export function fieldAt(query: string, caret: number): string | undefined {
  const { text } = wordAt(query, caret)
  return /^-?([^\s:="]+)[:=]/.exec(text)?.[1]
}

/** What may come next at the caret: recent searches in an empty box, values behind a colon, else fields. */
export function suggest(query: string, caret: number, known: Knowledge): readonly Suggestion[] {
  if (query.trim() === '') return recentOf(known)
  const { from, to, text } = wordAt(query, caret)
  const field = fieldAt(query, caret)
  if (field !== undefined) return valuesOf(field, text, { from, to }, known)
  const isNegated = text.startsWith('-')
  const typed = (isNegated ? text.slice(1) : text).toLowerCase()
  if (typed === '' || typed.startsWith('"')) return []
  const start = known.fields.filter(({ name }) => name.toLowerCase().startsWith(typed))
  const inside = known.fields.filter(({ name }) => name.toLowerCase().indexOf(typed) > 0)
  return [...start, ...inside].slice(0, SUGGESTIONS_MAX).map(({ name, note }) => ({
    ...{ label: `${name}:`, note, from, to },
    insert: `${isNegated ? '-' : ''}${name}:`,
  }))
}

const recentOf = ({ recent }: Knowledge): Suggestion[] =>
  recent.slice(0, SUGGESTIONS_MAX).map((query) => ({ label: query, note: 'recent', insert: query, from: 0, to: 0 }))

function valuesOf(
  field: string,
  text: string,
  place: { readonly from: number; readonly to: number },
  known: Knowledge,
): Suggestion[] {
  const head = text.slice(0, text.search(/[:=]/) + 1)
  const typed = text.slice(head.length).replace(/^"/, '').toLowerCase()
  const values = known.valuesOf(field) ?? []
  return values
    .filter(({ value }) => value.toLowerCase().includes(typed))
    .slice(0, SUGGESTIONS_MAX)
    .map(({ value, count }) => ({
      ...{ label: value, note: count.toLocaleString('en'), ...place },
      insert: `${head}${quoteValue(value)} `,
    }))
}

/** What a text that was pasted into an empty box asks for: a line of JSON for its telling members, an id for itself. */
export function queryOfPaste(text: string): string | undefined {
  const trimmed = text.trim()
  if (trimmed.startsWith('{')) return queryOfJson(trimmed)
  if (/^[0-9a-f]{32}$/i.test(trimmed)) return `trace_id:${trimmed.toLowerCase()}`
  const frame = /^at\s+(.+?)\s+\(?.*:\d+:\d+\)?$/.exec(trimmed)
  if (frame) return `"${frame[1].replace(/[\\"]/g, '\\$&')}"`
  return trimmed.includes('\n') ? `"${trimmed.split('\n')[0].trim().replace(/[\\"]/g, '\\$&')}"` : undefined
}

const TELLING = ['trace_id', 'traceId', 'request_id', 'requestId', 'service', 'level', 'message', 'msg'] as const

function queryOfJson(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    const members = new Map(Object.entries(value))
    const terms = TELLING.flatMap((name) => {
      const found = members.get(name)
      if (typeof found !== 'string') return []
      return name === 'message' || name === 'msg'
        ? [`"${found.replace(/[\\"]/g, '\\$&')}"`]
        : [`${name}:${quoteValue(found)}`]
    })
    return terms.length > 0 ? terms.join(' ') : undefined
  } catch {
    return undefined
  }
}
