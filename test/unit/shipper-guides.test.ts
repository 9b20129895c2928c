import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { GUIDES } from '../../src/openapi/guides/guides'
import { guidesPage } from '../../src/openapi/guides/guides-page'

/** What the pages write where an address and a key belong. */
const PLACE = { url: 'https://logs.example.com', key: 'slc_ing_YOUR_KEY' }

/** Their pages tell of more than one configuration can hold, each in its own words. */
const PROTOCOLS = ['otlp', 'loki', 'elastic', 'splunk', 'datadog']

describe('the ways in that GET /ingest tells of', () => {
  it.each(GUIDES.map(({ page }) => page))('have a page each: %s', (page) => {
    expect(existsSync(`docs/shippers/${page}.md`)).toBe(true)
  })

  const own = GUIDES.filter(({ page }) => !PROTOCOLS.includes(page))
  it.each(own.map((guide) => [guide.title, guide] as const))('%s: are on their page as they are told', (_, guide) => {
    expect(readFileSync(`docs/shippers/${guide.page}.md`, 'utf8')).toContain(guide.configuration(PLACE))
  })

  it('take host and port apart where they have to', () => {
    const datadog = GUIDES.find(({ page }) => page === 'datadog')
    expect(datadog?.configuration(PLACE)).toContain('logs.example.com:443')
    expect(datadog?.configuration({ ...PLACE, url: 'http://acme.localhost:8787' })).toContain('logs_no_ssl: true')
  })

  it('name the port where the program would take another for one that is not named', () => {
    const elastic = GUIDES.filter(({ page }) => page === 'elastic')
    expect(elastic.length).toBeGreaterThan(1)
    for (const guide of elastic) expect(guide.configuration(PLACE)).toContain('"https://logs.example.com:443"')
  })

  it('are a page in which nothing of an address or key is markup', () => {
    const page = guidesPage(GUIDES, { url: 'https://x', key: '<script>' })
    expect(page).not.toContain('<script>')
  })
})
