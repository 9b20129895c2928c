import { Router } from 'itty-router'
import type { Env } from './env'
import { requires } from './http/access'
import { authenticate } from './http/authenticate'
import { configure } from './http/configure'
import type { Handler, TenantRequest } from './http/handler'
import { ApiError, problemResponse } from './http/problem'
import { echoRequestId, requestId } from './http/request-id'
import { resolveTenant } from './http/resolve-tenant'
import { exportLogs } from './routes/export-logs'
import { getLog, getLogContext } from './routes/get-log'
import { ingestLogs } from './routes/ingest-logs'
import { searchLogs, searchLogsByBody } from './routes/search-logs'
import { showHealth } from './routes/show-health'
import { showUsage } from './routes/show-usage'

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
  .get('/logs', authenticate, resolveTenant, requires('logs:read'), searchLogs)
  .post('/logs/search', authenticate, resolveTenant, requires('logs:read'), searchLogsByBody)
  .get('/logs/export', authenticate, resolveTenant, requires('logs:read'), exportLogs)
  .get('/logs/:id', authenticate, resolveTenant, requires('logs:read'), getLog)
  .get('/logs/:id/context', authenticate, resolveTenant, requires('logs:read'), getLogContext)
  .get('/admin/usage', authenticate, resolveTenant, requires('admin'), showUsage)
  .all('*', notFound)
