import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { commandsIn, shellBlocksIn } from './support/markdown'

const root = path.resolve(import.meta.dirname, '..')
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...globSync('docs/**/*.md', { cwd: root }),
].map((name) => ({ name, text: readFileSync(path.join(root, name), 'utf8') }))

/** The text of a page without its code blocks, in which brackets and backticks mean something else. */
const prose = (text: string): string => text.replaceAll(/^```[\s\S]*?^```$/gm, '')

it('names only npm scripts that there are', () => {
  const { scripts } = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')))
  const named = pages.flatMap(({ name, text }) =>
    Array.from(text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g), ([, run, short]) => ({
      page: name,
      script: run ?? short,
    })),
  )
  expect(named.length).toBeGreaterThan(10)
  expect(named.filter(({ script }) => !Object.hasOwn(scripts, script))).toEqual([])
})

it('begins with the two commands, then one curl to send, one to find and one to follow', () => {
  const [readme] = pages
  const commands = shellBlocksIn(readme.text).flatMap(commandsIn)
  expect(commands.slice(0, 2)).toEqual(['npm start', 'npm test'])
  expect(commands.slice(2).map((command) => command.split(' ', 1)[0])).toEqual(['curl', 'curl', 'curl'])
})

it('links only to what there is', () => {
  const broken = pages.flatMap(({ name, text }) =>
    Array.from(prose(text).matchAll(/\]\(([^)\s]+)\)/g), ([, target]) => target)
      .filter((target) => !/^[a-z]+:/.test(target) && !leadsSomewhere(name, target))
      .map((target) => `${name} → ${target}`),
  )
  expect(broken).toEqual([])
})

it('names only files that there are', () => {
  const folders = readdirSync(root, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.') ? [entry.name] : [],
  )
  const missing = pages.flatMap(({ name, text }) =>
    Array.from(prose(text).matchAll(/`([\w./-]+)`/g), ([, quoted]) => quoted)
      .filter((quoted) => isRepositoryPath(quoted, folders) && !existsSync(path.join(root, quoted)))
      .map((quoted) => `${name}: ${quoted}`),
  )
  expect(missing).toEqual([])
})

it('lists every decision', () => {
  const index = pages.find(({ name }) => path.normalize(name) === path.join('docs', 'decisions', 'README.md'))
  const decisions = readdirSync(path.join(root, 'docs/decisions')).filter((name) => /^\d{4}-/.test(name))
  expect(Array.from((index?.text ?? '').matchAll(/\]\((\d{4}-[^)]+)\)/g), ([, name]) => name)).toEqual(decisions.sort())
  for (const [number, name] of decisions.entries()) expect(name.slice(0, 4)).toBe(`${number + 1}`.padStart(4, '0'))
})

it('says in each decision what it costs and what was turned down', () => {
  const decisions = pages.filter(({ name }) => /\d{4}-[^/]+\.md$/.test(name))
  for (const { name, text } of decisions) {
    const headings = Array.from(text.matchAll(/^## (.+)$/gm), ([, heading]) => heading)
    expect(headings, name).toEqual(['Context', 'Decision', 'What it costs', 'Turned down'])
  }
})

it('shows nothing of the machine it was written on', () => {
  const places = [root, homedir()].map((place) => new RegExp(`(?<![\\w.])${place.replaceAll(/\W/g, '\\$&')}\\b`))
  for (const { name, text } of pages) {
    for (const place of places) expect(text, name).not.toMatch(place)
    expect(text, name).not.toMatch(/\/(home|Users|root)\/\w|\bslc_[a-z]+_[0-9A-Za-z]{38}\b|\bregistry\./)
  }
})

/** A file, or a heading in one. */
function leadsSomewhere(page: string, target: string): boolean {
  const [file, heading] = target.split('#')
  const place = file === '' ? path.join(root, page) : path.resolve(root, path.dirname(page), file)
  if (!existsSync(place)) return false
  return heading === undefined || headingsOf(readFileSync(place, 'utf8')).includes(heading)
}

/** As GitHub and most others name them. */
const headingsOf = (text: string): string[] =>
  Array.from(prose(text).matchAll(/^#+ (.+)$/gm), ([, heading]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )

/** Something below one of the repository's folders, or a file that lies beside them. */
function isRepositoryPath(quoted: string, folders: readonly string[]): boolean {
  const [first, ...rest] = quoted.split('/')
  return rest.length > 0
    ? folders.includes(first)
    : /^([\w-]+\.(toml|sql)|[A-Z]+\.md|package(-lock)?\.json)$/.test(quoted)
}
