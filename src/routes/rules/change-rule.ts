import { toBodyErrors } from '../../domains/body-errors'
import type { Env } from '../../env'
import { requireFullSight } from '../../http/access'
import { refusalError } from '../../http/caller'
import type { Handler, TenantRequest } from '../../http/handler'
import { ApiError } from '../../http/problem'
import { readJson } from '../../http/read-json'
import { readQuery } from '../../http/read-query'
import { RULE_BODY_BYTES_MAX, SETTINGS_WRITE_TRIES } from '../../limits/limits'
import { draftOfRule } from '../../rules/active-rules'
import { type Rule, RuleDraft } from '../../rules/rule'
import { type Json, JsonObject } from '../../tenant/directory-rows'
import { mergePatch } from '../../tenant/settings-document'
import { jsonAnswer } from '../search-answer'
import { askRules, readRules, ruleAnswer, ruleIn, tryRules, versionWanted } from './ask-rules'
import { checkRule } from './check-rule'
import { DryRunQuery, RulePatch } from './rule-body'

/** `PUT /integration/rules/:rule`: this rule in the place of the one that was there. */
export const putRule: Handler = async (request, env) => {
  const { dry_run } = readQuery(request.url, DryRunQuery)
  const draft = await readJson(request, RuleDraft, RULE_BODY_BYTES_MAX)
  return change(request, env, { isDryRun: dry_run === 'true', next: () => draft })
}

/** `PATCH /integration/rules/:rule`: changes some members (RFC 7396). `enabled` alone switches a rule on or off. */
export const patchRule: Handler = async (request, env) => {
  const { dry_run } = readQuery(request.url, DryRunQuery)
  const patch = await readJson(request, RulePatch, RULE_BODY_BYTES_MAX)
  const isDryRun = dry_run === 'true'
  const [[name, enabled], ...others] = Object.entries(patch)
  if (!isDryRun && others.length === 0 && name === 'enabled' && typeof enabled === 'boolean')
    return switchRule(request, env, enabled)
  return change(request, env, { isDryRun, next: (rule) => patched(rule, JsonObject.parse(patch)) })
}

async function switchRule(request: TenantRequest, env: Env, enabled: boolean): Promise<Response> {
  requireFullSight(request)
  const { rule: id } = request.params
  versionWanted(request.headers, ruleIn(await askRules(request, env, { what: 'get', id })))
  return ruleAnswer(ruleIn(await askRules(request, env, { what: 'enable', id, enabled })))
}

interface Change {
  readonly isDryRun: boolean
  readonly next: (rule: Rule) => RuleDraft
}

/** Makes a change on top of what is there; one that comes in between is only overwritten where nobody named a version. */
async function change(request: TenantRequest, env: Env, { isDryRun, next }: Change): Promise<Response> {
  requireFullSight(request)
  const { rule: id } = request.params
  for (let tries = 1; ; tries++) {
    const rules = await readRules(request, env)
    const before = rules.find((rule) => rule.id === id)
    if (before === undefined) throw new ApiError('not_found')
    const { ifVersion } = versionWanted(request.headers, before)
    const draft = next(before)
    checkRule({ ...draft, id }, rules)
    if (isDryRun) return jsonAnswer({ dry_run: true, rule: draft })
    const done = await tryRules(request, env, { what: 'put', id, draft, ifVersion: before.version })
    if (done.ok) return ruleAnswer(ruleIn(done))
    const isOvertaken = done.refusal.kind === 'precondition_failed' && ifVersion === undefined
    if (!isOvertaken || tries === SETTINGS_WRITE_TRIES) throw refusalError(done.refusal)
  }
}

function patched(rule: Rule, patch: JsonObject): RuleDraft {
  const written: Json = JSON.parse(JSON.stringify(draftOfRule(rule)))
  const parsed = RuleDraft.safeParse(mergePatch(written, patch))
  if (parsed.success) return parsed.data
  throw new ApiError('validation_failed', 'There can be no such rule.', { errors: toBodyErrors(parsed.error) })
}
