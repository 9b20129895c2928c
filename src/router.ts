import { Router } from 'itty-router'
import { sendRequestActivity } from './activity/send-request-activity'
import type { Env } from './env'
import { isPublic, requires } from './http/access'
import { answerError } from './http/answer-error'
import { authenticate } from './http/authenticate'
import { configure } from './http/configure'
import type { TenantRequest } from './http/handler'
import { echoRequestId, requestId } from './http/request-id'
import { resolveTenant } from './http/resolve-tenant'
import { unknownRoute } from './http/unknown-route'
import { exportLogs } from './routes/export-logs'
import { getLog, getLogContext } from './routes/get-log'
import { ingestLogs } from './routes/ingest-logs'
import { searchLogs, searchLogsByBody } from './routes/search-logs'
import { showFacets } from './routes/show-facets'
import { showFields } from './routes/show-fields'
import { showHealth } from './routes/show-health'
import { showHistogram } from './routes/show-histogram'
import { showMetrics } from './routes/show-metrics'
import { showOpenapi } from './routes/show-openapi'
import { showUsage } from './routes/show-usage'

/** Every endpoint with its access policy, in the order of docs/api.md. */
export const router = Router<TenantRequest, [Env, ExecutionContext]>({
  before: [requestId, configure],
  catch: (error: unknown, { log, method, requestId, route }) => answerError(error, { log, method, requestId, route }),
  finally: [echoRequestId, sendRequestActivity],
})
  .get('/health', isPublic, showHealth)
  .get('/metrics', authenticate, resolveTenant, requires('logs:read'), showMetrics)
  .get('/openapi.json', isPublic, showOpenapi)
  .post('/logs', authenticate, resolveTenant, requires('logs:write'), ingestLogs)
  .get('/logs', authenticate, resolveTenant, requires('logs:read'), searchLogs)
  .post('/logs/search', authenticate, resolveTenant, requires('logs:read'), searchLogsByBody)
  .get('/logs/export', authenticate, resolveTenant, requires('logs:read'), exportLogs)
  .get('/logs/:id', authenticate, resolveTenant, requires('logs:read'), getLog)
  .get('/logs/:id/context', authenticate, resolveTenant, requires('logs:read'), getLogContext)
  .get('/analytics/histogram', authenticate, resolveTenant, requires('logs:read'), showHistogram)
  .get('/analytics/facets', authenticate, resolveTenant, requires('logs:read'), showFacets)
  .get('/analytics/fields', authenticate, resolveTenant, requires('logs:read'), showFields)
  .get('/admin/usage', authenticate, resolveTenant, requires('admin'), showUsage)

router.all('*', unknownRoute(router.routes))
