import * as z from 'zod'
import { requireFullSight } from '../../http/access'
import type { Handler } from '../../http/handler'
import { readQuery } from '../../http/read-query'
import { askRules, readRule, ruleAnswer, ruleIn, versionWanted } from './ask-rules'

/** `DELETE /integration/rules/:rule`: takes a rule away. What it has made stays; a built-in rule can only be switched off. */
export const removeRule: Handler = async (request, env) => {
  requireFullSight(request)
  readQuery(request.url, z.strictObject({}))
  const { rule: id } = request.params
  const ifVersion = versionWanted(request.headers, await readRule(request, env, id))
  await askRules(request, env, { what: 'delete', id, ...ifVersion })
  return new Response(null, { status: 204 })
}

/** `POST /integration/rules/:builtin/reset`: a built-in rule as it was delivered. */
export const resetRule: Handler = async (request, env) => {
  requireFullSight(request)
  readQuery(request.url, z.strictObject({}))
  const { builtin: id } = request.params
  versionWanted(request.headers, await readRule(request, env, id))
  return ruleAnswer(ruleIn(await askRules(request, env, { what: 'reset', id })))
}
