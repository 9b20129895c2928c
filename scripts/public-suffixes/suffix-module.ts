import path from 'node:path'
import { pathToFileURL } from 'node:url'
import * as z from 'zod'

/** How tldts keeps the Public Suffix List: a trie from the last label on, flat in arrays. */
const TRIE = 'node_modules/tldts/dist/es6/src/data/trie.js'

const Trie = z.object({
  nodeFlags: z.instanceof(Uint8Array),
  edgeStart: z.instanceof(Uint16Array),
  edgeLength: z.instanceof(Uint8Array),
  edgeChild: z.instanceof(Uint16Array),
  labelText: z.string(),
  rulesRoot: z.number(),
  exceptionsRoot: z.number(),
})
type Trie = z.infer<typeof Trie>

/** A label with what may stand before it. */
interface Label {
  isRule: boolean
  isException: boolean
  readonly before: Map<string, Label>
}

const newLabel = (): Label => ({ isRule: false, isException: false, before: new Map() })

/** The text of src/domains/public-suffixes.ts, from the list that the installed tldts brings. */
export async function suffixModule(): Promise<string> {
  const trie = Trie.parse(await import(pathToFileURL(path.resolve(TRIE)).href))
  const root = newLabel()
  for (const labels of pathsFrom(trie, trie.rulesRoot)) placeOf(root, labels).isRule = true
  for (const labels of pathsFrom(trie, trie.exceptionsRoot)) placeOf(root, labels).isException = true
  const lines = sorted(root)
    .filter(([, label]) => label.before.size > 0)
    .map(([name, label]) => `${name}(${listed(label)})`)
  return `/**
 * The Public Suffix List (https://publicsuffix.org, MPL 2.0) without the suffixes of one label, a line for each top-level
 * domain. What stands in parentheses comes before the label; a label alone is a suffix, \`!\` marks one that also has
 * labels before it, \`^\` one that is no suffix though \`*\` says so. Written by scripts/public-suffixes.ts.
 */
export const PUBLIC_SUFFIXES = \`
${lines.join('\n')}
\`
`
}

/** Every path of the trie that ends in a rule, last label first. */
function pathsFrom(trie: Trie, root: number): string[][] {
  const offsets = [0]
  for (const length of trie.edgeLength) offsets.push(offsets[offsets.length - 1] + length)
  const paths: string[][] = []
  const walk = (node: number, labels: readonly string[]): void => {
    for (let edge = trie.edgeStart[node]; edge < trie.edgeStart[node + 1]; edge++) {
      const label = trie.labelText.slice(offsets[edge], offsets[edge + 1])
      const here = [...labels, toAscii(label)]
      if (trie.nodeFlags[trie.edgeChild[edge]] !== 0) paths.push(here)
      walk(trie.edgeChild[edge], here)
    }
  }
  walk(root, [])
  return paths
}

/** The list has internationalised labels in both forms; one is enough. */
const toAscii = (label: string): string =>
  label === '*' ? label : new URL(`http://${label}.example`).hostname.split('.')[0]

function placeOf(root: Label, labels: readonly string[]): Label {
  let place = root
  for (const label of labels) {
    const next = place.before.get(label) ?? newLabel()
    place.before.set(label, next)
    place = next
  }
  return place
}

const sorted = ({ before }: Label): [string, Label][] => [...before].sort(([left], [right]) => (left < right ? -1 : 1))

const listed = (label: Label): string =>
  sorted(label)
    .map(([name, one]) => {
      if (one.isException) return `${name}^`
      return one.before.size === 0 ? name : `${name}${one.isRule ? '!' : ''}(${listed(one)})`
    })
    .join(',')
