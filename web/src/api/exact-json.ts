/** What newer engines add to JSON: the text of a number as it was sent (TC39, JSON.parse source text access). */
const rawJSON: ((text: string) => object) | undefined = Reflect.get(JSON, 'rawJSON')
const isRawJSON: ((value: unknown) => boolean) | undefined = Reflect.get(JSON, 'isRawJSON')

/** Numbers that a double may not hold to the last digit: only a text with one of these is read the slow way. */
const LONG_NUMBER = /[:[,\s]-?(?:\d{16,}|\d+\.\d{15,}|[\d.]+e[+-]?\d+)/i

type Reviver = (this: unknown, name: string, value: unknown, context?: { readonly source?: string }) => unknown

/** Reads JSON without losing a digit: a number that a double changes stays as it was sent, where the engine can keep it. */
export function parseExactly(text: string): unknown {
  if (rawJSON === undefined || !LONG_NUMBER.test(text)) return JSON.parse(text)
  const keepDigits: Reviver = (_name, value, context) => {
    const source = context?.source
    return typeof value === 'number' && source !== undefined && String(value) !== source ? rawJSON(source) : value
  }
  return JSON.parse(text, keepDigits)
}

/** The digits of a number that was kept as it was sent; undefined for anything else. */
export const digitsOf = (value: unknown): string | undefined =>
  isRawJSON?.(value) === true ? JSON.stringify(value) : undefined
