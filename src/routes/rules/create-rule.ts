import { requireFullSight } from '../../http/access'
import type { Handler } from '../../http/handler'
import { mintId } from '../../http/mint-id'
import { readJson } from '../../http/read-json'
import { readQuery } from '../../http/read-query'
import { RULE_BODY_BYTES_MAX } from '../../limits/limits'
import { RuleDraft } from '../../rules/rule'
import { jsonAnswer } from '../search-answer'
import { askRules, readRules, ruleAnswer, ruleIn } from './ask-rules'
import { checkRule } from './check-rule'
import { DryRunQuery } from './rule-body'

/** `POST /integration/rules`: makes a rule. It watches from the next batch on. */
export const createRule: Handler = async (request, env) => {
  requireFullSight(request)
  const { dry_run } = readQuery(request.url, DryRunQuery)
  const draft = await readJson(request, RuleDraft, RULE_BODY_BYTES_MAX)
  const id = mintId('rul', Date.now(), crypto.getRandomValues(new Uint8Array(16)))
  checkRule({ ...draft, id }, await readRules(request, env))
  if (dry_run === 'true') return jsonAnswer({ dry_run: true, rule: draft })
  const rule = ruleIn(await askRules(request, env, { what: 'create', id, draft }))
  return ruleAnswer(rule, { status: 201, location: `/integration/rules/${rule.id}` })
}
