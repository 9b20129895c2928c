import * as z from 'zod'
import { TIME_SLOT } from '../../blocks/block'
import type { DocumentTable } from '../../blocks/table'
import type { Env } from '../../env'
import type { Handler, TenantRequest } from '../../http/handler'
import { ApiError } from '../../http/problem'
import { readJson } from '../../http/read-json'
import { readQuery } from '../../http/read-query'
import { auditOf } from '../../http/request-audit'
import { type SearchParameters, toParameters } from '../../http/search-parameters'
import { PAGE_CHARACTERS_MAX, RULE_BODY_BYTES_MAX, RULE_SAMPLE_ROWS_MAX } from '../../limits/limits'
import { compileFilter, type Filter } from '../../query/filter'
import { countMatches, type Mask, matchingRows } from '../../query/mask'
import { parseQuery } from '../../query/parse'
import type { Hit } from '../../query/search-rows'
import type { TableFound, TableSearch, Taker } from '../../query/search-table'
import type { Node } from '../../query/syntax'
import type { SearchUnit } from '../../query/units'
import { SEQ_PART } from '../../query/units'
import { logId } from '../../records/log-id'
import { draftOfRule } from '../../rules/active-rules'
import { type RuleDraft, TriggerRule } from '../../rules/rule'
import { WhatIf, type WhatIfFiring } from '../../rules/what-if'
import { type OpenSearch, openSearch } from '../open-search'
import { jsonText, metaOf } from '../search-answer'
import { renderUpTo, toRowSearch } from '../search-logs'
import { takeVisible } from '../visible-search'
import { readRule, readRules } from './ask-rules'
import { checkRule, ruleError } from './check-rule'
import { RuleTest } from './rule-body'

const DAY_MS = 86_400_000

/**
 * `POST /integration/rules/test`: when a rule would have fired over records that are stored, in the order in which they
 * arrived, by the engine that runs it over what arrives. Nothing is kept and nobody is told.
 */
export const testRule: Handler = async (request, env) => {
  readQuery(request.url, z.strictObject({}))
  refuseUnlessReader(request)
  const body = await readJson(request, RuleTest, RULE_BODY_BYTES_MAX)
  auditOf(request).asked = JSON.stringify(body)
  const startedMs = Date.now()
  const parameters = rangeOf(body, startedMs)
  const { id, draft } = await ruleOf(request, env, body)
  const open = await openSearch(request, env)
  // Once more: the object may have had the caller proved again, with scopes that are newer.
  refuseUnlessReader(request)
  const search = { ...toRowSearch(parameters, open, request, startedMs), filter: filterOf(draft) }
  const tried = draft.kind === 'record' ? await tryRecordRule(open, search) : await tryTrigger(open, search, draft)
  const records = await recordsOf(open, [...tried.rows, ...tried.firings.flatMap(({ rows }) => rows)])
  const account = { ...tried.found, matched: tried.matched, matchedIsExact: tried.found.partial === undefined }
  const asked = { ...parameters, query: parseQuery(draft.query) }
  const { isCut, matched, groups, firings, firingsTotal, stopped } = tried
  const head = {
    rule: { id, name: draft.name },
    ...{ matched, groups, firings_total: firingsTotal, stopped },
    complete: tried.found.partial === undefined && !isCut,
    meta: metaOf(asked, search, account, open, startedMs),
  }
  const shownFirings = firings.map((firing) => firingText(firing, records)).join(',')
  const members = JSON.stringify(head).slice(1)
  return jsonText(`{"firings":[${shownFirings}],"rows":[${textsOf(tried.rows, records).join(',')}],${members}`)
}

/** Whoever may read rules may not therefore read the logs. */
function refuseUnlessReader({ principal }: TenantRequest): void {
  if (!principal.scopes.has('logs:read'))
    throw new ApiError('scope_missing', 'This needs a key with the scope logs:read too.')
}

function rangeOf({ from, to }: z.output<typeof RuleTest>, nowMs: number): SearchParameters {
  const parameters = toParameters({
    ...{
      text: '',
      extra: [],
      from: from ?? null,
      to: to ?? null,
      limit: null,
      cursor: null,
      order: null,
      fields: null,
    },
    ...{ strict: true, nowMs },
  })
  const { fromMs, toMs = nowMs } = parameters
  return { ...parameters, fromMs: fromMs ?? toMs - DAY_MS, toMs }
}

async function ruleOf(
  request: TenantRequest,
  env: Env,
  { id, rule }: z.output<typeof RuleTest>,
): Promise<{ readonly id: string | null; readonly draft: RuleDraft }> {
  const draft = rule ?? draftOfRule(await readRule(request, env, id ?? ''))
  if (draft.kind === 'trigger' && draft.trigger.type === 'usage')
    throw new ApiError('validation_failed', 'How much of a limit was used is not in the logs: it cannot be tried.', {
      errors: [
        { code: 'not_in_logs', detail: 'A trigger of the type usage cannot be tried.', pointer: '/rule/trigger' },
      ],
    })
  if (rule !== undefined) checkRule({ ...rule, id: NO_ID }, needsOthers(rule) ? await readRules(request, env) : [])
  return { id: id ?? null, draft }
}

/** Of a rule that is not kept. */
const NO_ID = 'rul_0'

const needsOthers = (rule: RuleDraft): boolean =>
  rule.kind === 'trigger' && rule.actions.some(({ type }) => type === 'record_rule')

/** Everything that the rule looks at. It was checked by now. */
function filterOf(draft: RuleDraft): Filter {
  const own = parseQuery(draft.query).filter
  const of = draft.kind === 'trigger' && draft.trigger.type === 'ratio' ? draft.trigger.of : undefined
  const node = of === undefined ? own : either(own, parseQuery(of).filter)
  const compiled = compileFilter(node, 0, { costlyRegex: 'refuse' })
  if (compiled.ok) return compiled.filter
  throw new Error(`a checked rule cannot be compiled: ${compiled.problem.message}`)
}

/** No node is everything. */
const either = (left: Node | undefined, right: Node | undefined): Node | undefined =>
  left === undefined || right === undefined ? undefined : { type: 'or', children: [left, right], span: left.span }

/** What a rule would have done. */
interface Tried {
  readonly found: TableFound
  readonly matched: number
  readonly groups: number
  readonly rows: readonly Hit[]
  readonly firings: readonly WhatIfFiring<Hit>[]
  readonly firingsTotal: number
  readonly stopped: { readonly code: string; readonly detail: string } | null
  readonly isCut: boolean
}

const hitOf = (unit: SearchUnit, table: DocumentTable, row: number): Hit => ({
  ...{ unit, row, ms: table.times()[row], nanos: table.nanos()?.[row] ?? 0, seq: table.seqs()[row] },
})

/** A record rule has no time: which records it would have changed, dropped or sampled. */
async function tryRecordRule(open: OpenSearch, search: TableSearch): Promise<Tried> {
  const rows: Hit[] = []
  let matched = 0
  const taker: Taker = {
    columns: () => [TIME_SLOT, SEQ_PART],
    add: (unit: SearchUnit, table: DocumentTable, mask: Mask) => {
      matched += countMatches(mask, table.rows)
      for (const row of matchingRows(mask, table.rows)) {
        if (rows.length === RULE_SAMPLE_ROWS_MAX) return
        rows.push(hitOf(unit, table, row))
      }
    },
    addCounts: () => false,
    isDecided: () => false,
  }
  const found = await takeVisible(open, search, taker)
  return { found, matched, rows, groups: 0, firings: [], firingsTotal: 0, stopped: null, isCut: false }
}

async function tryTrigger(
  open: OpenSearch,
  search: TableSearch,
  draft: Extract<RuleDraft, { kind: 'trigger' }>,
): Promise<Tried> {
  const at = new Date(search.fromMs).toISOString()
  const rule = TriggerRule.parse({ ...draft, id: NO_ID, version: 0, created_at: at, updated_at: at })
  const whatIf = WhatIf.of<Hit>(rule)
  if (!(whatIf instanceof WhatIf)) throw ruleError([whatIf])
  const taker: Taker = {
    columns: (head) => whatIf.columns(head),
    add: (unit, table, mask) => whatIf.add(table, mask, (row) => hitOf(unit, table, row)),
    addCounts: () => false,
    isDecided: () => false,
  }
  const found = await takeVisible(open, search, taker)
  // What was not looked at is not silence.
  const fromMs = found.partial === undefined ? search.fromMs : found.searchedTo
  const { matched, groups, firings, firingsTotal, failure, isCut } = whatIf.run(fromMs, search.toMs)
  const stopped = failure === undefined ? null : { code: failure.code, detail: failure.detail }
  return { found, matched, groups, rows: [], firings, firingsTotal, stopped, isCut }
}

/** The records of hits by their ids, as many as an answer may hold. */
async function recordsOf(open: OpenSearch, hits: readonly Hit[]): Promise<ReadonlyMap<string, string>> {
  const once = [...new Map(hits.map((hit) => [idOf(hit), hit])).values()]
  const { records } = await renderUpTo(PAGE_CHARACTERS_MAX, once, open, undefined)
  return new Map(records.map((record) => [record.slice('{"id":"'.length, record.indexOf('",')), record]))
}

const idOf = ({ ms, seq }: Hit): string => logId({ shard: 0, ms, seq })

const textsOf = (hits: readonly Hit[], records: ReadonlyMap<string, string>): string[] =>
  hits.flatMap((hit) => records.get(idOf(hit)) ?? [])

const timeOf = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString())

function firingText(firing: WhatIfFiring<Hit>, records: ReadonlyMap<string, string>): string {
  const { atMs, group, count, values, toldMs, quiet, resolvedMs, rows } = firing
  const about = {
    ...{ at: timeOf(atMs), group, count, ...(values.length > 0 && { values }) },
    ...{ told_at: timeOf(toldMs), quiet: quiet ?? null, resolved_at: timeOf(resolvedMs) },
  }
  return `${JSON.stringify(about).slice(0, -1)},"rows":[${textsOf(rows, records).join(',')}]}`
}
