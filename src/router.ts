import { Router } from 'itty-router'
import { sendRequestActivity } from './activity/send-request-activity'
import type { Env } from './env'
import { administers, isPublic, requires } from './http/access'
import { answerError } from './http/answer-error'
import { authenticate } from './http/authenticate'
import { configure } from './http/configure'
import { addCorsHeaders } from './http/cors'
import { speaks } from './http/dialect'
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
import { createTailTicket } from './routes/create-tail-ticket'
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
import { patchRule, putRule } from './routes/rules/change-rule'
import { createRule } from './routes/rules/create-rule'
import { acknowledgeIncident, listIncidents, resolveIncident, showIncident } from './routes/rules/list-incidents'
import { listRules } from './routes/rules/list-rules'
import { removeRule, resetRule } from './routes/rules/remove-rule'
import { listRuleGroups, listRuleVersions, showRule } from './routes/rules/show-rule'
import { testRule } from './routes/rules/test-rule'
import { searchLogs, searchLogsByBody } from './routes/search-logs'
import { changeService } from './routes/services/change-service'
import { createService } from './routes/services/create-service'
import { listCrossService } from './routes/services/list-cross-service'
import { listRegisteredServices } from './routes/services/list-services'
import { logCrossService } from './routes/services/log-cross-service'
import { removeService } from './routes/services/remove-service'
import { showGraph } from './routes/services/show-graph'
import { showIntegrationHealth } from './routes/services/show-integration-health'
import { showService } from './routes/services/show-service'
import {
  acknowledgeElastic,
  answerElastic,
  refreshElastic,
  showAlias,
  showBanner,
} from './routes/shippers/answer-elastic'
import { DATADOG_DIALECT } from './routes/shippers/datadog-dialect'
import { ELASTIC_DIALECT } from './routes/shippers/elastic-dialect'
import { AXIOM, ingestAxiom } from './routes/shippers/ingest-axiom'
import { createDocument, ingestBulk, ingestDocument } from './routes/shippers/ingest-bulk'
import { ingestDatadog, ingestDatadogV1, validateDatadogKey } from './routes/shippers/ingest-datadog'
import { FIREHOSE_DELIVERY, ingestFirehose } from './routes/shippers/ingest-firehose'
import { GELF_INPUT, ingestGelf } from './routes/shippers/ingest-gelf'
import { answerHecAcks, ingestHecEvents, ingestHecRaw, showHecHealth } from './routes/shippers/ingest-hec'
import { ingestHeroku, LOGPLEX } from './routes/shippers/ingest-heroku'
import { ingestJournal, JOURNAL_REMOTE } from './routes/shippers/ingest-journal'
import { ingestKind } from './routes/shippers/ingest-kind'
import { ingestLogpush, LOGPUSH_JOB } from './routes/shippers/ingest-logpush'
import { BETTER_STACK, ingestLogtail } from './routes/shippers/ingest-logtail'
import { ingestNewRelic, NEW_RELIC_LOGS } from './routes/shippers/ingest-new-relic'
import { ingestVercel, VERCEL_DRAIN } from './routes/shippers/ingest-vercel'
import { listWaysIn } from './routes/shippers/list-ways-in'
import { LOKI_DIALECT, pushLoki, showLokiBuild, showLokiReady } from './routes/shippers/loki'
import { ingestOtlp, OTLP_DIALECT } from './routes/shippers/otlp'
import { PLAIN } from './routes/shippers/plain-dialect'
import { SPLUNK_DIALECT } from './routes/shippers/splunk-dialect'
import { showApp, showAppFile, showAppItem, showAppScreen } from './routes/show-app'
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
import { tailLogs } from './routes/tail-logs'
import { testRedaction } from './routes/test-redaction'
import { verifyAudit } from './routes/verify-audit'
import { verifyDomain } from './routes/verify-domain'
import { changeWebhook } from './routes/webhooks/change-webhook'
import { createWebhook } from './routes/webhooks/create-webhook'
import { listDeliveries } from './routes/webhooks/list-deliveries'
import { listWebhooks } from './routes/webhooks/list-webhooks'
import { redeliver, redeliverRange } from './routes/webhooks/redeliver'
import { removeWebhook } from './routes/webhooks/remove-webhook'
import { resumeWebhook } from './routes/webhooks/resume-webhook'
import { rotateWebhookSecret } from './routes/webhooks/rotate-webhook-secret'
import { showDelivery } from './routes/webhooks/show-delivery'
import { showWebhook } from './routes/webhooks/show-webhook'
import { testWebhook } from './routes/webhooks/test-webhook'

const ANALYTICS = { feature: 'analytics' } as const
const WEBSOCKET = { feature: 'websocket' } as const
const WEBHOOKS = { feature: 'webhooks' } as const

const INTEGRATIONS = { feature: 'integrations' } as const

/** Every endpoint with its access policy, in the order of docs/api.md. */
export const router = Router<TenantRequest, [Env, ExecutionContext]>({
  before: [requestId, configure],
  catch: (error: unknown, request) => answerError(error, request),
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
  .get('/app', isPublic, showApp)
  .get('/app/t/:tenant/:screen', isPublic, showAppScreen)
  .get('/app/t/:tenant/:screen/:item', isPublic, showAppItem)
  .get('/app/assets/:file', isPublic, showAppFile)
  .post('/logs', authenticate, resolveTenant, requires('logs:write'), ingestLogs)
  .get('/logs', authenticate, resolveTenant, requires('logs:read'), searchLogs)
  .post('/logs/search', authenticate, resolveTenant, requires('logs:read'), searchLogsByBody)
  .get('/logs/export', authenticate, resolveTenant, requires('logs:read'), exportLogs)
  .get('/logs/tail', authenticate, resolveTenant, requires('tail', WEBSOCKET), tailLogs)
  .post('/logs/tail/tickets', authenticate, resolveTenant, requires('tail', WEBSOCKET), createTailTicket)
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
  .post(
    '/integration/services',
    authenticate,
    resolveTenant,
    requires('integrations:write', INTEGRATIONS),
    createService,
  )
  .get(
    '/integration/services',
    authenticate,
    resolveTenant,
    requires('integrations:read', INTEGRATIONS),
    listRegisteredServices,
  )
  .get(
    '/integration/services/:serviceId',
    authenticate,
    resolveTenant,
    requires('integrations:read', INTEGRATIONS),
    showService,
  )
  .patch(
    '/integration/services/:serviceId',
    authenticate,
    resolveTenant,
    requires('integrations:write', INTEGRATIONS),
    changeService,
  )
  .delete(
    '/integration/services/:serviceId',
    authenticate,
    resolveTenant,
    requires('integrations:write', INTEGRATIONS),
    removeService,
  )
  .get(
    '/integration/health',
    authenticate,
    resolveTenant,
    requires('integrations:read', INTEGRATIONS),
    showIntegrationHealth,
  )
  .post(
    '/integration/cross-service',
    authenticate,
    resolveTenant,
    requires('logs:write', INTEGRATIONS),
    logCrossService,
  )
  .get('/integration/cross-service', authenticate, resolveTenant, requires('logs:read', INTEGRATIONS), listCrossService)
  .get('/integration/graph', authenticate, resolveTenant, requires('logs:read', INTEGRATIONS), showGraph)
  .post('/integration/rules', authenticate, resolveTenant, requires('integrations:write', INTEGRATIONS), createRule)
  .get('/integration/rules', authenticate, resolveTenant, requires('integrations:read', INTEGRATIONS), listRules)
  .post('/integration/rules/test', authenticate, resolveTenant, requires('integrations:read', INTEGRATIONS), testRule)
  .get('/integration/rules/:rule', authenticate, resolveTenant, requires('integrations:read', INTEGRATIONS), showRule)
  .put('/integration/rules/:rule', authenticate, resolveTenant, requires('integrations:write', INTEGRATIONS), putRule)
  .patch(
    '/integration/rules/:rule',
    authenticate,
    resolveTenant,
    requires('integrations:write', INTEGRATIONS),
    patchRule,
  )
  .get(
    '/integration/rules/:rule/versions',
    authenticate,
    resolveTenant,
    requires('integrations:read', INTEGRATIONS),
    listRuleVersions,
  )
  .get(
    '/integration/rules/:rule/groups',
    authenticate,
    resolveTenant,
    requires('integrations:read', INTEGRATIONS),
    listRuleGroups,
  )
  .post(
    '/integration/rules/:builtin/reset',
    authenticate,
    resolveTenant,
    requires('integrations:write', INTEGRATIONS),
    resetRule,
  )
  .delete(
    '/integration/rules/:rule',
    authenticate,
    resolveTenant,
    requires('integrations:write', INTEGRATIONS),
    removeRule,
  )
  .get(
    '/integration/incidents',
    authenticate,
    resolveTenant,
    requires('integrations:read', INTEGRATIONS),
    listIncidents,
  )
  .get(
    '/integration/incidents/:incident',
    authenticate,
    resolveTenant,
    requires('integrations:read', INTEGRATIONS),
    showIncident,
  )
  .post(
    '/integration/incidents/:incident/acknowledge',
    authenticate,
    resolveTenant,
    requires('integrations:write', INTEGRATIONS),
    acknowledgeIncident,
  )
  .post(
    '/integration/incidents/:incident/resolve',
    authenticate,
    resolveTenant,
    requires('integrations:write', INTEGRATIONS),
    resolveIncident,
  )
  .post('/integration/webhooks', authenticate, resolveTenant, requires('integrations:write', WEBHOOKS), createWebhook)
  .get('/integration/webhooks', authenticate, resolveTenant, requires('integrations:read', WEBHOOKS), listWebhooks)
  .get(
    '/integration/webhooks/:webhook',
    authenticate,
    resolveTenant,
    requires('integrations:read', WEBHOOKS),
    showWebhook,
  )
  .patch(
    '/integration/webhooks/:webhook',
    authenticate,
    resolveTenant,
    requires('integrations:write', WEBHOOKS),
    changeWebhook,
  )
  .post(
    '/integration/webhooks/:webhook/rotate',
    authenticate,
    resolveTenant,
    requires('integrations:write', WEBHOOKS),
    rotateWebhookSecret,
  )
  .post(
    '/integration/webhooks/:webhook/test',
    authenticate,
    resolveTenant,
    requires('integrations:write', WEBHOOKS),
    testWebhook,
  )
  .post(
    '/integration/webhooks/:webhook/resume',
    authenticate,
    resolveTenant,
    requires('integrations:write', WEBHOOKS),
    resumeWebhook,
  )
  .get(
    '/integration/webhooks/:webhook/deliveries',
    authenticate,
    resolveTenant,
    requires('integrations:read', WEBHOOKS),
    listDeliveries,
  )
  .get(
    '/integration/webhooks/:webhook/deliveries/:delivery',
    authenticate,
    resolveTenant,
    requires('integrations:read', WEBHOOKS),
    showDelivery,
  )
  .post(
    '/integration/webhooks/:webhook/deliveries/:delivery/redeliver',
    authenticate,
    resolveTenant,
    requires('integrations:write', WEBHOOKS),
    redeliver,
  )
  .post(
    '/integration/webhooks/:webhook/redeliver',
    authenticate,
    resolveTenant,
    requires('integrations:write', WEBHOOKS),
    redeliverRange,
  )
  .delete(
    '/integration/webhooks/:webhook',
    authenticate,
    resolveTenant,
    requires('integrations:write', WEBHOOKS),
    removeWebhook,
  )
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
  .get('/ingest', authenticate, resolveTenant, requires('logs:write'), listWaysIn)
  .post('/ingest/heroku', speaks(LOGPLEX), authenticate, resolveTenant, requires('logs:write'), ingestHeroku)
  .post('/ingest/vercel', speaks(VERCEL_DRAIN), authenticate, resolveTenant, requires('logs:write'), ingestVercel)
  .post('/ingest/logpush', speaks(LOGPUSH_JOB), authenticate, resolveTenant, requires('logs:write'), ingestLogpush)
  .post(
    '/ingest/firehose',
    speaks(FIREHOSE_DELIVERY),
    authenticate,
    resolveTenant,
    requires('logs:write'),
    ingestFirehose,
  )
  .post('/ingest/:kind', speaks(PLAIN), authenticate, resolveTenant, requires('logs:write'), ingestKind)
  .post('/gelf', speaks(GELF_INPUT), authenticate, resolveTenant, requires('logs:write'), ingestGelf)
  .post('/upload', speaks(JOURNAL_REMOTE), authenticate, resolveTenant, requires('logs:write'), ingestJournal)
  .post('/log/v1', speaks(NEW_RELIC_LOGS), authenticate, resolveTenant, requires('logs:write'), ingestNewRelic)
  .post('/v1/datasets/:dataset/ingest', speaks(AXIOM), authenticate, resolveTenant, requires('logs:write'), ingestAxiom)
  .post('/v1/ingest/:dataset', speaks(AXIOM), authenticate, resolveTenant, requires('logs:write'), ingestAxiom)
  .post('/', speaks(BETTER_STACK), authenticate, resolveTenant, requires('logs:write'), ingestLogtail)
  .post('/v1/logs', speaks(OTLP_DIALECT), authenticate, resolveTenant, requires('logs:write'), ingestOtlp)
  .post('/otlp/v1/logs', speaks(OTLP_DIALECT), authenticate, resolveTenant, requires('logs:write'), ingestOtlp)
  .post('/loki/api/v1/push', speaks(LOKI_DIALECT), authenticate, resolveTenant, requires('logs:write'), pushLoki)
  .post('/api/prom/push', speaks(LOKI_DIALECT), authenticate, resolveTenant, requires('logs:write'), pushLoki)
  .get('/ready', isPublic, showLokiReady)
  .get('/loki/api/v1/status/buildinfo', isPublic, showLokiBuild)
  .get('/', speaks(ELASTIC_DIALECT), isPublic, showBanner)
  .post('/_bulk', speaks(ELASTIC_DIALECT), authenticate, resolveTenant, requires('logs:write'), ingestBulk)
  .put('/_bulk', speaks(ELASTIC_DIALECT), authenticate, resolveTenant, requires('logs:write'), ingestBulk)
  .post('/:index/_bulk', speaks(ELASTIC_DIALECT), authenticate, resolveTenant, requires('logs:write'), ingestBulk)
  .put('/:index/_bulk', speaks(ELASTIC_DIALECT), authenticate, resolveTenant, requires('logs:write'), ingestBulk)
  .post('/:index/_doc', speaks(ELASTIC_DIALECT), authenticate, resolveTenant, requires('logs:write'), ingestDocument)
  .post(
    '/:index/_doc/:id',
    speaks(ELASTIC_DIALECT),
    authenticate,
    resolveTenant,
    requires('logs:write'),
    ingestDocument,
  )
  .post(
    '/:index/_create/:document',
    speaks(ELASTIC_DIALECT),
    authenticate,
    resolveTenant,
    requires('logs:write'),
    createDocument,
  )
  .put('/:index/_doc/:id', speaks(ELASTIC_DIALECT), authenticate, resolveTenant, requires('logs:write'), ingestDocument)
  .put(
    '/:index/_create/:document',
    speaks(ELASTIC_DIALECT),
    authenticate,
    resolveTenant,
    requires('logs:write'),
    createDocument,
  )
  .post('/_refresh', speaks(ELASTIC_DIALECT), authenticate, resolveTenant, requires('logs:write'), refreshElastic)
  .get('/:index/_refresh', speaks(ELASTIC_DIALECT), authenticate, resolveTenant, requires('logs:write'), refreshElastic)
  .post(
    '/:index/_refresh',
    speaks(ELASTIC_DIALECT),
    authenticate,
    resolveTenant,
    requires('logs:write'),
    refreshElastic,
  )
  .get('/_:api', speaks(ELASTIC_DIALECT), authenticate, resolveTenant, requires('logs:write'), answerElastic)
  .get('/_:api/:name', speaks(ELASTIC_DIALECT), authenticate, resolveTenant, requires('logs:write'), answerElastic)
  .get(
    '/_:api/:part/:name',
    speaks(ELASTIC_DIALECT),
    authenticate,
    resolveTenant,
    requires('logs:write'),
    answerElastic,
  )
  .put('/_:api/:name', speaks(ELASTIC_DIALECT), authenticate, resolveTenant, requires('logs:write'), acknowledgeElastic)
  .put(
    '/_:api/:part/:name',
    speaks(ELASTIC_DIALECT),
    authenticate,
    resolveTenant,
    requires('logs:write'),
    acknowledgeElastic,
  )
  .get('/logstash', speaks(ELASTIC_DIALECT), authenticate, resolveTenant, requires('logs:write'), showAlias)
  .post(
    '/services/collector',
    speaks(SPLUNK_DIALECT),
    authenticate,
    resolveTenant,
    requires('logs:write'),
    ingestHecEvents,
  )
  .post(
    '/services/collector/event',
    speaks(SPLUNK_DIALECT),
    authenticate,
    resolveTenant,
    requires('logs:write'),
    ingestHecEvents,
  )
  .post(
    '/services/collector/event/1.0',
    speaks(SPLUNK_DIALECT),
    authenticate,
    resolveTenant,
    requires('logs:write'),
    ingestHecEvents,
  )
  .post(
    '/services/collector/raw',
    speaks(SPLUNK_DIALECT),
    authenticate,
    resolveTenant,
    requires('logs:write'),
    ingestHecRaw,
  )
  .post(
    '/services/collector/raw/1.0',
    speaks(SPLUNK_DIALECT),
    authenticate,
    resolveTenant,
    requires('logs:write'),
    ingestHecRaw,
  )
  .get('/services/collector/health', speaks(SPLUNK_DIALECT), isPublic, showHecHealth)
  .get('/services/collector/health/1.0', speaks(SPLUNK_DIALECT), isPublic, showHecHealth)
  .post(
    '/services/collector/ack',
    speaks(SPLUNK_DIALECT),
    authenticate,
    resolveTenant,
    requires('logs:write'),
    answerHecAcks,
  )
  .post(
    '/services/collector/ack/1.0',
    speaks(SPLUNK_DIALECT),
    authenticate,
    resolveTenant,
    requires('logs:write'),
    answerHecAcks,
  )
  .post('/api/v2/logs', speaks(DATADOG_DIALECT), authenticate, resolveTenant, requires('logs:write'), ingestDatadog)
  .post('/v1/input', speaks(DATADOG_DIALECT), authenticate, resolveTenant, requires('logs:write'), ingestDatadogV1)
  .post('/v1/input/:key', speaks(DATADOG_DIALECT), authenticate, resolveTenant, requires('logs:write'), ingestDatadogV1)
  .get(
    '/api/v1/validate',
    speaks(DATADOG_DIALECT),
    authenticate,
    resolveTenant,
    requires('logs:write'),
    validateDatadogKey,
  )

router.all('*', unknownRoute(router.routes))
