import * as z from 'zod'
import { DomainEdit, DomainQuery, DomainRegistration } from '../domains/admin-bodies'
import { DomainAnswer, DomainList, RegistrationAnswer, VerificationAnswer } from '../domains/domain-answer'
import { DomainChoice } from '../routes/domain-of-tenant'
import { RemovalAnswer } from '../routes/remove-domain'
import type { Operation } from './operation'
import { IfMatch, json } from './request-parts'

const DomainPath = z.object({ domain: z.string().meta({ description: 'The host name, in any spelling.' }) })

const registered: RegistrationAnswer = {
  domain: 'example.com',
  tenantId: 'example-tenant',
  plan: 'standard',
  contactEmail: 'admin@example.com',
  config: { retentionDays: 30, maxLogsPerDay: 100_000, enableAnalytics: true },
  status: 'pending',
  proof: null,
  verification: {
    expiresAt: '2026-11-28T10:00:00.000Z',
    record: {
      type: 'TXT',
      name: '_sluice-challenge.example.com',
      value: '3q9tr0w2x8c4v6b1n5m7k0jhgd.p4s6f8d0a2z1x3c5v7b9n0m2kq',
    },
    file: {
      url: 'https://example.com/.well-known/sluice-challenge/3q9tr0w2x8c4v6b1n5m7k0jhgd',
      content: '3q9tr0w2x8c4v6b1n5m7k0jhgd.p4s6f8d0a2z1x3c5v7b9n0m2kq',
    },
  },
  provedAt: null,
  checkedAt: null,
  proofMissingSince: null,
  createdAt: '2026-11-21T10:00:00.000Z',
  tenantCreated: true,
  message:
    'The tenant example-tenant was created. Add the TXT record _sluice-challenge.example.com and POST ' +
    '/admin/domains/example.com/verify: example.com routes once it is proved.',
}

const local: DomainAnswer = {
  ...{ domain: 'acme.localhost', tenantId: 'acme', plan: 'standard', contactEmail: null, config: {} },
  ...{ status: 'active', proof: 'none', verification: null, provedAt: null, checkedAt: null, proofMissingSince: null },
  createdAt: '2026-11-21T10:00:00.000Z',
}

/** Domains: the operator’s for all tenants, everybody else’s for their own. */
export const DOMAIN_OPERATIONS: readonly Operation[] = [
  {
    id: 'registerDomain',
    group: 'admin',
    method: 'POST',
    path: '/admin/domains',
    scope: 'admin:domains',
    summary: 'Registers a domain, and makes its tenant when that is new',
    description:
      'For the operator, who names the tenant in `tenantId`, and for admins of a tenant, who need not. `plan` and `config` are ' +
      'of a tenant that is new; where there is one they must agree with it. A name below `localhost` or below the service’s ' +
      'own host routes at once; any other waits for its proof, and whoever proves it first has it. The same request again ' +
      'changes nothing, but for a challenge that was over.',
    body: { description: 'The domain, and whose it is.', content: json(DomainRegistration) },
    answers: {
      200: { description: 'It was registered before.', content: json(RegistrationAnswer) },
      201: { description: 'The domain, and what its owner has to show.', content: json(RegistrationAnswer) },
    },
    problems: ['validation_failed', 'conflict', 'invalid_json', 'payload_too_large'],
    example: {
      body: {
        domain: 'example.com',
        tenantId: 'example-tenant',
        plan: 'standard',
        contactEmail: 'admin@example.com',
        config: { retentionDays: 30, maxLogsPerDay: 100_000, enableAnalytics: true },
      },
      ...{ by: 'operator', status: 201, answer: registered },
    },
  },
  {
    id: 'listDomains',
    group: 'admin',
    method: 'GET',
    path: '/admin/domains',
    scope: 'admin:domains',
    summary: 'The domains of a tenant, or for the operator of all',
    description: 'By name, page by page: `page.next_cursor` begins the next one.',
    query: DomainQuery,
    answers: { 200: { description: 'A page of domains.', content: json(DomainList) } },
    problems: ['validation_failed', 'cursor_mismatch'],
    example: { status: 200, answer: { data: [local], page: { next_cursor: null, has_more: false } } },
  },
  {
    id: 'getDomain',
    group: 'admin',
    method: 'GET',
    path: '/admin/domains/:domain',
    scope: 'admin:domains',
    summary: 'A domain, with its challenge while that is open',
    description:
      '`proofMissingSince` says that the daily look finds no proof: 72 hours later the domain stops routing.',
    pathParameters: DomainPath,
    query: DomainChoice,
    answers: { 200: { description: 'The domain; its version is in ETag.', content: json(DomainAnswer) } },
    problems: ['validation_failed', 'conflict'],
    example: { path: { domain: 'acme.localhost' }, status: 200, answer: local },
  },
  {
    id: 'changeDomain',
    group: 'admin',
    method: 'PATCH',
    path: '/admin/domains/:domain',
    scope: 'admin:domains',
    summary: 'Suspends a domain, resumes it, or says whom to write to',
    description:
      'A suspended domain answers like one that nobody has. What the operator has suspended, only the operator resumes. ' +
      'Nothing but a proof makes a domain active that was not.',
    pathParameters: DomainPath,
    query: DomainChoice,
    headers: IfMatch,
    body: { description: 'What to change.', content: json(DomainEdit) },
    answers: { 200: { description: 'The domain as it is now.', content: json(DomainAnswer) } },
    problems: ['validation_failed', 'conflict', 'precondition_failed', 'invalid_json', 'payload_too_large'],
    example: {
      path: { domain: 'acme.localhost' },
      body: { contactEmail: 'ops@acme.example' },
      status: 200,
      answer: { ...local, contactEmail: 'ops@acme.example' },
    },
  },
  {
    id: 'removeDomain',
    group: 'admin',
    method: 'DELETE',
    path: '/admin/domains/:domain',
    scope: 'admin:domains',
    summary: 'Removes a domain',
    description:
      'It stops routing at once, and anybody who proves it can have it. The tenant’s logs stay. The operator can say whose ' +
      'registration is meant with `tenantId`, as for GET.',
    pathParameters: DomainPath,
    headers: IfMatch,
    answers: { 200: { description: 'It is gone.', content: json(RemovalAnswer) } },
    problems: ['validation_failed', 'conflict', 'precondition_failed'],
    example: {
      ...{ path: { domain: 'example.com' }, by: 'operator', status: 200 },
      answer: { domain: 'example.com', removed: true },
    },
  },
  {
    id: 'verifyDomain',
    group: 'admin',
    method: 'POST',
    path: '/admin/domains/:domain/verify',
    scope: 'admin:domains',
    summary: 'Looks for the proof of a domain now',
    description:
      'Asks the resolvers of `DOH_RESOLVERS` for the TXT record, and the host itself for the file. `verified: false` says in ' +
      '`message` what was found. Where two tenants have proved it, the second one gets `conflict`. It looks once in 5 seconds, ' +
      'and is `rate_limited` before.',
    pathParameters: DomainPath,
    query: DomainChoice,
    answers: { 200: { description: 'What was found, and the domain.', content: json(VerificationAnswer) } },
    problems: ['validation_failed', 'conflict'],
    example: {
      path: { domain: 'acme.localhost' },
      status: 200,
      answer: { ...local, verified: true, message: 'This name needs no proof.', platform: null },
    },
  },
]
