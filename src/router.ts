import { Router } from 'itty-router'
import type { Env } from './env'
import { requires } from './http/access'
import { authenticate } from './http/authenticate'
import { configure } from './http/configure'
import type { Handler, TenantRequest } from './http/handler'
import { ApiError, problemResponse } from './http/problem'
import { echoRequestId, requestId } from './http/request-id'
import { resolveTenant } from './http/resolve-tenant'
import { ingestLogs } from './routes/ingest-logs'
import { showHealth } from './routes/show-health'

const notFound: Handler = () => {
  throw new ApiError('not_found')
}

/** Every endpoint with its access policy, in the order of docs/api.md. */
export const router = Router<TenantRequest, [Env, ExecutionContext]>({
  before: [requestId, configure],
  catch: (error: unknown, request) => problemResponse(error, request.requestId),
  finally: [echoRequestId],
})
  .get('/health', showHealth)
  .post('/logs', authenticate, resolveTenant, requires('logs:write'), ingestLogs)
  .all('*', notFound)
