import * as z from 'zod'
import { type Html, html, NOTHING, prose } from './html'

/** As much of JSON Schema as our schemas are written in. */
const Schema = z
  .object({
    type: z.union([z.string(), z.array(z.string())]),
    description: z.string(),
    const: z.unknown(),
    default: z.unknown(),
    enum: z.array(z.unknown()),
    pattern: z.string(),
    format: z.string(),
    minimum: z.number(),
    maximum: z.number(),
    minLength: z.number(),
    maxLength: z.number(),
    maxItems: z.number(),
    properties: z.record(z.string(), z.unknown()),
    required: z.array(z.string()),
    additionalProperties: z.unknown(),
    items: z.unknown(),
    prefixItems: z.array(z.unknown()),
    anyOf: z.array(z.unknown()),
    oneOf: z.array(z.unknown()),
    allOf: z.array(z.unknown()),
  })
  .partial()
type Schema = z.infer<typeof Schema>

/** A JSON Schema as a list for people: each member with its type, whether it has to be there, and what it means. */
export function schemaList(schema: unknown): Html {
  const { type, about, inner } = partsOf(schema)
  return html`<p class="type">${type}${about}</p>${inner}`
}

/** What values a schema allows, in a few words: what a table of parameters has room for. */
export const valueWords = (schema: unknown): string => wordsOf(read(schema))

interface Parts {
  readonly type: Html
  readonly about: Html
  readonly inner: Html
}

function partsOf(given: unknown): Parts {
  const schema = read(given)
  const { description } = schema
  const about = description === undefined ? NOTHING : html`<span class="about"> ${prose(description)}</span>`
  return { type: html`<span class="kind">${wordsOf(schema)}</span>`, about, inner: innerOf(schema) }
}

function innerOf(schema: Schema): Html {
  const { properties, required = [], items, anyOf, oneOf, allOf, additionalProperties } = schema
  const members = Object.entries(properties ?? {}).map(([name, member]) => {
    const presence = required.includes(name) ? html` <span class="required">required</span>` : NOTHING
    return item(html`<code>${name}</code>${presence}`, member)
  })
  const others = isSchema(additionalProperties) ? [item(html`<i>any name</i>`, additionalProperties)] : []
  const choices = [...(anyOf ?? oneOf ?? []), ...(allOf ?? [])].filter((choice) => innerOf(read(choice)) !== NOTHING)
  const listed = [
    ...members,
    ...others,
    ...choices.map((choice, index) => item(html`<i>form ${index + 1}</i>`, choice)),
  ]
  if (listed.length > 0) return html`<ul class="members">${listed}</ul>`
  return items === undefined ? NOTHING : innerOf(read(items))
}

function item(name: Html, schema: unknown): Html {
  const { type, about, inner } = partsOf(schema)
  return html`<li>${name} ${type}${about}${inner}</li>`
}

function wordsOf(schema: Schema): string {
  const { type, enum: names, items, anyOf, oneOf, allOf } = schema
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (names !== undefined) return names.map((name) => JSON.stringify(name)).join(' or ')
  const choices = anyOf ?? oneOf
  if (choices !== undefined) return [...new Set(choices.map(valueWords))].join(' or ')
  if (allOf !== undefined) return [...new Set(allOf.map(valueWords))].join(' and ')
  if (type === 'array') return items === undefined ? 'array' : `array of ${valueWords(items)}`
  const words = typeof type === 'string' ? type : (type?.join(' or ') ?? 'anything')
  return [words, ...boundsOf(schema)].join(', ')
}

function boundsOf({ minimum, maximum, minLength, maxLength, format }: Schema): string[] {
  const [least, most] = [minimum ?? minLength, maximum ?? maxLength]
  const unit = minLength === undefined && maxLength === undefined ? '' : ' characters'
  const isOpen = most === undefined || most >= Number.MAX_SAFE_INTEGER
  const from = least === undefined || least <= Number.MIN_SAFE_INTEGER ? undefined : least
  const range = rangeWords(from, isOpen ? undefined : most)
  return [...(format === undefined ? [] : [format]), ...(range === '' ? [] : [`${range}${unit}`])]
}

function rangeWords(from: number | undefined, to: number | undefined): string {
  if (from !== undefined && to !== undefined) return `${from} to ${to}`
  if (to !== undefined) return `at most ${to}`
  return from === undefined ? '' : `at least ${from}`
}

const read = (schema: unknown): Schema => Schema.safeParse(schema).data ?? {}

/** `true` and `{}` allow anything, and `false` nothing: there is nothing to tell of them. */
const isSchema = (schema: unknown): boolean =>
  typeof schema === 'object' && schema !== null && Object.keys(schema).length > 0
