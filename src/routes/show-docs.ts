import { createHash } from 'node:crypto'
import type { Handler } from '../http/handler'
import { DOCS_CACHE_CHARACTERS_MAX } from '../limits/limits'
import { docsPage, problemsPage } from '../openapi/docs-page'
import { DOCS_STYLE } from '../openapi/docs-style'
import { OPERATIONS } from '../openapi/operations'
import { BoundedCache } from '../storage/bounded-cache'
import { VERSION } from '../version'

/** Pages as they were made, by the server that they name: making one takes longer than a search. */
const pages = new BoundedCache<string>(DOCS_CACHE_CHARACTERS_MAX)

/** `GET /docs`: this API for people, made of what `/openapi.json` is made of. */
export const showDocs: Handler = (request) => {
  const server = new URL(request.url).origin
  return pageResponse(kept(server, () => docsPage(OPERATIONS, { version: VERSION, server })))
}

/** `GET /docs/errors`: what can go wrong; the `type` of every problem leads here. */
export const showProblems: Handler = () => pageResponse(kept('errors', problemsPage))

function kept(name: string, make: () => string): string {
  const known = pages.get(name)
  if (known !== undefined) return known
  const page = make()
  pages.put(name, page, page.length)
  return page
}

/** The page brings all that it needs: nothing is loaded, nothing runs, and nothing may frame it. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(DOCS_STYLE).digest('base64')}'`,
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join('; ')

/** For every page that looks like the documentation. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': POLICY,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

const pageResponse = (page: string): Response =>
  new Response(page, { headers: { ...PAGE_HEADERS, 'cache-control': 'public, max-age=300' } })
