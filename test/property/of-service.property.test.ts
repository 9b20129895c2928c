import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { DocumentTable } from '../../src/blocks/table'
import { compileFilter, type Filter } from '../../src/query/filter'
import { matchingRows } from '../../src/query/mask'
import { ofService } from '../../src/query/of-service'
import { parseQuery } from '../../src/query/parse'
import { blockTables, documents, RECEIVED_MS, read, sealed, segmentTableOf } from '../support/read-back'

const SERVICES = ['alpha', 'Alpha', 'beta', 'ALPHA-2']

const log = fc.record(
  {
    service_name: fc.constantFrom(...SERVICES),
    level: fc.constantFrom('INFO', 'ERROR'),
    metadata: fc.record({ service: fc.constantFrom(...SERVICES), n: fc.nat({ max: 3 }) }, { requiredKeys: [] }),
  },
  { requiredKeys: ['level'] },
)

function compiled(text: string): Filter {
  const outcome = compileFilter(parseQuery(text).filter, RECEIVED_MS)
  return outcome.ok ? outcome.filter : expect.fail(outcome.problem.message)
}

/** Where there is no service_name, what stands in `metadata.service` is the service. */
const serviceOf = (sent: {
  readonly service_name?: string
  readonly metadata?: { readonly service?: string }
}): string | undefined => sent.service_name ?? sent.metadata?.service

const found = (tables: readonly DocumentTable[], filter: Filter): string[] =>
  tables.flatMap((table) => {
    const texts = documents(table)
    return Array.from(matchingRows(filter.evaluate(table), table.rows), (row) => texts[row])
  })

it('finds exactly the records whose service is that text, in blocks and in segments', () => {
  fc.assert(
    fc.property(fc.array(log, { minLength: 1, maxLength: 60 }), (logs) => {
      const batch = read(JSON.stringify(logs))
      const places = [blockTables(batch), sealed([batch]).map(({ bytes }) => segmentTableOf(bytes))]
      for (const service of SERVICES) {
        for (const query of [`service:"${service}"`, `service:"${service}" level:error`, '']) {
          const expected = logs
            .filter((one) => serviceOf(one) === service)
            .filter((one) => !query.includes('level') || one.level === 'ERROR')
            .map((one) => JSON.stringify(one))
          for (const tables of places)
            expect(found(tables, ofService(compiled(query), service)).sort()).toEqual(expected.sort())
        }
      }
    }),
    { numRuns: 150 },
  )
})
