import { describe, expect, it } from 'vitest'
import { expositionText } from '../../src/metrics/exposition'
import { serviceMetrics } from '../../src/metrics/service-metrics'
import { tenantMetrics } from '../../src/metrics/tenant-metrics'
import { EMPTY_LEDGER, recordBatch } from '../../src/tenant/ledger'

const text = (labels: Record<string, string>, value: number, help = 'Help.'): string =>
  expositionText([{ name: 'sluice_x', type: 'gauge', help, samples: [{ labels, value }] }])

describe('expositionText', () => {
  it('writes help, type and samples', () => {
    expect(text({}, 3)).toBe('# HELP sluice_x Help.\n# TYPE sluice_x gauge\nsluice_x 3\n')
    expect(text({ a: '1', b: '2' }, 1.5)).toContain('\nsluice_x{a="1",b="2"} 1.5\n')
  })

  it('escapes what would end a label or a line', () => {
    expect(text({ name: 'a"b\\c\nd}' }, 1)).toContain('sluice_x{name="a\\"b\\\\c\\nd}"} 1\n')
    expect(text({}, 1, 'one\\two\nthree "four"')).toContain('# HELP sluice_x one\\\\two\\nthree "four"\n')
  })

  it('writes the numbers that are none as Prometheus reads them', () => {
    const written = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => text({}, value))
    expect(written.map((one) => one.trimEnd().split(' ').at(-1))).toEqual(['NaN', '+Inf', '-Inf'])
  })

  it('leaves out a measure that has no samples', () => {
    expect(expositionText([{ name: 'sluice_x', type: 'counter', help: 'Help.', samples: [] }])).toBe('')
  })
})

describe('tenantMetrics', () => {
  it('adds up the keys of a tenant, and adds nothing up over tenants', () => {
    const one = recordBatch(EMPTY_LEDGER, 'key_a', {
      received: 5,
      stored: 3,
      rejected: { invalid_json: 2 },
      bytesIn: 50,
    })
    const ledger = recordBatch(one, 'key_b', { received: 2, stored: 2, bytesIn: 20 })
    const usage = {
      ledger,
      journalRows: 5,
      journalBytes: 600,
      sealedSegments: 0,
      sealedBytes: 0,
      nextSeq: 6,
      generation: 2,
    }
    const written = expositionText(
      tenantMetrics([
        { tenantId: 'ten_a', usage },
        { tenantId: 'ten_b', usage: { ...usage, ledger: EMPTY_LEDGER } },
      ]),
    )
    for (const sample of [
      'sluice_records_received_total{tenant="ten_a"} 7',
      'sluice_records_received_total{tenant="ten_b"} 0',
      'sluice_records_rejected_total{tenant="ten_a",code="invalid_json"} 2',
      'sluice_received_bytes_total{tenant="ten_a"} 70',
      'sluice_operations_total{tenant="ten_a",operation="d1_rows_written"} 0',
      'sluice_catalog_generation{tenant="ten_b"} 2',
    ])
      expect(written.split('\n')).toContain(sample)
  })
})

describe('serviceMetrics', () => {
  it('says when tenants are left out or do not answer, and leaves out what is not configured', () => {
    const tenants = [{ id: 'ten_a', name: 'acme', status: 'active', plan: 'free' }]
    const bindings = { control: 'ok', archive: 'absent', cache: 'down' } as const
    const state = { version: '1.2.3', bindings, tenantCount: 7, tenants, answered: new Set<string>() }
    const lines = expositionText(serviceMetrics(state)).split('\n')
    expect(lines).toContain('sluice_tenants 7')
    expect(lines).toContain('sluice_tenants_omitted 6')
    expect(lines).toContain('sluice_tenant_up{tenant="ten_a"} 0')
    expect(lines).toContain('sluice_binding_up{binding="cache"} 0')
    expect(lines.filter((line) => line.includes('archive'))).toEqual([])
  })
})
