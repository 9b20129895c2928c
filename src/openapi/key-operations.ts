import * as z from 'zod'
import { KeyAnswer, NewKeyAnswer } from '../routes/key-answer'
import { KeyEdit, KeyQuery, KeyRegistration, KeyRotation } from '../routes/key-body'
import type { Operation } from './operation'
import { IfMatch, json } from './request-parts'

const KeyPath = z.object({ key: z.string().meta({ description: 'Its id, key_….' }) })

const id = 'key_01kaj2m4x8v3c9t0w5b6n7p2qr'

const shown = {
  id,
  kind: 'rd',
  last4: 'x7Qa',
  note: 'dashboards of the checkout team',
  role: 'viewer',
  scopes: ['logs:read', 'tail', 'integrations:read'],
  filter: 'service:checkout',
  origins: null,
  addresses: null,
  status: 'active',
  created_at: '2026-11-21T10:00:00.000Z',
  created_by: 'key_01kaj2m4x8v3c9t0w5b6n7p2qs',
  expires_at: null,
  rotated_from: null,
  last_used: '2026-11-21',
}

const fresh = {
  ...shown,
  last_used: null,
  key: 'slc_rd_…',
}

/** The keys of a tenant. */
export const KEY_OPERATIONS: readonly Operation[] = [
  {
    id: 'createKey',
    group: 'admin',
    method: 'POST',
    path: '/admin/keys',
    scope: 'admin:keys',
    summary: 'Makes a key',
    description:
      'The text of the key is in this answer and nowhere else: only its hash is stored. Nobody gives what they do not have ' +
      '(`scope_missing`): scopes and role are at most those of the caller, and the filter of the caller is added to that of ' +
      'the key. See docs/keys-and-roles.md.',
    body: { description: 'What the key may do.', content: json(KeyRegistration) },
    answers: { 201: { description: 'The key, this once.', content: json(NewKeyAnswer) } },
    problems: ['validation_failed', 'query_syntax', 'conflict', 'invalid_json', 'payload_too_large'],
    example: { body: { kind: 'rd', note: shown.note, filter: shown.filter }, status: 201, answer: fresh },
  },
  {
    id: 'listKeys',
    group: 'admin',
    method: 'GET',
    path: '/admin/keys',
    scope: 'admin:keys',
    summary: 'The keys of the tenant',
    description:
      'Oldest first. Keys that were revoked or have expired stay for 90 days. No answer holds a key or its hash.',
    query: KeyQuery,
    answers: {
      200: {
        description: 'A page of keys.',
        content: json(
          z.strictObject({
            data: z.array(KeyAnswer),
            page: z.strictObject({ next_cursor: z.string().nullable(), has_more: z.boolean() }),
          }),
        ),
      },
    },
    problems: ['validation_failed', 'cursor_mismatch'],
    example: { status: 200, answer: { data: [shown], page: { next_cursor: null, has_more: false } } },
  },
  {
    id: 'showKey',
    group: 'admin',
    method: 'GET',
    path: '/admin/keys/:key',
    scope: 'admin:keys',
    summary: 'One key',
    description: 'With its version in `ETag`. `last_used` is the day of the last use, UTC.',
    pathParameters: KeyPath,
    answers: { 200: { description: 'The key.', content: json(KeyAnswer) } },
    problems: ['validation_failed'],
    example: { path: { key: id }, status: 200, answer: shown },
  },
  {
    id: 'changeKey',
    group: 'admin',
    method: 'PATCH',
    path: '/admin/keys/:key',
    scope: 'admin:keys',
    summary: 'Changes a key',
    description:
      'What is absent stays, null takes a member away. It holds from the next request on. The caller needs all that the key ' +
      'had and all that it will have. The kind cannot be changed.',
    pathParameters: KeyPath,
    headers: IfMatch,
    body: { description: 'The members to change.', content: json(KeyEdit) },
    answers: { 200: { description: 'The key as it is now.', content: json(KeyAnswer) } },
    problems: [
      'validation_failed',
      'query_syntax',
      'conflict',
      'precondition_failed',
      'invalid_json',
      'payload_too_large',
    ],
    example: {
      path: { key: id },
      body: { note: 'all dashboards' },
      status: 200,
      answer: { ...shown, note: 'all dashboards' },
    },
  },
  {
    id: 'rotateKey',
    group: 'admin',
    method: 'POST',
    path: '/admin/keys/:key/rotate',
    scope: 'admin:keys',
    summary: 'Puts a new key in the place of one',
    description:
      'The new key has all that the old one has. Until the overlap is over both work, a day when nothing is said; then only ' +
      'the new one does. The body may be left out.',
    pathParameters: KeyPath,
    headers: IfMatch,
    body: { description: 'How long both work.', content: json(KeyRotation) },
    answers: { 201: { description: 'The new key, this once.', content: json(NewKeyAnswer) } },
    problems: ['validation_failed', 'conflict', 'precondition_failed', 'invalid_json', 'payload_too_large'],
    example: {
      path: { key: id },
      body: { overlap_seconds: 3600 },
      status: 201,
      answer: { ...fresh, id: 'key_01kaj2m4x8v3c9t0w5b6n7p2qt', rotated_from: id },
    },
  },
  {
    id: 'revokeKey',
    group: 'admin',
    method: 'DELETE',
    path: '/admin/keys/:key',
    scope: 'admin:keys',
    summary: 'Revokes a key',
    description:
      'The next request with it is refused with `key_revoked`, wherever it comes in. Sessions that were opened with it end ' +
      'too. Keys of owners are revoked by owners only.',
    pathParameters: KeyPath,
    headers: IfMatch,
    answers: { 200: { description: 'The key, which is revoked.', content: json(KeyAnswer) } },
    problems: ['validation_failed', 'precondition_failed'],
    example: {
      path: { key: id },
      status: 200,
      answer: { ...shown, status: 'revoked', expires_at: '2026-11-21T12:00:00.000Z' },
    },
  },
]

/** Keys that the operator makes for a tenant. */
export const TENANT_KEY_OPERATIONS: readonly Operation[] = [
  {
    id: 'createTenantKey',
    group: 'admin',
    method: 'POST',
    path: '/admin/tenants/:tenant/keys',
    scope: 'operator',
    summary: 'Makes a key of any tenant',
    description:
      'For the first key of a tenant, and for an owner who has lost theirs: `{"kind":"adm","role":"owner"}` administers the ' +
      'tenant whole. With it, its owner makes all others.',
    pathParameters: z.object({ tenant: z.string().meta({ description: 'The name or id of the tenant.' }) }),
    body: { description: 'What the key may do.', content: json(KeyRegistration) },
    answers: { 201: { description: 'The key, this once.', content: json(NewKeyAnswer) } },
    problems: ['validation_failed', 'query_syntax', 'conflict', 'invalid_json', 'payload_too_large'],
    example: {
      path: { tenant: 'acme' },
      body: { kind: 'adm', role: 'owner', note: 'the first' },
      status: 201,
      answer: {
        ...fresh,
        kind: 'adm',
        note: 'the first',
        role: 'owner',
        scopes: [
          'logs:write',
          'logs:read',
          'tail',
          'integrations:read',
          'integrations:write',
          'admin:read',
          'admin:keys',
          'admin:members',
          'admin:domains',
          'admin:settings',
          'admin:audit',
          'admin:tenant',
        ],
        filter: null,
        key: 'slc_adm_…',
      },
    },
  },
]
