import * as z from 'zod'
import { SessionAnswer } from '../routes/session-answer'
import type { Operation } from './operation'

const session = {
  kind: 'session',
  id: 'ses_01kaj2m4x8v3c9t0w5b6n7p2qr',
  tenant_id: 'ten_01kaj2m4x8v3c9t0w5b6n7p2qr',
  tenant: 'acme',
  time: '2026-11-21T10:00:00.000Z',
  role: 'viewer',
  scopes: ['logs:read', 'tail', 'integrations:read'],
  csrf_token: 'qk3nX5mC0b2JtV8dWZ7r1yLhUe4GpAsoKfNi6RvT9wE',
  expires: '2026-11-22T00:00:00.000Z',
}

const CsrfHeader = z.object({
  'X-CSRF-Token': z
    .string()
    .optional()
    .meta({ description: 'csrf_token of the session; needed when the request goes by the cookie.' }),
})

/** A browser's session. */
export const SESSION_OPERATIONS: readonly Operation[] = [
  {
    id: 'openSession',
    group: 'session',
    method: 'POST',
    path: '/session',
    scope: 'logs:read',
    summary: 'Exchanges a key or JWT for a cookie',
    description:
      'For pages: the cookie is `HttpOnly`, `SameSite=Strict`, and `Secure` but on one’s own machine without TLS; it lasts ' +
      '12 hours and is good for this tenant, with the role, scopes and filter of the credential and never more. A session ' +
      'of a key ends with the key. What changes something also needs `X-CSRF-Token`, and an `Origin` of this host. A ' +
      'session cannot open another, and a key or person has at most 100 that live (`conflict`).',
    answers: {
      201: { description: 'The session; its cookie is in Set-Cookie.', content: { 'application/json': SessionAnswer } },
    },
    problems: ['conflict'],
    example: { status: 201, answer: session },
  },
  {
    id: 'showSession',
    group: 'session',
    method: 'GET',
    path: '/session',
    scope: 'logs:read',
    summary: 'Who the request acts for',
    description:
      'By a session, a key or a JWT. A page asks it when it is loaded: 401 says that nobody is signed in, and `csrf_token` ' +
      'is what it has to send.',
    answers: { 200: { description: 'The principal.', content: { 'application/json': SessionAnswer } } },
    problems: [],
    example: {
      status: 200,
      answer: {
        kind: 'key',
        id: 'key_01kaj2m4x8v3c9t0w5b6n7p2qr',
        tenant_id: 'ten_01kaj2m4x8v3c9t0w5b6n7p2qr',
        tenant: 'acme',
        time: '2026-11-21T10:00:00.000Z',
        role: 'viewer',
        scopes: ['logs:read', 'tail', 'integrations:read'],
      },
    },
  },
  {
    id: 'closeSession',
    group: 'session',
    method: 'DELETE',
    path: '/session',
    scope: 'logs:read',
    summary: 'Signs out',
    description:
      'Ends the session of the cookie, for every copy of it, and takes the cookie away. `ended` is false for who came by a ' +
      'key or JWT: there was no session.',
    headers: CsrfHeader,
    answers: {
      200: { description: 'Signed out.', content: { 'application/json': z.object({ ended: z.boolean() }) } },
    },
    problems: [],
    example: { status: 200, answer: { ended: false } },
  },
]
