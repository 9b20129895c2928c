import * as z from 'zod'
import { requireFullSight } from '../../http/access'
import type { Handler } from '../../http/handler'
import { ApiError } from '../../http/problem'
import { readQuery } from '../../http/read-query'
import { jsonAnswer } from '../search-answer'
import { askRules, readRule, ruleAnswer } from './ask-rules'

/** `GET /integration/rules/:rule`: one rule, with its version in `ETag`. */
export const showRule: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  return ruleAnswer(await readRule(request, env, request.params.rule))
}

/** `GET /integration/rules/:rule/versions`: what a rule was, the newest version first. */
export const listRuleVersions: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const done = await askRules(request, env, { what: 'versions', id: request.params.rule })
  return jsonAnswer({ data: 'rules' in done ? done.rules : [] })
}

/** `GET /integration/rules/:rule/groups`: which groups of a rule are about to fire, fire, or are quiet. */
export const listRuleGroups: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  const done = await askRules(request, env, { what: 'groups', id: request.params.rule })
  // Only now: the object may have had the caller proved again, with a filter that is newer.
  requireFullSight(request)
  if (!('groups' in done)) throw new ApiError('not_found')
  return jsonAnswer({ data: done.groups })
}
