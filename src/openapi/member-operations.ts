import * as z from 'zod'
import { MemberAnswer, MemberEdit, MemberInvitation, MemberQuery } from '../routes/member-body'
import type { Operation } from './operation'
import { IfMatch, json } from './request-parts'

const MemberPath = z.object({ member: z.string().meta({ description: 'Their id, mem_….' }) })

const id = 'mem_01kaj2m4x8v3c9t0w5b6n7p2qr'

const shown = {
  id,
  email: 'ada@acme.com',
  subject: 'acme:00u1f2g3h4',
  role: 'editor',
  filter: null,
  status: 'active',
  created_at: '2026-11-21T10:00:00.000Z',
}

/** The members of a tenant. */
export const MEMBER_OPERATIONS: readonly Operation[] = [
  {
    id: 'createMember',
    group: 'admin',
    method: 'POST',
    path: '/admin/members',
    scope: 'admin:members',
    summary: 'Adds somebody who signs in with a JWT',
    description:
      'By who they are for their issuer (`subject`), or by their address: then they are `invited` until they first come with ' +
      'a token whose issuer says that the address is verified, and are known by their subject from then on. We send no ' +
      'letters. A member has the role of their row, whatever their token claims. Only owners add owners.',
    body: { description: 'Who, and what they may do.', content: json(MemberInvitation) },
    answers: { 201: { description: 'The member.', content: json(MemberAnswer) } },
    problems: ['validation_failed', 'query_syntax', 'conflict', 'invalid_json', 'payload_too_large'],
    example: {
      body: { email: 'ada@acme.com', role: 'editor' },
      status: 201,
      answer: { ...shown, subject: null, status: 'invited' },
    },
  },
  {
    id: 'listMembers',
    group: 'admin',
    method: 'GET',
    path: '/admin/members',
    scope: 'admin:members',
    summary: 'The members of the tenant',
    description: 'Those who came first at the top.',
    query: MemberQuery,
    answers: {
      200: {
        description: 'A page of members.',
        content: json(
          z.strictObject({
            data: z.array(MemberAnswer),
            page: z.strictObject({ next_cursor: z.string().nullable(), has_more: z.boolean() }),
          }),
        ),
      },
    },
    problems: ['validation_failed', 'cursor_mismatch'],
    example: { status: 200, answer: { data: [shown], page: { next_cursor: null, has_more: false } } },
  },
  {
    id: 'showMember',
    group: 'admin',
    method: 'GET',
    path: '/admin/members/:member',
    scope: 'admin:members',
    summary: 'One member',
    description: 'With the version of the row in `ETag`.',
    pathParameters: MemberPath,
    answers: { 200: { description: 'The member.', content: json(MemberAnswer) } },
    problems: ['validation_failed'],
    example: { path: { member: id }, status: 200, answer: shown },
  },
  {
    id: 'changeMember',
    group: 'admin',
    method: 'PATCH',
    path: '/admin/members/:member',
    scope: 'admin:members',
    summary: 'Changes the role, filter or status of a member',
    description:
      'It holds from the next request on, and ends their sessions. Who is suspended is not let in at all, not even by what ' +
      'their token claims. A tenant keeps at least one owner who has signed in (`conflict`).',
    pathParameters: MemberPath,
    headers: IfMatch,
    body: { description: 'The members to change; null takes the filter away.', content: json(MemberEdit) },
    answers: { 200: { description: 'The member as they are now.', content: json(MemberAnswer) } },
    problems: [
      'validation_failed',
      'query_syntax',
      'conflict',
      'precondition_failed',
      'invalid_json',
      'payload_too_large',
    ],
    example: { path: { member: id }, body: { role: 'viewer' }, status: 200, answer: { ...shown, role: 'viewer' } },
  },
  {
    id: 'removeMember',
    group: 'admin',
    method: 'DELETE',
    path: '/admin/members/:member',
    scope: 'admin:members',
    summary: 'Removes a member',
    description:
      'Their sessions end with it. Whoever their issuer’s claims let in still comes in by those: suspend such a person ' +
      'instead. The last owner cannot leave (`conflict`).',
    pathParameters: MemberPath,
    headers: IfMatch,
    answers: {
      200: { description: 'Removed.', content: json(z.strictObject({ removed: z.string() })) },
    },
    problems: ['validation_failed', 'conflict', 'precondition_failed'],
    example: { path: { member: id }, status: 200, answer: { removed: id } },
  },
]
