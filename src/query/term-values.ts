import { type CellTest, containsTest, globTest, regexTest, testOf } from './cell-test'
import { compileRegex } from './regex/regex'
import type { Node, Span, Test } from './syntax'
import { type Context, type CostlyRegex, FilterFailure } from './term'

/** The test that bare text stands for. */
export function textTest({ mode, value, span }: Extract<Node, { type: 'text' }>, costly: CostlyRegex): CellTest {
  if (mode === 'regex') return compiledRegex(value, span, costly)
  // A glob in bare text may stand anywhere in the message, as plain text may.
  return mode === 'glob' ? globTest(`*${value}*`) : containsTest(value)
}

/** A regular expression as a test, or a FilterFailure that says why not. */
export function compiledRegex(pattern: string, at: Span, costly: CostlyRegex): CellTest {
  const refuse = (): never => {
    throw new FilterFailure({ code: 'regex_too_costly', message: TOO_COSTLY, span: at })
  }
  const compiled = compileRegex(pattern, costly === 'refuse' ? refuse : undefined)
  if (compiled.ok) return regexTest(compiled.value)
  throw new FilterFailure({ code: compiled.error.code, message: compiled.error.message, span: at })
}

const TOO_COSTLY =
  'Searching these logs for this pattern takes too long: put a word that every match has beside it, or repeat less'

/** The test that a field term stands for. */
export const compiledTest = (test: Test, { nowMs, costlyRegex }: Context): CellTest =>
  test.op === 'regex' ? compiledRegex(test.value.text, test.value.span, costlyRegex) : testOf(test, nowMs)

/** The one folded value that passes, for token filters; undefined when there are more. */
export const exactOf = (test: Test): Uint8Array | undefined => (test.op === 'eq' ? testOf(test, 0).exact : undefined)

/** The one plain value of a term that takes nothing else. */
export function textOf(test: Test, { span: at }: Context): string {
  if (test.op === 'eq') return test.value.text
  throw new FilterFailure({ code: 'invalid_value', message: 'one plain value is expected here', span: at })
}
