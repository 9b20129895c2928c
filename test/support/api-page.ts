import * as z from 'zod'
import { curlLine } from '../../src/openapi/curl-line'
import { GROUP_TITLES } from '../../src/openapi/group-titles'
import { contentOf, type Operation } from '../../src/openapi/operation'

/** What docs/api.md says of the operations, in their order. */
export function operationsText(operations: readonly Operation[]): string {
  const groups = Map.groupBy(operations, ({ group }) => group)
  const sections = Array.from(groups, ([group, members]) => [
    `## ${GROUP_TITLES[group]}`,
    ...members.map(operationText),
  ])
  return `${sections.flat().join('\n\n')}\n`
}

function operationText(operation: Operation): string {
  const { method, path, scope, summary, description, answers, example } = operation
  const parts = [
    `### ${method} ${path}`,
    `${summary}. ${scope === 'public' ? 'Public: no key.' : `Scope \`${scope}\`.`}`,
    description,
    parametersText(operation),
    bodyText(operation),
    Object.entries(answers)
      .map(
        ([status, answer]) =>
          `**${status}** ${contentOf(answer).length === 0 ? 'No body' : typesText(answer)}. ${answer.description}`,
      )
      .join('\n\n'),
    example.answer === '' ? '' : fenced(typeof example.answer === 'string' ? 'text' : 'json', example.answer),
    problemsText(operation),
    fenced('sh', curlLine(operation)),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

function problemsText({ scope, problems }: Operation): string {
  const own = problems.map((code) => `[\`${code}\`](errors.md#${code})`).join(', ')
  const shared = scope === 'public' ? '[any request](#any-request)' : '[any request with a key](#any-request)'
  return `**Problems.** ${own === '' ? 'Those' : `${own}, and those`} of ${shared}.`
}

function bodyText({ body }: Operation): string {
  return body === undefined ? '' : `**Body.** ${body.description} ${typesText(body)}.`
}

const typesText = (content: Parameters<typeof contentOf>[0]): string =>
  contentOf(content)
    .map(([type]) => `\`${type}\``)
    .join(', ')

function fenced(language: string, content: unknown): string {
  const text = typeof content === 'string' ? content.trimEnd() : JSON.stringify(content, null, 2)
  return `\`\`\`${language}\n${text}\n\`\`\``
}

function parametersText({ pathParameters, query, headers }: Operation): string {
  const rows = [...rowsOf('path', pathParameters), ...rowsOf('query', query), ...rowsOf('header', headers)]
  if (rows.length === 0) return ''
  return ['| parameter | in | value | default | meaning |', '|---|---|---|---|---|', ...rows].join('\n')
}

const Property = z.object({
  type: z.string(),
  description: z.string(),
  enum: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  default: z.unknown().optional(),
})

function rowsOf(place: string, schema: z.ZodObject | undefined): string[] {
  if (schema === undefined) return []
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' })
  return Object.entries(properties).map(([name, property]) => {
    const { description, default: preset, ...shape } = Property.parse(property)
    const usual = preset === undefined ? '' : `\`${preset}\``
    return `| \`${name}\` | ${place} | ${valueText(shape)} | ${usual} | ${description.replaceAll('|', '\\|')} |`
  })
}

function valueText({ type, enum: names, minimum, maximum }: Omit<z.infer<typeof Property>, 'description'>): string {
  if (names !== undefined) return names.map((name) => `\`${name}\``).join(' ')
  if (type === 'integer') return `${minimum} to ${maximum}`
  return 'text'
}
