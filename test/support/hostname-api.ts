import { type HttpQuestion, type HttpReply, type LocalServer, startLocalServer } from './local-http'

const ZONE = '023e105f4ecef8ad9ca31a8372d0c353'
const TOKEN = 'a-token-for-tests'

interface Registered {
  readonly id: string
  readonly hostname: string
  status: string
  certificate: string
}

/** Cloudflare's API for the custom hostnames of a zone, as its reference describes it, on this machine. */
export interface HostnameApi extends LocalServer {
  readonly account: { readonly zoneId: string; readonly apiToken: string; readonly apiUrl: string }
  readonly registered: Map<string, Registered>
  /** What was asked, `METHOD path`. */
  readonly asked: string[]
  /** Answers the next request of this method instead of the API. */
  failNext(method: string, reply: HttpReply | undefined): void
}

/** Starts the API with room for so many host names. */
export async function startHostnameApi(quota = 100): Promise<HostnameApi> {
  const registered = new Map<string, Registered>()
  const asked: string[] = []
  const failures: { readonly method: string; readonly reply: HttpReply | undefined }[] = []

  const answer = (question: HttpQuestion): HttpReply | undefined => {
    const { method, url, headers } = question
    asked.push(`${method} ${url.pathname}`)
    const failure = failures.findIndex((one) => one.method === method)
    if (failure >= 0) return failures.splice(failure, 1)[0].reply
    if (headers.authorization !== `Bearer ${TOKEN}`) return problem(403, 10000, 'Authentication error')
    const base = `/client/v4/zones/${ZONE}/custom_hostnames`
    if (url.pathname === base && method === 'POST') return register(question)
    if (url.pathname === base && method === 'GET') return list(url)
    if (url.pathname.startsWith(`${base}/`) && method === 'DELETE') return remove(url.pathname.slice(base.length + 1))
    return problem(404, 7003, 'Could not route to the requested object')
  }

  const register = ({ body, headers }: HttpQuestion): HttpReply => {
    if (headers['content-type'] !== 'application/json')
      return problem(400, 1400, 'Unable to decode the JSON request body')
    const { hostname, ssl } = JSON.parse(body.toString())
    if (ssl?.type !== 'dv' || ssl?.method !== 'http') return problem(400, 1412, 'The SSL attribute is invalid')
    if (registered.has(hostname)) return problem(409, 1406, 'Duplicate custom hostname found.')
    if (/\.(test|example)$/.test(hostname)) return problem(400, 1409, 'Reserved top domain custom hostnames')
    if (registered.size >= quota) return problem(403, 1405, 'Quota exceeded')
    const made = { id: `id-${registered.size + 1}`, hostname, status: 'pending', certificate: 'initializing' }
    registered.set(hostname, made)
    return success(201, shown(made))
  }

  /** The filter finds part of a name, and a page has as many as were asked for. */
  const list = (url: URL): HttpReply => {
    const found = [...registered.values()].filter(({ hostname }) =>
      hostname.includes(url.searchParams.get('hostname') ?? ''),
    )
    const size = Number(url.searchParams.get('per_page') ?? 20)
    const page = Number(url.searchParams.get('page') ?? 1)
    const pages = { page, per_page: size, total_count: found.length, total_pages: Math.ceil(found.length / size) }
    return success(200, found.slice((page - 1) * size, page * size).map(shown), pages)
  }

  const remove = (id: string): HttpReply => {
    const own = [...registered.values()].find((one) => one.id === id)
    if (!own) return problem(404, 1436, 'The custom hostname was not found.')
    registered.delete(own.hostname)
    return success(200, { id })
  }

  const server = await startLocalServer(answer)
  return {
    ...server,
    account: { zoneId: ZONE, apiToken: TOKEN, apiUrl: `${server.url}/client/v4` },
    registered,
    asked,
    failNext: (method, reply) => failures.push({ method, reply }),
  }
}

/** A failure as the API writes it. */
export const problem = (status: number, code: number, message: string, headers = {}): HttpReply => ({
  status,
  headers,
  body: JSON.stringify({ success: false, errors: [{ code, message }], messages: [], result: null }),
})

const success = (status: number, result: unknown, result_info?: object): HttpReply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ success: true, errors: [], messages: [], result, ...(result_info && { result_info }) }),
})

const shown = ({ id, hostname, status, certificate }: Registered) => ({
  id,
  hostname,
  status,
  created_at: '2026-11-21T12:00:00.000000Z',
  ssl: {
    id: `ssl-${id}`,
    type: 'dv',
    method: 'http',
    status: certificate,
    settings: { min_tls_version: '1.2' },
    ...(certificate === 'pending_validation' && {
      validation_records: [
        { status: 'pending', http_url: `http://${hostname}/.well-known/acme-challenge/x`, http_body: 'x.y' },
      ],
      validation_errors: [{ message: 'SERVFAIL looking up CAA' }],
    }),
  },
  ...(status === 'pending' && {
    ownership_verification: {
      type: 'txt',
      name: `_cf-custom-hostname.${hostname}`,
      value: '5cc07c04-ea62-4a5a-95f0-419334a875a4',
    },
    ownership_verification_http: {
      http_url: `http://${hostname}/.well-known/cf-custom-hostname-challenge/1`,
      http_body: '5cc0',
    },
    verification_errors: ['custom hostname does not CNAME to this zone.'],
  }),
})
