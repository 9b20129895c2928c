/** The values of a form by the names of its fields, without those that are empty. */
export function valuesOf(event: SubmitEvent): Readonly<Record<string, string>> {
  event.preventDefault()
  const form = event.currentTarget
  if (!(form instanceof HTMLFormElement)) return {}
  const values: Record<string, string> = {}
  for (const [name, value] of new FormData(form))
    if (typeof value === 'string' && value.trim() !== '') values[name] = value.trim()
  return values
}

/** The words of a text, however they are separated. */
export const wordsOf = (text: string | undefined): string[] =>
  (text ?? '').split(/[\s,]+/).filter((word) => word !== '')
