import { PUBLIC_SUFFIXES } from './public-suffixes'

/** A label of the list: what it says, and the labels that may stand before it, as they are written there. */
interface ListedLabel {
  readonly says: 'suffix' | 'no suffix' | 'nothing'
  readonly before: string
}

/**
 * Whether a name of A-labels is a suffix under which strangers get names (`co.uk`, `github.io`), by the Public Suffix List
 * with its private part. A single label always is. It reads the list as it stands, because few requests ask.
 */
export function isPublicSuffix(name: string): boolean {
  const [topLevel, ...labels] = name.split('.').reverse()
  const last = labels.pop()
  if (last === undefined) return true
  let before: string | undefined = beforeTopLevel(topLevel)
  for (const label of labels) before = before && findLabel(before, label)?.before
  if (before === undefined) return false
  const listed = findLabel(before, last)
  if (listed?.says === 'no suffix') return false
  return listed?.says === 'suffix' || findLabel(before, '*')?.says === 'suffix'
}

function beforeTopLevel(label: string): string | undefined {
  const start = PUBLIC_SUFFIXES.indexOf(`\n${label}(`)
  if (start < 0) return undefined
  return PUBLIC_SUFFIXES.slice(start + label.length + 2, PUBLIC_SUFFIXES.indexOf('\n', start + 1) - 1)
}

function findLabel(list: string, label: string): ListedLabel | undefined {
  let start = 0
  while (start < list.length) {
    const [entry] = /^[^,()]*/.exec(list.slice(start, start + 80)) ?? ['']
    const open = start + entry.length
    const close = list[open] === '(' ? closingOf(list, open) : open
    if (entry.replace(/[!^]$/, '') === label) return toListed(entry, list.slice(open + 1, close))
    start = (close === open ? open : close + 1) + 1
  }
  return undefined
}

function toListed(entry: string, before: string): ListedLabel {
  if (entry.endsWith('^')) return { says: 'no suffix', before }
  return { says: before === '' || entry.endsWith('!') ? 'suffix' : 'nothing', before }
}

/** Where the parenthesis that opens at a place is closed. */
function closingOf(list: string, open: number): number {
  let depth = 0
  for (let place = open; place < list.length; place++) {
    if (list[place] === '(') depth++
    else if (list[place] === ')') depth--
    if (depth === 0) return place
  }
  return list.length
}
