import type { Handler, TenantRequest } from '../../http/handler'
import { credentialOf } from '../../http/read-credential'
import type { Place } from '../../openapi/guides/guide'
import { GUIDES } from '../../openapi/guides/guides'
import { guidesPage } from '../../openapi/guides/guides-page'
import { PAGE_HEADERS } from '../show-docs'
import { jsonAnswer } from './plain-dialect'

/** What stands in place of a key that we do not know: of keys only hashes are kept. */
const KEY_TO_FILL_IN = 'slc_ing_YOUR_KEY'

/** `GET /ingest`: how to set up each shipper to send here, with this address and the key it was asked with; for browsers as a page. */
export const listWaysIn: Handler = (request) => {
  const place: Place = { url: new URL(request.url).origin, key: shownKey(request) }
  if (request.headers.get('accept')?.includes('text/html') === true)
    return new Response(guidesPage(GUIDES, place), {
      headers: { ...PAGE_HEADERS, 'cache-control': 'no-store, private' },
    })
  const ways = GUIDES.map(({ title, where, page, configuration }) => ({
    title,
    where,
    page: `docs/shippers/${page}.md`,
    configuration: configuration(place),
  }))
  const answer = jsonAnswer(200, { url: place.url, ways })
  answer.headers.set('cache-control', 'no-store')
  return answer
}

/** A key that may do more than send is not one to put into a shipper's configuration. */
function shownKey(request: TenantRequest): string {
  const { kind, scopes } = request.principal
  const isForSending = kind === 'key' && scopes.size === 1 && scopes.has('logs:write')
  return (isForSending ? credentialOf(request) : undefined) ?? KEY_TO_FILL_IN
}
