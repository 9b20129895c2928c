import { Router } from 'itty-router'
import { sendRequestActivity } from './activity/send-request-activity'
import type { Env } from './env'
import { administers, isPublic, requires } from './http/access'
import { answerError } from './http/answer-error'
import { authenticate } from './http/authenticate'
import { configure } from './http/configure'
import { addCorsHeaders } from './http/cors'
import { endSearch } from './http/end-search'
import { bindInvited } from './http/find-member'
import { forbidStoring } from './http/forbid-storing'
import type { TenantRequest } from './http/handler'
import { addRateLimitHeaders } from './http/rate-limit-headers'
import { recordAudit } from './http/record-audit'
import { echoRequestId, requestId } from './http/request-id'
import { resolveTenant } from './http/resolve-tenant'
import type { RouteTable } from './http/route-table'
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
import { changeDomain } from './routes/change-domain'
import { changeKey } from './routes/change-key'
import { changeMember } from './routes/change-member'
import { patchSettings, putSettings } from './routes/change-settings'
import { changeTenant } from './routes/change-tenant'
import { closeSession } from './routes/close-session'
import { createKey } from './routes/create-key'
import { createMember } from './routes/create-member'
import { createTenantKey } from './routes/create-tenant-key'
import { deleteTenant } from './routes/delete-tenant'
import { exportAudit } from './routes/export-audit'
import { exportLogs } from './routes/export-logs'
import { getDomain } from './routes/get-domain'
import { getErasure } from './routes/get-erasure'
import { getLog, getLogContext } from './routes/get-log'
import { getTenant } from './routes/get-tenant'
import { ingestLogs } from './routes/ingest-logs'
import { listDomains } from './routes/list-domains'
import { listKeys } from './routes/list-keys'
import { listMembers } from './routes/list-members'
import { listSettingsHistory } from './routes/list-settings-history'
import { listTenants } from './routes/list-tenants'
import { openSession } from './routes/open-session'
import { registerDomain } from './routes/register-domain'
import { registerTenant } from './routes/register-tenant'
import { removeDomain } from './routes/remove-domain'
import { removeMember } from './routes/remove-member'
import { revokeKey } from './routes/revoke-key'
import { rotateKey } from './routes/rotate-key'
import { searchLogs, searchLogsByBody } from './routes/search-logs'
import { showAudit } from './routes/show-audit'
import { showCertificateKey } from './routes/show-certificate-key'
import { showDocs, showProblems } from './routes/show-docs'
import { showFacets } from './routes/show-facets'
import { showFields } from './routes/show-fields'
import { showHealth } from './routes/show-health'
import { showHistogram } from './routes/show-histogram'
import { showKey } from './routes/show-key'
import { showMember } from './routes/show-member'
import { showMetrics } from './routes/show-metrics'
import { showOpenapi } from './routes/show-openapi'
import { showRetention } from './routes/show-retention'
import { showSession } from './routes/show-session'
import { showSettings } from './routes/show-settings'
import { showUsage } from './routes/show-usage'
import { testRedaction } from './routes/test-redaction'
import { verifyAudit } from './routes/verify-audit'
import { verifyDomain } from './routes/verify-domain'

const ANALYTICS = { feature: 'analytics' } as const

/** Every endpoint with its access policy, in the order of docs/api.md. */
export const router = Router<TenantRequest, [Env, ExecutionContext]>({
  before: [requestId, configure],
  catch: (error: unknown, { log, method, requestId, route }) => answerError(error, { log, method, requestId, route }),
  finally: [
    recordAudit,
    forbidStoring,
    echoRequestId,
    addRateLimitHeaders,
    addCorsHeaders,
    bindInvited,
    endSearch,
    sendRequestActivity,
  ],
})

const routes: RouteTable = router
routes
  .get('/health', isPublic, showHealth)
  .get('/metrics', authenticate, resolveTenant, requires('logs:read'), showMetrics)
  .get('/openapi.json', isPublic, showOpenapi)
  .get('/docs', isPublic, showDocs)
  .get('/docs/errors', isPublic, showProblems)
  .post('/logs', authenticate, resolveTenant, requires('logs:write'), ingestLogs)
  .get('/logs', authenticate, resolveTenant, requires('logs:read'), searchLogs)
  .post('/logs/search', authenticate, resolveTenant, requires('logs:read'), searchLogsByBody)
  .get('/logs/export', authenticate, resolveTenant, requires('logs:read'), exportLogs)
  .get('/logs/:id', authenticate, resolveTenant, requires('logs:read'), getLog)
  .get('/logs/:id/context', authenticate, resolveTenant, requires('logs:read'), getLogContext)
  .get('/analytics/histogram', authenticate, resolveTenant, requires('logs:read', ANALYTICS), showHistogram)
  .get('/analytics/facets', authenticate, resolveTenant, requires('logs:read', ANALYTICS), showFacets)
  .get('/analytics/fields', authenticate, resolveTenant, requires('logs:read', ANALYTICS), showFields)
  .post('/admin/tenants', authenticate, resolveTenant, requires('operator'), registerTenant)
  .get('/admin/tenants', authenticate, resolveTenant, requires('operator'), listTenants)
  .get('/admin/tenants/:tenant', authenticate, resolveTenant, administers('admin:read'), getTenant)
  .patch('/admin/tenants/:tenant', authenticate, resolveTenant, administers('admin:tenant'), changeTenant)
  .delete('/admin/tenants/:tenant', authenticate, resolveTenant, administers('admin:tenant'), deleteTenant)
  .get('/admin/tenants/:tenant/certificate', authenticate, resolveTenant, requires('operator'), getErasure)
  .get('/admin/certificates/key', isPublic, showCertificateKey)
  .post('/admin/domains', authenticate, resolveTenant, administers('admin:domains'), registerDomain)
  .get('/admin/domains', authenticate, resolveTenant, administers('admin:domains'), listDomains)
  .get('/admin/domains/:domain', authenticate, resolveTenant, administers('admin:domains'), getDomain)
  .patch('/admin/domains/:domain', authenticate, resolveTenant, administers('admin:domains'), changeDomain)
  .delete('/admin/domains/:domain', authenticate, resolveTenant, administers('admin:domains'), removeDomain)
  .post('/admin/domains/:domain/verify', authenticate, resolveTenant, administers('admin:domains'), verifyDomain)
  .post('/admin/keys', authenticate, resolveTenant, requires('admin:keys'), createKey)
  .get('/admin/keys', authenticate, resolveTenant, requires('admin:keys'), listKeys)
  .get('/admin/keys/:key', authenticate, resolveTenant, requires('admin:keys'), showKey)
  .patch('/admin/keys/:key', authenticate, resolveTenant, requires('admin:keys'), changeKey)
  .post('/admin/keys/:key/rotate', authenticate, resolveTenant, requires('admin:keys'), rotateKey)
  .delete('/admin/keys/:key', authenticate, resolveTenant, requires('admin:keys'), revokeKey)
  .post('/admin/members', authenticate, resolveTenant, requires('admin:members'), createMember)
  .get('/admin/members', authenticate, resolveTenant, requires('admin:members'), listMembers)
  .get('/admin/members/:member', authenticate, resolveTenant, requires('admin:members'), showMember)
  .patch('/admin/members/:member', authenticate, resolveTenant, requires('admin:members'), changeMember)
  .delete('/admin/members/:member', authenticate, resolveTenant, requires('admin:members'), removeMember)
  .post('/admin/tenants/:tenant/keys', authenticate, resolveTenant, requires('operator'), createTenantKey)
  .get('/admin/usage', authenticate, resolveTenant, requires('admin:read'), showUsage)
  .get('/admin/settings', authenticate, resolveTenant, requires('admin:read'), showSettings)
  .put('/admin/settings', authenticate, resolveTenant, requires('admin:settings'), putSettings)
  .patch('/admin/settings', authenticate, resolveTenant, requires('admin:settings'), patchSettings)
  .get('/admin/settings/history', authenticate, resolveTenant, requires('admin:read'), listSettingsHistory)
  .post('/admin/settings/redaction/test', authenticate, resolveTenant, requires('admin:settings'), testRedaction)
  .get('/admin/retention', authenticate, resolveTenant, requires('admin:read'), showRetention)
  .get('/admin/audit', authenticate, resolveTenant, requires('admin:audit'), showAudit)
  .get('/admin/audit/export', authenticate, resolveTenant, requires('admin:audit'), exportAudit)
  .get('/admin/audit/verify', authenticate, resolveTenant, requires('admin:audit'), verifyAudit)
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
