import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { PROBLEMS } from '../../src/http/problem'
import { docsPage, problemsPage } from '../../src/openapi/docs-page'
import { html, prose } from '../../src/openapi/html'
import { OPERATIONS } from '../../src/openapi/operations'
import { schemaList, valueWords } from '../../src/openapi/schema-list'

const docs = docsPage(OPERATIONS, { version: '1.2.3', server: 'https://logs.acme.com' })
const problems = problemsPage()
const pages = { docs, problems }

const attribute = (page: string, name: string): string[] =>
  Array.from(page.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g')), ([, value]) => value)

describe.each(Object.entries(pages))('the page of %s', (_name, page) => {
  it('loads nothing and runs nothing', () => {
    expect(page).not.toMatch(/<(script|link|img|iframe|object|form|base)\b/i)
    expect(page).not.toMatch(/\b(src|srcset|action|on\w+)="/i)
    expect(page).not.toMatch(/url\(|@import/)
    expect(attribute(page, 'style')).toEqual([])
  })

  it('can be read by a machine that reads aloud: a language, one title, landmarks, and no heading left out', () => {
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/)
    expect(page.match(/<h1>/g)).toHaveLength(1)
    expect(page.match(/<main id="main">/g)).toHaveLength(1)
    expect(page).toContain('<nav aria-label="Contents">')
    expect(page).toContain('<a class="skip" href="#main">')
    const [, main] = page.split('<main id="main">')
    const levels = Array.from(main.matchAll(/<h(\d)/g), ([, level]) => Number(level))
    for (const [index, level] of levels.slice(1).entries()) expect(level - levels[index]).toBeLessThanOrEqual(2)
    // What scrolls can be reached with the keyboard and has a name.
    for (const [pre] of page.matchAll(/<pre[^>]*>/g))
      expect(pre).toMatch(/tabindex="0" role="region" aria-label="[^"]+"/)
  })

  it('leads only to what there is', () => {
    const ids = attribute(page, 'id')
    expect(new Set(ids).size).toBe(ids.length)
    for (const label of attribute(page, 'aria-labelledby')) expect(ids).toContain(label)
    // The pages are large: each is looked through once, not for each link.
    const known: Readonly<Record<string, ReadonlySet<string>>> = {
      '': new Set(ids),
      '/docs': new Set(attribute(docs, 'id')),
      '/docs/errors': new Set(attribute(problems, 'id')),
      '/openapi.json': new Set(),
    }
    for (const target of attribute(page, 'href')) {
      const [address, anchor] = target.split('#')
      const there = known[address] ?? expect.fail(target)
      if (anchor !== undefined) expect(there.has(anchor), target).toBe(true)
    }
  })

  it('closes what it opens', () => {
    const open: string[] = []
    for (const [, slash, tag] of page.replace(/<style>[\s\S]*?<\/style>/, '').matchAll(/<(\/?)([a-z]\w*)[^>]*>/g)) {
      if (['meta', 'br'].includes(tag)) continue
      if (slash === '') open.push(tag)
      else expect(open.pop()).toBe(tag)
    }
    expect(open).toEqual([])
  })
})

describe('the pages', () => {
  it('have every route with its example and command line, and every problem', () => {
    for (const { id, path } of OPERATIONS) {
      const [, section] = docs.split(`<section class="operation" id="${id}"`)
      expect(section, id).toBeDefined()
      const [text] = section.split('</section>')
      expect(text).toContain(path)
      expect(text).toContain('curl -s &quot;$SLUICE')
      expect(text).toContain('<h4>Example of answer')
    }
    for (const code of Object.keys(PROBLEMS)) expect(problems).toContain(`id="${code}"`)
    expect(docs).toContain('export SLUICE=https://logs.acme.com')
  })

  it('show text as text, whatever is in it', () => {
    const [operation] = OPERATIONS
    const nasty = '</code><script>alert("1")</script>&amp;`x<y`'
    const page = docsPage(
      [{ ...operation, summary: nasty, description: nasty, example: { status: 200, answer: nasty } }],
      { version: nasty, server: nasty },
    )
    expect(page).not.toContain('<script>')
    expect(page).toContain('&lt;script&gt;')
  })
})

describe('markup', () => {
  it('is escaped but for markup', () => {
    expect(html`<b title="${'"a"'}">${html`<i>${'<'}</i>`}${[html`1`, html`2`]}${3}</b>`.markup).toBe(
      '<b title="&quot;a&quot;"><i>&lt;</i>123</b>',
    )
    expect(prose('see `a<b` and c').markup).toBe('see <code>a&lt;b</code> and c')
  })
})

describe('a schema in words', () => {
  const schemaOf = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input' })

  it('says what values it allows', () => {
    expect(valueWords(schemaOf(z.int().min(1).max(9)))).toBe('integer, 1 to 9')
    expect(valueWords(schemaOf(z.string().max(9)))).toBe('string, at most 9 characters')
    expect(valueWords(schemaOf(z.enum(['a', 'b'])))).toBe('"a" or "b"')
    expect(valueWords(schemaOf(z.array(z.number()).nullable()))).toBe('array of number or null')
    expect(valueWords(schemaOf(z.int().min(0)))).toBe('integer, at least 0')
    expect(valueWords(true)).toBe('anything')
  })

  it('lists members, those of members too, and the forms that it can have', () => {
    const schema = z.object({
      name: z.string().meta({ description: 'What `it` is called.' }),
      inner: z.array(z.object({ depth: z.int() })).optional(),
      either: z.union([z.object({ left: z.null() }), z.object({ right: z.literal(1) })]),
      any: z.record(z.string(), z.object({ value: z.boolean() })),
    })
    const { markup } = schemaList(schemaOf(schema))
    expect(markup).toContain(
      '<code>name</code> <span class="required">required</span> <span class="kind">string</span>',
    )
    expect(markup).toContain('What <code>it</code> is called.')
    for (const member of ['depth', 'left', 'right', 'value']) expect(markup).toContain(`<code>${member}</code>`)
    expect(markup).toContain('<i>any name</i>')
  })
})
