import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'

const FILES = 'dist/web/app'

/** Kilobytes of 1,000 bytes, gzipped. */
const JS_KB_MAX = 60
const CSS_KB_MAX = 10

const gzipKb = (file: string): number => gzipSync(readFileSync(path.join(FILES, file))).length / 1000

/** The files that the page itself names: what is fetched before anything is shown. */
const named = (pattern: RegExp): string[] =>
  [...readFileSync(path.join(FILES, 'index.html'), 'utf8').matchAll(pattern)].map(([, file]) => file)

it(`loads at most ${JS_KB_MAX} kB of script and ${CSS_KB_MAX} kB of style before it shows anything`, () => {
  const scripts = named(/(?:src|href)="\/app\/(assets\/[^"]+\.js)"/g)
  const styles = named(/href="\/app\/(assets\/[^"]+\.css)"/g)
  expect(scripts.length).toBeGreaterThan(0)
  expect(scripts.reduce((sum, file) => sum + gzipKb(file), 0)).toBeLessThanOrEqual(JS_KB_MAX)
  expect(styles.reduce((sum, file) => sum + gzipKb(file), 0)).toBeLessThanOrEqual(CSS_KB_MAX)
})

it('fetches each screen beside Explore only when somebody goes there', () => {
  const first = new Set(named(/(?:src|href)="\/app\/(assets\/[^"]+\.js)"/g))
  const all = readdirSync(path.join(FILES, 'assets')).filter((file) => file.endsWith('.js'))
  for (const screen of ['rules', 'webhooks', 'settings', 'audit', 'usage', 'keys'])
    expect(
      all.some((file) => file.startsWith(`${screen}-`) && !first.has(`assets/${file}`)),
      screen,
    ).toBe(true)
})
