import { errorBody } from '../../formats/elastic/handshake'
import { parseKey } from '../../http/api-key'
import { basicCredential, type Dialect, schemeCredential } from '../../http/dialect'

/** How clients of Elasticsearch name themselves, and how they are refused: in errors of Elasticsearch, under its header. */
export const ELASTIC_DIALECT: Dialect = {
  name: 'elastic',
  credential: (request) => apiKeyCredential(request) ?? basicCredential(request),
  refuse: ({ status, detail }, request) => {
    const response = elasticResponse(request, status, errorBody(status, typeOf(status), detail))
    // What real ones offer: clients that were given a name and a password send them only when they are asked.
    if (status === 401) response.headers.set('www-authenticate', 'Basic realm="security", charset="UTF-8", ApiKey')
    return response
  },
}

/** An answer under the header without which clients take the service for something else, and throw even after a success. */
export function elasticResponse({ headers }: Request, status: number, body: unknown): Response {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return new Response(text, {
    status,
    headers: {
      'content-type': contentTypeFor(headers.get('accept') ?? ''),
      'x-elastic-product': 'Elasticsearch',
      'cache-control': 'no-store',
    },
  })
}

/** Clients since 8 ask for a type of their own with a version, and are answered in it. */
function contentTypeFor(accept: string): string {
  const version = /application\/vnd\.elasticsearch\+json;\s*compatible-with=(\d)/i.exec(accept)?.[1]
  return version === undefined ? 'application/json' : `application/vnd.elasticsearch+json;compatible-with=${version}`
}

/** `ApiKey`, with what the service made as it is, or in Base64 with a name before it: Filebeat and most libraries encode. */
function apiKeyCredential(request: Request): string | undefined {
  const text = schemeCredential(request, 'apikey')
  if (text === undefined || parseKey(text) !== undefined) return text
  const decoded = Buffer.from(text, 'base64').toString()
  const parts = [decoded, decoded.slice(decoded.indexOf(':') + 1), decoded.split(':', 1)[0], text]
  return parts.find((part) => parseKey(part) !== undefined) ?? text
}

function typeOf(status: number): string {
  switch (status) {
    case 401:
    case 403:
      return 'security_exception'
    case 404:
      return 'resource_not_found_exception'
    case 409:
      return 'version_conflict_engine_exception'
    case 413:
      return 'content_too_long_exception'
    case 415:
      return 'media_type_header_exception'
    case 429:
      return 'es_rejected_execution_exception'
    case 503:
      return 'unavailable_shards_exception'
    default:
      return status < 500 ? 'illegal_argument_exception' : 'exception'
  }
}
