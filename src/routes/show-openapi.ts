import type { Handler } from '../http/handler'
import { openapiDocument } from '../openapi/document'
import { OPERATIONS } from '../openapi/operations'
import { VERSION } from '../version'

/** `GET /openapi.json`: this API for machines (OpenAPI 3.1). Public, like the documentation that it is. */
export const showOpenapi: Handler = (request) => {
  const server = new URL(request.url).origin
  return new Response(`${JSON.stringify(openapiDocument(OPERATIONS, { version: VERSION, server }))}\n`, {
    headers: { 'content-type': 'application/json', 'cache-control': 'public, max-age=300' },
  })
}
