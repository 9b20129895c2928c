import * as z from 'zod'
import { SearchQuery } from '../http/search-query'
import { FACET_VALUES, FIELDS_MAX } from '../limits/limits'
import { FacetsAnswer, FieldsAnswer, TableAnswer } from './answers'
import { metaExample, SEARCH_PROBLEMS } from './examples'
import type { Operation } from './operation'

/** A search without what is about pages of records. */
const Question = SearchQuery.omit({ limit: true, cursor: true, order: true, fields: true })

const HistogramQuery = z.strictObject({
  step: z
    .string()
    .optional()
    .meta({ description: 'Width of a bucket. Chosen to suit the range when it is left out.', examples: ['5m'] }),
  by: z
    .string()
    .default('level')
    .meta({ description: 'The field whose values are counted apart; empty for none.', examples: ['service'] }),
  ...Question.shape,
})

const FacetsQuery = z.strictObject({ ...Question.shape, fields: SearchQuery.shape.fields })

const COUNTED = 'Counted over everything that matches; pipes in `q` are refused.'

/** Counts over the records that match. */
export const ANALYTICS_OPERATIONS: readonly Operation[] = [
  {
    id: 'showHistogram',
    group: 'analytics',
    method: 'GET',
    path: '/analytics/histogram',
    scope: 'logs:read',
    summary: 'How many records match over time',
    description: `By level, unless \`by\` says otherwise. ${COUNTED} The range is cut to where there are records.`,
    query: HistogramQuery,
    answers: {
      200: {
        description: 'A row for each bucket and value.',
        content: { 'application/json': TableAnswer, 'application/x-ndjson': z.string() },
      },
    },
    problems: [...SEARCH_PROBLEMS, 'feature_disabled'],
    example: {
      query: { q: 'timeout', step: '1h' },
      status: 200,
      answer: {
        columns: ['time', 'level', 'count'],
        data: [{ time: '2026-11-21T10:00:00.000Z', level: 'error', count: 1 }],
        truncated: false,
        meta: metaExample,
      },
    },
  },
  {
    id: 'showFacets',
    group: 'analytics',
    method: 'GET',
    path: '/analytics/facets',
    scope: 'logs:read',
    summary: 'The most frequent values of some fields',
    description:
      `The first ${FACET_VALUES} values of each field that \`fields\` names; without it, of level, service, source, host, ` +
      `http.status, http.method and error.type, as far as records have them. ${COUNTED}`,
    query: FacetsQuery,
    answers: { 200: { description: 'The fields and their values.', content: { 'application/json': FacetsAnswer } } },
    problems: [...SEARCH_PROBLEMS, 'feature_disabled'],
    example: {
      query: { q: 'timeout', fields: 'level,service' },
      status: 200,
      answer: {
        data: [
          { field: 'level', values: [{ value: 'error', count: 1 }], truncated: false },
          { field: 'service', values: [{ value: 'checkout', count: 1 }], truncated: false },
        ],
        meta: metaExample,
      },
    },
  },
  {
    id: 'showFields',
    group: 'analytics',
    method: 'GET',
    path: '/analytics/fields',
    scope: 'logs:read',
    summary: 'Which fields the matching records have',
    description: `The ${FIELDS_MAX} most frequent, with their kinds and how many records have them. ${COUNTED}`,
    query: Question,
    answers: { 200: { description: 'The fields.', content: { 'application/json': FieldsAnswer } } },
    problems: [...SEARCH_PROBLEMS, 'feature_disabled'],
    example: {
      query: { q: 'timeout' },
      status: 200,
      answer: {
        data: [{ name: 'orderId', kinds: ['string'], records: 1, coverage: 1 }],
        truncated: false,
        meta: metaExample,
      },
    },
  },
]
