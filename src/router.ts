import { Router } from 'itty-router'
import { sendRequestActivity } from './activity/send-request-activity'
import type { Env } from './env'
import { isPublic, requires } from './http/access'
import { answerError } from './http/answer-error'
import { authenticate } from './http/authenticate'
import { configure } from './http/configure'
import { endSearch } from './http/end-search'
import type { TenantRequest } from './http/handler'
import { addRateLimitHeaders } from './http/rate-limit-headers'
import { echoRequestId, requestId } from './http/request-id'
import { resolveTenant } from './http/resolve-tenant'
import { unknownRoute } from './http/unknown-route'
import { changeServiceConfig } from './routes/api-v1/change-service-config'
import { getFullLog } from './routes/api-v1/get-full-log'
import { getLogRow } from './routes/api-v1/get-log-row'
import { getServiceConfig } from './routes/api-v1/get-service-config'
import { ingestBatch } from './routes/api-v1/ingest-batch'
import { ingestLog } from './routes/api-v1/ingest-log'
import { listRecentLogs } from './routes/api-v1/list-recent-logs'
import { listServiceConfigs } from './routes/api-v1/list-service-configs'
import { listServices } from './routes/api-v1/list-services'
import { searchLogRows } from './routes/api-v1/search-log-rows'
import { showServiceStats } from './routes/api-v1/show-service-stats'
import { closeSession } from './routes/close-session'
import { exportLogs } from './routes/export-logs'
import { getLog, getLogContext } from './routes/get-log'
import { ingestLogs } from './routes/ingest-logs'
import { openSession } from './routes/open-session'
import { searchLogs, searchLogsByBody } from './routes/search-logs'
import { showFacets } from './routes/show-facets'
import { showFields } from './routes/show-fields'
import { showHealth } from './routes/show-health'
import { showHistogram } from './routes/show-histogram'
import { showMetrics } from './routes/show-metrics'
import { showOpenapi } from './routes/show-openapi'
import { showSession } from './routes/show-session'
import { showUsage } from './routes/show-usage'

/** Every endpoint with its access policy, in the order of docs/api.md. */
export const router = Router<TenantRequest, [Env, ExecutionContext]>({
  before: [requestId, configure],
  catch: (error: unknown, { log, method, requestId, route }) => answerError(error, { log, method, requestId, route }),
  finally: [echoRequestId, addRateLimitHeaders, endSearch, sendRequestActivity],
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
  .get('/admin/usage', authenticate, resolveTenant, requires('admin:read'), showUsage)
  .post('/session', authenticate, resolveTenant, requires('logs:read'), openSession)
  .get('/session', authenticate, resolveTenant, requires('logs:read'), showSession)
  .delete('/session', authenticate, resolveTenant, requires('logs:read'), closeSession)
  .post('/api/v1/logs/ingest', authenticate, resolveTenant, requires('logs:write'), ingestLog)
  .post('/api/v1/logs/ingest/batch', authenticate, resolveTenant, requires('logs:write'), ingestBatch)
  .get('/api/v1/logs/search', authenticate, resolveTenant, requires('logs:read'), searchLogRows)
  .get('/api/v1/logs/logs/:id', authenticate, resolveTenant, requires('logs:read'), getLogRow)
  .get('/api/v1/logs/logs/:id/full', authenticate, resolveTenant, requires('logs:read'), getFullLog)
  .get('/api/v1/logs/services', authenticate, resolveTenant, requires('logs:read'), listServices)
  .get('/api/v1/logs/stats/:service', authenticate, resolveTenant, requires('logs:read'), showServiceStats)
  .get('/api/v1/logs/recent/:service', authenticate, resolveTenant, requires('logs:read'), listRecentLogs)
  .get('/api/v1/logs/config/:service', authenticate, resolveTenant, requires('admin:read'), getServiceConfig)
  .put('/api/v1/logs/config/:service', authenticate, resolveTenant, requires('admin:settings'), changeServiceConfig)
  .get('/api/v1/logs/configs', authenticate, resolveTenant, requires('admin:read'), listServiceConfigs)

router.all('*', unknownRoute(router.routes))
