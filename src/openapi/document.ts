import * as z from 'zod'
import { ApiError, PROBLEMS, type ProblemCode, problemBody } from '../http/problem'
import { ProblemAnswer } from './answers'
import { GROUP_TITLES } from './group-titles'
import { type Answer, contentOf, type Example, type Operation, problemsOf, refusalOf } from './operation'

const EXAMPLE_REQUEST_ID = 'req_01kaj2m4x8v3c9t0w5b6n7p2qr'

/** The OpenAPI 3.1 description of some operations. */
export const openapiDocument = (operations: readonly Operation[], about: { version: string; server: string }) => ({
  openapi: '3.1.0',
  info: {
    title: 'Sluice',
    version: about.version,
    license: { name: 'MIT', identifier: 'MIT' },
    description: 'A multi-tenant logging service. On a tenant’s domain the key must be of that tenant.',
  },
  servers: [{ url: about.server }],
  tags: Object.entries(GROUP_TITLES).map(([name, description]) => ({ name, description })),
  security: [{ bearer: [] }, { apiKey: [] }],
  paths: pathsOf(operations),
  components: {
    schemas: { Problem: schemaOf(ProblemAnswer, 'output') },
    examples: problemExamples(operations),
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer', description: 'A key: slc_…' },
      apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'API_KEY_HEADER gives it another name.' },
    },
  },
})

/** A route's path as OpenAPI writes it: `/logs/:id` is `/logs/{id}`. */
export const templateOf = (path: string): string => path.replace(/:(\w+)/g, '{$1}')

function pathsOf(operations: readonly Operation[]) {
  const paths: Record<string, Record<string, object>> = {}
  for (const operation of operations) {
    const template = templateOf(operation.path)
    paths[template] = { ...paths[template], [operation.method.toLowerCase()]: operationObject(operation) }
  }
  return paths
}

function operationObject(operation: Operation) {
  const { id, group, scope, summary, description, pathParameters, query, headers, body, example } = operation
  return {
    operationId: id,
    tags: [group],
    summary,
    description,
    'x-scope': scope,
    ...(scope === 'public' && { security: [] }),
    parameters: [
      ...parametersIn('path', pathParameters, example.path),
      ...parametersIn('query', query, example.query),
      ...parametersIn('header', headers, example.headers),
    ],
    ...(body && {
      requestBody: {
        required: true,
        description: body.description,
        content: contentObject(body, 'input', example.text ?? example.body),
      },
    }),
    responses: { ...answersObject(operation), ...refusalsObject(operation) },
  }
}

/** Each member of a schema as a parameter of its own. */
function parametersIn(place: 'path' | 'query' | 'header', schema: z.ZodObject | undefined, values: Example['path']) {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = schemaOf(schema, 'input')
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(values?.[name] !== undefined && { example: exampleValue(values[name], property) }),
    ...(typeof property === 'object' && property.description !== undefined && { description: property.description }),
    schema: property,
  }))
}

/** A parameter is text in an address, and an example of it what the text means. */
const exampleValue = (text: string, property: unknown): string | number =>
  typeof property === 'object' && property !== null && 'type' in property && property.type === 'integer'
    ? Number(text)
    : text

function answersObject({ answers, example }: Operation) {
  const entries = Object.entries(answers).map(([status, answer]) => {
    const shown = Number(status) === example.status ? example.answer : undefined
    const content = contentObject(answer, 'output', shown)
    return [status, { description: answer.description, ...(contentOf(answer).length > 0 && { content }) }]
  })
  return Object.fromEntries(entries)
}

/** The example belongs to the first type. */
function contentObject(content: Pick<Answer, 'content'>, io: 'input' | 'output', example: unknown) {
  const entries = contentOf(content).map(([type, schema], index) => [
    type,
    { schema: schemaOf(schema, io), ...(index === 0 && example !== undefined && { example }) },
  ])
  return Object.fromEntries(entries)
}

/** A protocol of others has statuses and bodies of its own for what is refused; docs/shippers/ shows them. */
function refusalsObject(operation: Operation) {
  const codes = problemsOf(operation)
  if (operation.dialect === undefined) return problemsObject(codes)
  const byStatus = Map.groupBy(codes, (code) => refusalOf(operation, code).status)
  const entries = Array.from(byStatus, ([status, sharing]) => {
    const description = sharing.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' ')
    const types = new Set(sharing.map((code) => refusalOf(operation, code).contentType.split(';')[0]))
    types.delete('')
    return [status, { description, content: Object.fromEntries([...types].map((type) => [type, {}])) }]
  })
  return Object.fromEntries(entries.filter(([status]) => !(Number(status) in operation.answers)))
}

/** Problems share statuses: one answer for each, with an example for each code. */
function problemsObject(codes: readonly ProblemCode[]) {
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status)
  const entries = Array.from(byStatus, ([status, sharing]) => [
    status,
    {
      description: sharing.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
      content: {
        'application/problem+json': {
          schema: { $ref: '#/components/schemas/Problem' },
          examples: Object.fromEntries(sharing.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
        },
      },
    },
  ])
  return Object.fromEntries(entries)
}

/** An example of each problem that an operation can answer, once. */
function problemExamples(operations: readonly Operation[]) {
  const codes = new Set(operations.filter(({ dialect }) => dialect === undefined).flatMap(problemsOf))
  const entries = Array.from(codes, (code) => [code, { value: problemBody(new ApiError(code), EXAMPLE_REQUEST_ID) }])
  return Object.fromEntries(entries)
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output') {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io })
  return rest
}
