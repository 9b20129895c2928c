import { ApiError, type ProblemItem } from '../../http/problem'
import type { RuleFault } from '../../rules/compile-rules'
import type { Rule } from '../../rules/rule'
import { faultsOfRule, type RuleInQuestion } from '../../rules/rule-faults'

/** Refuses a rule that cannot be kept, with the place of what is wrong in the body and in the query. */
export function checkRule(rule: RuleInQuestion, others: readonly Rule[]): void {
  const faults = faultsOfRule(rule, others)
  if (faults.length > 0) throw ruleError(faults)
}

/** Why a rule cannot be, as a problem. What is wrong with a query is told as searches tell it. */
export function ruleError(faults: readonly RuleFault[]): ApiError {
  const [{ detail, pointer, span }] = faults
  const isQuery = pointer === '/query' || pointer === '/trigger/of'
  return new ApiError(isQuery ? 'query_syntax' : 'validation_failed', detail, {
    ...(span && { span: [span.from, span.to] as const }),
    errors: faults.map(toItem),
  })
}

const toItem = ({ code, detail, pointer, span }: RuleFault): ProblemItem => ({
  ...{ code, detail, pointer },
  ...(span && { span: [span.from, span.to] as const }),
})
