import type { Env } from '../env'
import type { Handler } from '../http/handler'
import { ApiError } from '../http/problem'
import { VERSION } from '../version'

/** `GET /app`: the browser app. All of its own addresses are answered with the same page, which reads the address. */
export const showApp: Handler = (request, env) => answerPage(request, env)

/** `GET /app/t/:tenant/:screen`: the same page. */
export const showAppScreen: Handler = (request, env) => answerPage(request, env)

/** `GET /app/t/:tenant/:screen/:item`: the same page. */
export const showAppItem: Handler = (request, env) => answerPage(request, env)

/** `GET /app/assets/:file`: a file of the app. It is named by what is in it, and never changes. */
export const showAppFile: Handler = async ({ url }, env) => {
  const { pathname, origin } = new URL(url)
  return withHeaders(await readFile(env, origin, pathname), FILE_HEADERS)
}

async function answerPage({ url }: Request, env: Env): Promise<Response> {
  return withHeaders(await readFile(env, new URL(url).origin, '/app/index.html'), PAGE_HEADERS)
}

/**
 * Log text is hostile: no script but the page's own files runs, nothing is fetched from anywhere else, and no text becomes
 * markup (Trusted Types).
 */
const POLICY = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'"],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"],
].join('; ')

const COMMON_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const

/** The page is asked for anew each time, so that an update reaches everybody; its files are kept for a year. */
const PAGE_HEADERS = {
  ...COMMON_HEADERS,
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': POLICY,
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cache-control': 'public, no-cache',
  'sluice-build': VERSION,
} as const

const FILE_HEADERS = { ...COMMON_HEADERS, 'cache-control': 'public, max-age=31536000, immutable' } as const

async function readFile(env: Env, origin: string, path: string): Promise<Response> {
  const found = await env.ASSETS?.fetch(new URL(path, origin))
  if (found?.ok) return found
  throw new ApiError('not_found')
}

function withHeaders(file: Response, headers: Readonly<Record<string, string>>): Response {
  const response = new Response(file.body, file)
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value)
  return response
}
