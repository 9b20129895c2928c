/** Markup, as opposed to text that has yet to become some. */
export interface Html {
  readonly markup: string
}

type Part = string | number | Html | readonly Html[]

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? character)

/** Markup with parts put in: what is text is escaped, whatever it is; only markup made by this function is not. */
export const html = (literals: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  markup: literals.reduce((all, literal, index) => `${all}${markupOf(parts[index - 1])}${literal}`),
})

/** Nothing. */
export const NOTHING: Html = { markup: '' }

/** Text in which what stands between backticks is code. */
export function prose(text: string): Html {
  const parts = text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`))
  return html`${parts}`
}

function markupOf(part: Part | undefined): string {
  if (part === undefined) return ''
  if (typeof part === 'string' || typeof part === 'number') return escaped(`${part}`)
  return isList(part) ? part.map(({ markup }) => markup).join('') : part.markup
}

const isList = (part: Html | readonly Html[]): part is readonly Html[] => Array.isArray(part)
