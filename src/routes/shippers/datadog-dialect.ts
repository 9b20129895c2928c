import { parseKey } from '../../http/api-key'
import { type Dialect, headerCredential, queryCredential } from '../../http/dialect'

/** How clients of Datadog's logs intake name themselves, and how they are refused: by a list of errors. */
export const DATADOG_DIALECT: Dialect = {
  name: 'datadog',
  credential: (request) =>
    headerCredential(request, 'dd-api-key') ?? queryCredential(request, 'dd-api-key') ?? pathCredential(request),
  refuse: ({ status, code, detail }) =>
    datadogResponse(status, { errors: [{ status: String(status), title: code, detail }] }),
}

/** An answer in JSON. */
export const datadogResponse = (status: number, body: object): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  })

/** `/v1/input/<key>`: old clients have nowhere else to put it. The route is logged, never the path. What is no key of ours is none. */
function pathCredential({ url }: Request): string | undefined {
  const key = new URL(url).pathname.replace(/^\/v1\/input\//, '')
  return parseKey(key) === undefined ? undefined : key
}
