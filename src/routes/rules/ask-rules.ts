import type { Env } from '../../env'
import { requireFullSight } from '../../http/access'
import { refusalError } from '../../http/caller'
import type { TenantRequest } from '../../http/handler'
import { requireMatch, rowTag } from '../../http/if-match'
import { ApiError } from '../../http/problem'
import { withFreshHints } from '../../http/with-fresh-hints'
import type { Incident } from '../../rules/incident'
import type { Rule } from '../../rules/rule'
import type { RulesAnswer, RulesAsk } from '../../rules/rules-ask'
import { tenantRules } from '../../tenant-stub'

/** What the object answers when it does what it was asked. */
export type RulesDone = Extract<RulesAnswer, { readonly ok: true }>

/** Asks the tenant's object about its rules and incidents. Throws why it refuses. */
export async function askRules(request: TenantRequest, env: Env, ask: RulesAsk): Promise<RulesDone> {
  const outcome = await tryRules(request, env, ask)
  if (!outcome.ok) throw refusalError(outcome.refusal)
  return outcome
}

/** The same for who has something else to do when it is refused. */
export const tryRules = (request: TenantRequest, env: Env, ask: RulesAsk): Promise<RulesAnswer> => {
  const rules = tenantRules(env, request.tenantId)
  return withFreshHints(request, (caller) => {
    // Each time by who they are then: proved again they may have a filter.
    if (!OPEN_TO_PARTIAL_SIGHT.has(ask.what)) requireFullSight(request)
    return rules.ask(caller, ask)
  })
}

/** What a rule says is nobody's logs. Everything else is of all logs of the tenant, or changes what happens to them. */
const OPEN_TO_PARTIAL_SIGHT: ReadonlySet<RulesAsk['what']> = new Set(['list', 'get', 'versions'])

/** A rule as it is now. */
export const readRule = async (request: TenantRequest, env: Env, id: string): Promise<Rule> =>
  ruleIn(await askRules(request, env, { what: 'get', id }))

/** All rules of the tenant. */
export async function readRules(request: TenantRequest, env: Env): Promise<readonly Rule[]> {
  const done = await askRules(request, env, { what: 'list' })
  return 'rules' in done ? done.rules : []
}

/** The rule that an answer holds. */
export function ruleIn(done: RulesDone): Rule {
  if ('rule' in done) return done.rule
  throw new ApiError('not_found')
}

/** The incident that an answer holds. */
export function incidentIn(done: RulesDone): Incident {
  if ('incident' in done) return done.incident
  throw new ApiError('not_found')
}

/** Refuses a change that is meant for another version; answers the version that the object shall find, if it matters. */
export function versionWanted(headers: Headers, { version }: Rule): { readonly ifVersion?: number } {
  requireMatch(headers, version)
  const condition = headers.get('if-match')?.trim()
  return condition === undefined || condition === '*' ? {} : { ifVersion: version }
}

/** An answer about one rule, with the tag by which a change can say which version it is for. */
export function ruleAnswer(
  rule: Rule,
  { status = 200, location }: { readonly status?: number; readonly location?: string } = {},
): Response {
  const headers = new Headers({ 'content-type': 'application/json', 'cache-control': 'no-store, private' })
  headers.set('etag', rowTag(rule.version))
  if (location !== undefined) headers.set('location', location)
  return new Response(`${JSON.stringify(rule)}\n`, { status, headers })
}
