import {
  ACKNOWLEDGED,
  BANNER,
  CLUSTER_HEALTH,
  LICENSE,
  lookUp,
  NODES,
  REFRESHED,
} from '../../formats/elastic/handshake'
import type { Handler } from '../../http/handler'
import { elasticResponse } from './elastic-dialect'

/** `GET /`: a browser is led to the app, anything else is told that this is where bulk requests may go. */
export const showBanner: Handler = (request) => {
  const wantsPage = (request.headers.get('accept') ?? '').includes('text/html')
  if (wantsPage) return new Response(null, { status: 302, headers: { location: '/app', vary: 'Accept' } })
  const response = elasticResponse(request, 200, BANNER)
  response.headers.set('vary', 'Accept')
  return response
}

/** What clients of Elasticsearch ask for before they send: `GET /_license`, `/_cluster/health`, `/_index_template/:name` … */
export const answerElastic: Handler = (request) => {
  const { api = '', part, name = '' } = request.params
  const known = FIXED.get([api, ...(part === undefined ? [] : [part]), ...(name === '' ? [] : [name])].join('/'))
  if (known !== undefined) return elasticResponse(request, 200, known)
  if (api === 'nodes') return elasticResponse(request, 200, NODES)
  if (name === '') return elasticResponse(request, 200, {})
  const { status, body } = lookUp(part === undefined ? `_${api}` : `_${api}/${part}`, name)
  return elasticResponse(request, status, body)
}

/** What they put in place: `PUT /_ilm/policy/:name`, `/_ingest/pipeline/:name` … Accepted, ignored, and said to be. */
export const acknowledgeElastic: Handler = (request) => elasticResponse(request, 200, ACKNOWLEDGED)

/** `/_refresh`: there is nothing to wait for. */
export const refreshElastic: Handler = (request) => elasticResponse(request, 200, REFRESHED)

/** `GET /logstash`: the name that Logstash rolls its indices over under is there, so that it puts none in place. */
export const showAlias: Handler = (request) =>
  elasticResponse(request, 200, { logstash: { aliases: {}, mappings: {}, settings: {} } })

const FIXED: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['license', LICENSE],
  ['xpack', { license: LICENSE.license, features: {} }],
  ['cluster/health', CLUSTER_HEALTH],
  ['cat/health', [{ cluster: 'sluice', status: 'green' }]],
  ['ilm/status', { operation_mode: 'RUNNING' }],
  ['refresh', REFRESHED],
])
