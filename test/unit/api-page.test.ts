import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { PROBLEMS } from '../../src/http/problem'
import { openapiDocument, templateOf } from '../../src/openapi/document'
import { problemsOf } from '../../src/openapi/operation'
import { OPERATIONS } from '../../src/openapi/operations'
import { router } from '../../src/router'
import { operationsText } from '../support/api-page'

const PAGE = join(import.meta.dirname, '../../docs/api.md')
const MARKER =
  '<!-- Made from src/openapi/operations.ts: `npx vitest run --project node api-page -u` writes what follows. -->\n'

/** What a policy is recognised by: it says which scope it asks for. */
const Policy = z.custom<{ readonly scope: string }>((value) => typeof value === 'function' && 'scope' in value)

const routes = router.routes
  .filter(([method]) => method !== 'ALL')
  .map(([method, , handlers, path]) => ({
    method,
    // The router takes the slash at the end of every path away, which is all of the first one.
    path: path || '/',
    scopes: handlers.flatMap((handler) => Policy.safeParse(handler).data?.scope ?? []),
    id: handlers.at(-1)?.name,
  }))

describe('the documents of the API', () => {
  it('describe the route table: the same routes in the same order with the same access', () => {
    const described = OPERATIONS.map(({ method, path, scope, id }) => ({
      ...{ method, path, scopes: [scope] },
      // One handler may have several addresses, and each its own id.
      id: id.split('_')[0],
    }))
    expect(described).toEqual(routes)
  })

  it('give each route an id of its own', () => {
    expect(new Set(OPERATIONS.map(({ id }) => id)).size).toBe(OPERATIONS.length)
  })

  it('are docs/api.md', async () => {
    const [introduction] = readFileSync(PAGE, 'utf8').split(MARKER)
    await expect(`${introduction}${MARKER}\n${operationsText(OPERATIONS)}`).toMatchFileSnapshot(PAGE)
  })

  it('say once what any request can be answered with', () => {
    const [introduction] = readFileSync(PAGE, 'utf8').split(MARKER)
    for (const operation of OPERATIONS.filter(({ dialect }) => dialect === undefined)) {
      const shared = problemsOf(operation).filter((code) => !operation.problems.includes(code))
      for (const code of shared) expect(introduction).toContain(`errors.md#${code}`)
    }
  })

  it('are an OpenAPI description of every route', () => {
    const { paths } = openapiDocument(OPERATIONS, { version: '0', server: 'http://localhost' })
    const listed = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    )
    expect(listed.toSorted()).toEqual(
      routes.map(({ method, path = '' }) => `${method.toLowerCase()} ${templateOf(path)}`).toSorted(),
    )
  })

  it('explain every parameter, and name each problem once', () => {
    for (const operation of OPERATIONS) {
      const problems = problemsOf(operation)
      expect(new Set(problems).size).toBe(problems.length)
      for (const code of problems) expect(PROBLEMS).toHaveProperty(code)
      for (const schema of [operation.pathParameters, operation.query, operation.headers]) {
        const { properties = {} } = schema ? z.toJSONSchema(schema, { io: 'input' }) : {}
        for (const property of Object.values(properties)) expect(property).toHaveProperty('description')
      }
    }
  })
})
