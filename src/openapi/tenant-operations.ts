import * as z from 'zod'
import { TenantEdit, TenantQuery, TenantRegistration } from '../domains/admin-bodies'
import { TenantAnswer } from '../domains/tenant-answer'
import { ErasureAnswer } from '../routes/get-erasure'
import { CertificateKeys } from '../routes/show-certificate-key'
import type { ErasureCertificate } from '../tenant/erasure-certificate'
import type { Operation } from './operation'
import { IfMatch, json } from './request-parts'

const TenantPath = z.object({ tenant: z.string().meta({ description: 'The name or id of the tenant.' }) })

const acme: TenantAnswer = {
  id: 'ten_01kaj2m4x8v3c9t0w5b6n7p2qr',
  name: 'acme',
  plan: 'standard',
  status: 'active',
  contact_email: 'ops@acme.example',
  limits: { retention_days: 90 },
  in_force: {
    ...{ retention_days: 90, max_logs_per_day: null, domains: 100, keys: 200, members: 100 },
    ...{ concurrent_tails: 50, concurrent_queries: 16 },
    features: ['analytics', 'integrations', 'webhooks', 'content_analysis', 'websocket'],
  },
  created_at: '2026-11-21T10:00:00.000Z',
  erased_after: null,
}

const globex: TenantAnswer = {
  ...acme,
  ...{ id: 'ten_01kaj2m4x8v3c9t0w5b6n7p2qs', name: 'globex', contact_email: null, limits: {} },
  in_force: { ...acme.in_force, retention_days: 30 },
}

const certificate: ErasureCertificate = {
  iss: 'sluice',
  iat: 1764320460,
  kind: 'sluice-erasure-certificate',
  tenant: {
    ...{ id: 'ten_01kaj2m4x8v3c9t0w5b6n7p2qt', name: 'initech', plan: 'free' },
    created_at: '2026-11-01T10:00:00.000Z',
  },
  due_at: '2026-11-28T09:00:00.000Z',
  begun_at: '2026-11-28T09:00:30.000Z',
  finished_at: '2026-11-28T09:01:00.000Z',
  erased: {
    object: {
      ...{ bytes: 159744, unsealed_records: 12, unpublished_segments: 0 },
      directory: { tenant: 1, settings: 1, key: 3, domain: 1, member: 0, session: 0 },
    },
    control: { segment: 2, session: 0, member: 0, api_key: 3, domain: 1, host_claim: 1, due: 1, tenant: 1 },
    payload: { segments: 1, parts: 1 },
    archive: { objects: 1, bytes: 734003 },
    cache: { values: 2 },
  },
  segments: {
    ...{ count: 2, records: 40211, bytes: 1203441 },
    sha256: '5f1d7a84db00d2fce00b31a7fc73224f2d2b6a4b3a4b8d0b1c0ad9a6f8ed0c55',
  },
  records_of_all_time: 40223,
  verified: 'Every store was looked through after the last deletion, and had nothing of the tenant.',
  remains: ['Cloudflare keeps the history of D1 databases and of Durable Objects for 30 days …'],
}

const EDIT_PROBLEMS = [
  'validation_failed',
  'conflict',
  'precondition_failed',
  'invalid_json',
  'payload_too_large',
] as const

/** Tenants: for the operator of the service, and in parts for owners and admins. */
export const TENANT_OPERATIONS: readonly Operation[] = [
  {
    id: 'registerTenant',
    group: 'admin',
    method: 'POST',
    path: '/admin/tenants',
    scope: 'operator',
    summary: 'Makes a tenant',
    description:
      'The same request again finds the tenant that it made, with 200. `limits` takes the place of the plan’s numbers, ' +
      'within what the plan allows. `POST /admin/domains` makes tenants too.',
    body: { description: 'A name and what is agreed.', content: json(TenantRegistration) },
    answers: {
      200: { description: 'It is there already, as asked for.', content: json(TenantAnswer) },
      201: { description: 'The tenant.', content: json(TenantAnswer) },
    },
    problems: ['validation_failed', 'conflict', 'invalid_json', 'payload_too_large'],
    example: { body: { name: 'globex', plan: 'standard' }, status: 201, answer: globex },
  },
  {
    id: 'listTenants',
    group: 'admin',
    method: 'GET',
    path: '/admin/tenants',
    scope: 'operator',
    summary: 'All tenants, by name',
    description: 'Page by page: `page.next_cursor` begins the next one.',
    query: TenantQuery,
    answers: {
      200: {
        description: 'A page of tenants.',
        content: json(
          z.strictObject({
            data: z.array(TenantAnswer),
            page: z.strictObject({ next_cursor: z.string().nullable(), has_more: z.boolean() }),
          }),
        ),
      },
    },
    problems: ['validation_failed', 'cursor_mismatch'],
    example: { status: 200, answer: { data: [acme, globex], page: { next_cursor: null, has_more: false } } },
  },
  {
    id: 'getTenant',
    group: 'admin',
    method: 'GET',
    path: '/admin/tenants/:tenant',
    scope: 'admin:read',
    summary: 'A tenant, and what holds for it',
    description:
      'For the operator any tenant, for everybody else their own. `limits` is what was agreed, `in_force` what comes of ' +
      'plan, limits and variables.',
    pathParameters: TenantPath,
    answers: { 200: { description: 'The tenant; its version is in ETag.', content: json(TenantAnswer) } },
    problems: ['validation_failed'],
    example: { path: { tenant: 'acme' }, status: 200, answer: acme },
  },
  {
    id: 'changeTenant',
    group: 'admin',
    method: 'PATCH',
    path: '/admin/tenants/:tenant',
    scope: 'admin:tenant',
    summary: 'Changes plan and terms, suspends, resumes, or takes a deletion back',
    description:
      'Members that are left out stay; null goes back to the plan’s number. `status: suspended` refuses reads with ' +
      '`tenant_suspended` and writes with `ingest_suspended`, and loses nothing; `active` resumes, and takes back a deletion ' +
      'whose grace period is not over. For the operator; an owner can change `contact_email`. It holds from the next request on.',
    pathParameters: TenantPath,
    headers: IfMatch,
    body: { description: 'What to change.', content: json(TenantEdit) },
    answers: { 200: { description: 'The tenant as it is now.', content: json(TenantAnswer) } },
    problems: EDIT_PROBLEMS,
    example: {
      ...{ path: { tenant: 'acme' }, body: { limits: { retention_days: 90 } }, by: 'operator' },
      ...{ status: 200, answer: acme },
    },
  },
  {
    id: 'deleteTenant',
    group: 'admin',
    method: 'DELETE',
    path: '/admin/tenants/:tenant',
    scope: 'admin:tenant',
    summary: 'Deletes a tenant, after a grace period',
    description:
      'From now on it is closed, like a suspended one. Once `TENANT_GRACE_HOURS` (a week) are over, everything of it is ' +
      'erased from every store, and its name and hosts are free. Until then `PATCH` with a `status` takes it back. For the ' +
      'operator, and for owners of the tenant.',
    pathParameters: TenantPath,
    headers: IfMatch,
    answers: { 202: { description: 'It will be erased after `erased_after`.', content: json(TenantAnswer) } },
    problems: ['validation_failed', 'conflict', 'precondition_failed'],
    example: {
      ...{ path: { tenant: 'globex' }, by: 'operator', status: 202 },
      answer: { ...globex, status: 'deleting', erased_after: '2026-11-28T10:00:00.000Z' },
    },
  },
  {
    id: 'getErasure',
    group: 'admin',
    method: 'GET',
    path: '/admin/tenants/:tenant/certificate',
    scope: 'operator',
    summary: 'How far erasing a tenant has come, and its certificate',
    description:
      'Stays when the tenant is gone; of several tenants of one name, the last. The certificate lists what there was, and names ' +
      'what it does not reach: the platform’s 30 days of history, and backups. `jws` is the same document signed.',
    pathParameters: TenantPath,
    answers: { 200: { description: 'The state, and the certificate when it is done.', content: json(ErasureAnswer) } },
    problems: ['validation_failed'],
    example: {
      path: { tenant: 'initech' },
      status: 200,
      answer: {
        ...{ tenant_id: certificate.tenant.id, name: 'initech', status: 'erased', next_step: null },
        ...{ begun_at: certificate.begun_at, finished_at: certificate.finished_at, certificate },
        jws: 'eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJzbHVpY2UifQ.c2lnbmF0dXJl',
      },
    },
  },
  {
    id: 'showCertificateKey',
    group: 'admin',
    method: 'GET',
    path: '/admin/certificates/key',
    scope: 'public',
    summary: 'The key that certificates are checked with',
    description:
      'A JWK Set (RFC 7517) with an Ed25519 key (RFC 8037); empty until the first certificate. Whoever holds a certificate ' +
      'may check it, also when their tenant is gone.',
    answers: { 200: { description: 'The key.', content: json(CertificateKeys) } },
    problems: ['partition_unavailable'],
    example: {
      status: 200,
      answer: {
        keys: [
          {
            ...{ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
            ...{ kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k', alg: 'EdDSA', use: 'sig' },
          },
        ],
      },
    },
  },
]
