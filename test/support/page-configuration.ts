import { readFileSync } from 'node:fs'

/**
 * A configuration as a page of docs/shippers shows it: the only block with `mark` in it, with what has to be another in a test put
 * in its place. Throws where the page has no such block, or the block lacks what is to be replaced: a test runs what people copy.
 */
export function pageConfiguration(page: string, mark: string, places: Readonly<Record<string, string>>): string {
  const text = readFileSync(`docs/shippers/${page}.md`, 'utf8')
  const blocks = [...text.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block)
  const [found, other] = blocks.filter((block) => block.includes(mark))
  if (found === undefined || other !== undefined)
    throw new Error(`${page}.md has ${found === undefined ? 'no block' : 'several blocks'} with ${mark}`)
  return Object.entries(places).reduce((filled, [from, to]) => {
    if (!filled.includes(from)) throw new Error(`the block with ${mark} in ${page}.md has no ${from}`)
    return filled.replaceAll(from, to)
  }, found)
}
