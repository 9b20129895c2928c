import { type CellTest, containsTest, globTest, regexTest, testOf } from './cell-test'
import { compileRegex } from './regex/regex'
import type { Node, Span, Test } from './syntax'
import { type Context, FilterFailure } from './term'

/** The test that bare text stands for. */
export function textTest(mode: Extract<Node, { type: 'text' }>['mode'], value: string, at: Span): CellTest {
  if (mode === 'regex') return compiledRegex(value, at)
  // A glob in bare text may stand anywhere in the message, as plain text may.
  return mode === 'glob' ? globTest(`*${value}*`) : containsTest(value)
}

/** A regular expression as a test, or a FilterFailure that says why not. */
export function compiledRegex(pattern: string, at: Span): CellTest {
  const compiled = compileRegex(pattern)
  if (compiled.ok) return regexTest(compiled.value)
  throw new FilterFailure({ code: compiled.error.code, message: compiled.error.message, span: at })
}

/** The test that a field term stands for. */
export const compiledTest = (test: Test, { nowMs }: Context): CellTest =>
  test.op === 'regex' ? compiledRegex(test.value.text, test.value.span) : testOf(test, nowMs)

/** The one folded value that passes, for token filters; undefined when there are more. */
export const exactOf = (test: Test): Uint8Array | undefined => (test.op === 'eq' ? testOf(test, 0).exact : undefined)

/** The one plain value of a term that takes nothing else. */
export function textOf(test: Test, { span: at }: Context): string {
  if (test.op === 'eq') return test.value.text
  throw new FilterFailure({ code: 'invalid_value', message: 'one plain value is expected here', span: at })
}
