/** A half-open range of characters [from, to) in the query text, in UTF-16 code units. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** What the parser has to say about a query. An error still leaves a query that runs; strict callers refuse it. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning'
  /** Stable, snake_case. */
  readonly code: string
  readonly message: string
  readonly span: Span
  /** Text that would replace the span and mend the query. */
  readonly fix?: string
}

export type Comparison = '>' | '>=' | '<' | '<='

/** One value as typed: `text` is unescaped, `quoted` says that it stood in quotes (and so is never a glob or a number with a unit). */
export interface Atom {
  readonly text: string
  readonly quoted: boolean
  readonly span: Span
}

/** One end of a range. Undefined text means open (`[* TO 5]`). */
export interface Bound {
  readonly text: string | undefined
  readonly inclusive: boolean
}

/**
 * What a field's value is held against. The text of a glob keeps backslashes before a literal `*`, `?` or backslash, and before
 * nothing else; that of a regular expression is the pattern, whatever it stood in.
 */
export type Test =
  | { readonly op: 'eq'; readonly value: Atom }
  | { readonly op: 'glob'; readonly value: Atom }
  | { readonly op: 'regex'; readonly value: Atom }
  | { readonly op: 'compare'; readonly comparison: Comparison; readonly value: Atom }
  | { readonly op: 'range'; readonly low: Bound; readonly high: Bound }
  | { readonly op: 'in'; readonly values: readonly Atom[] }
  | { readonly op: 'cidr'; readonly value: Atom }
  | { readonly op: 'exists' }

/** How a message is searched. The value of a glob is written as in a `Test`. */
export type TextMode = 'contains' | 'phrase' | 'glob' | 'regex'

/** The syntax tree of a filter. `!=` and `!~` are a `not` around the positive test. */
export type Node =
  | { readonly type: 'and' | 'or'; readonly children: readonly Node[]; readonly span: Span }
  | { readonly type: 'not'; readonly child: Node; readonly span: Span }
  | { readonly type: 'text'; readonly mode: TextMode; readonly value: string; readonly span: Span }
  | { readonly type: 'field'; readonly name: string; readonly test: Test; readonly span: Span }

export type AggregateName = 'count' | 'uniq' | 'min' | 'max' | 'sum' | 'avg' | 'p50' | 'p90' | 'p95' | 'p99'

export interface Aggregate {
  readonly name: AggregateName
  /** Undefined only for `count()`. */
  readonly field: string | undefined
  /** Column name in the answer: what follows `as`, else `count()`, `p95(duration_ms)`; `sort` also finds it by its bare name. */
  readonly as: string
}

export type Pipe =
  | { readonly type: 'count'; readonly by: readonly string[]; readonly span: Span }
  | {
      readonly type: 'stats'
      readonly aggregates: readonly Aggregate[]
      readonly by: readonly string[]
      readonly span: Span
    }
  | { readonly type: 'top'; readonly limit: number; readonly fields: readonly string[]; readonly span: Span }
  | {
      readonly type: 'timeline'
      readonly stepMs: number | undefined
      readonly by: string | undefined
      readonly span: Span
    }
  | { readonly type: 'patterns'; readonly span: Span }
  | { readonly type: 'fields'; readonly fields: readonly string[]; readonly span: Span }
  | { readonly type: 'sort'; readonly field: string; readonly descending: boolean; readonly span: Span }
  | { readonly type: 'limit'; readonly count: number; readonly span: Span }
  | { readonly type: 'dedup'; readonly fields: readonly string[]; readonly span: Span }

/** A parsed query. `filter` is undefined when everything matches. */
export interface Query {
  readonly filter: Node | undefined
  readonly pipes: readonly Pipe[]
  readonly diagnostics: readonly Diagnostic[]
}
