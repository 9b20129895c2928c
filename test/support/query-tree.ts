import type { Aggregate, Bound, Node, Pipe, Query, Test } from '../../src/query/syntax'
import { formatDuration } from '../../src/query/values'

/** A compact reading of a query: ¬ not, ∃ exists, ∈ in a list or range, «» text mode and value, ⇒ pipe. */
export function treeOf({ filter, pipes }: Query): string {
  const parts = pipes.map((pipe) => `${pipe.type}[${argumentsOf(pipe)}]`)
  return (filter ? [nodeTree(filter), ...parts] : parts).join(' ⇒ ')
}

function nodeTree(node: Node): string {
  switch (node.type) {
    case 'and':
    case 'or':
      return `(${node.type} ${node.children.map(nodeTree).join(' ')})`
    case 'not':
      return `¬${nodeTree(node.child)}`
    case 'text':
      return `${node.mode}«${node.value}»`
    case 'field':
      return fieldTree(node.name, node.test)
  }
}

function fieldTree(name: string, test: Test): string {
  switch (test.op) {
    case 'exists':
      return `∃${name}`
    case 'in':
      return `${name}∈[${test.values.map(({ text }) => text).join(' ')}]`
    case 'range':
      return `${name}∈${rangeTree(test.low, test.high)}`
    case 'compare':
      return `${name} ${test.comparison} ${test.value.text}`
    default:
      return `${name} ${test.op} ${test.value.text}`
  }
}

const rangeTree = (low: Bound, high: Bound): string =>
  `${low.inclusive ? '[' : '{'}${low.text ?? '*'}…${high.text ?? '*'}${high.inclusive ? ']' : '}'}`

function argumentsOf(pipe: Pipe): string {
  switch (pipe.type) {
    case 'count':
      return byTree(pipe.by)
    case 'stats':
      return [pipe.aggregates.map(aggregateTree).join(', '), byTree(pipe.by)].filter(Boolean).join(' ')
    case 'top':
      return `${pipe.limit} ${pipe.fields.join(', ')}`
    case 'timeline':
      return [
        pipe.stepMs === undefined ? '' : formatDuration(pipe.stepMs),
        byTree(pipe.by === undefined ? [] : [pipe.by]),
      ]
        .filter(Boolean)
        .join(' ')
    case 'patterns':
      return ''
    case 'sort':
      return `${pipe.descending ? '-' : ''}${pipe.field}`
    case 'limit':
      return `${pipe.count}`
    default:
      return pipe.fields.join(', ')
  }
}

const byTree = (names: readonly string[]): string => (names.length > 0 ? `by ${names.join(', ')}` : '')

const aggregateTree = ({ name, field, as }: Aggregate): string => {
  const call = `${name}(${field ?? ''})`
  return as === call ? call : `${call} as ${as}`
}
