import type { Env } from '../env'
import { requireFullSight } from '../http/access'
import { refusalError } from '../http/caller'
import type { Handler } from '../http/handler'
import { withFreshHints } from '../http/with-fresh-hints'
import type { RetentionRun } from '../segments/retention-run'
import { readStoredByClass } from '../storage/d1/catalog-upkeep'
import type { RetentionRules } from '../tenant/retention-rules'
import { tenantDirectory } from '../tenant-stub'
import { jsonAnswer } from './search-answer'
import { refuseParameters } from './show-settings'

/** `GET /admin/retention`: how long records are kept, what is stored of each class, and what the last runs have removed. */
export const showRetention: Handler = async (request, env) => {
  refuseParameters(request.url)
  const directory = tenantDirectory(env, request.tenantId)
  const outcome = await withFreshHints(request, (by) => directory.readRetention(by))
  if (!outcome.ok) throw refusalError(outcome.refusal)
  // It counts what is stored and what was removed, whoever may see it.
  requireFullSight(request)
  return jsonAnswer({
    ...inForce(outcome.rules),
    stored: await storedOf(env, request.tenantId),
    runs: outcome.runs.map(runAnswer),
  })
}

const storedOf = (env: Env, tenantId: string) => readStoredByClass(env.CONTROL, tenantId)

const inForce = ({ defaultDays, rules, holds }: RetentionRules) => ({
  default_days: defaultDays,
  policies: rules.flatMap((rule) =>
    rule.kind === 'services'
      ? Object.entries(rule.days).map(([service, days]) => ({ name: `service:${service}`, days }))
      : [{ name: rule.name, days: rule.days ?? ('forever' as const) }],
  ),
  holds: holds.map(({ name }) => name),
})

const runAnswer = ({ slotMs, startedMs, finishedMs, segmentsRemoved, segmentsRewritten, policies }: RetentionRun) => ({
  slot: isoTime(slotMs),
  started: isoTime(startedMs),
  finished: finishedMs === undefined ? null : isoTime(finishedMs),
  segments_removed: segmentsRemoved,
  segments_rewritten: segmentsRewritten,
  policies,
})

const isoTime = (ms: number): string => new Date(ms).toISOString()
