import * as z from 'zod'
import { parsePageCursor, toPageCursor } from '../../domains/page-cursor'
import type { Env } from '../../env'
import { requireFullSight } from '../../http/access'
import type { Handler, TenantRequest } from '../../http/handler'
import { ApiError } from '../../http/problem'
import { readJson } from '../../http/read-json'
import { readQuery } from '../../http/read-query'
import { ADMIN_BODY_BYTES_MAX } from '../../limits/limits'
import { jsonAnswer } from '../search-answer'
import { askRules, incidentIn } from './ask-rules'
import { IncidentListQuery, IncidentNote } from './rule-body'

/** `GET /integration/incidents`: what rules have found, the newest first. */
export const listIncidents: Handler = async (request, env) => {
  const { rule, state, limit, cursor } = readQuery(request.url, IncidentListQuery)
  const before = cursor === undefined ? {} : { before: positionOf(cursor) }
  const filters = { ...(rule !== undefined && { rule }), ...(state !== undefined && { state }) }
  const done = await askRules(request, env, { what: 'incidents', limit, ...before, ...filters })
  // Only now: the object may have had the caller proved again, with a filter that is newer.
  requireFullSight(request)
  if (!('incidents' in done)) throw new ApiError('not_found')
  const last = done.incidents.at(-1)
  const nextCursor = done.more && last !== undefined ? toPageCursor([String(last.number), 'incident']) : null
  return jsonAnswer({ data: done.incidents, page: { next_cursor: nextCursor, has_more: nextCursor !== null } })
}

/** `GET /integration/incidents/:incident`: one of them. */
export const showIncident: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const done = await askRules(request, env, { what: 'incident', id: request.params.incident })
  requireFullSight(request)
  return jsonAnswer(incidentIn(done))
}

/** `POST /integration/incidents/:incident/acknowledge`: somebody looks after it. */
export const acknowledgeIncident: Handler = (request, env) => settle(request, env, 'acknowledge')

/** `POST /integration/incidents/:incident/resolve`: it is over, whatever the rule says. */
export const resolveIncident: Handler = (request, env) => settle(request, env, 'resolve')

async function settle(request: TenantRequest, env: Env, what: 'acknowledge' | 'resolve'): Promise<Response> {
  requireFullSight(request)
  readQuery(request.url, z.strictObject({}))
  const { note } = request.body === null ? {} : await readJson(request, IncidentNote, ADMIN_BODY_BYTES_MAX)
  const ask = { what, id: request.params.incident, ...(note !== undefined && { note }) }
  const done = await askRules(request, env, ask)
  // Once more: the object may have had the caller proved again, with a filter that is newer.
  requireFullSight(request)
  return jsonAnswer(incidentIn(done))
}

function positionOf(cursor: string): number {
  const [number, of] = parsePageCursor(cursor) ?? []
  if (number === undefined || of !== 'incident' || !/^\d{1,15}$/.test(number)) throw new ApiError('cursor_mismatch')
  return Number(number)
}
