import { foldAscii } from '../../records/fold'
import type { CodePointSet } from './code-points'
import type { RegexNode } from './regex-tree'

/** Longer ones find no fewer cells, and repeats of repeats would make them very long. */
const LITERAL_BYTES_MAX = 64

/** What is known of the bytes of every match, as strings of a character per byte, folded by ASCII lower-casing. */
interface Known {
  /** All of them, when every match has the same. */
  readonly exact: string | undefined
  readonly prefix: string
  readonly suffix: string
  /** The longest that is known to be somewhere in every match. */
  readonly best: string
}

const NOTHING: Known = { exact: undefined, prefix: '', suffix: '', best: '' }

const EMPTY_TEXT: Known = { exact: '', prefix: '', suffix: '', best: '' }

/**
 * The longest literal found that every match contains once A-Z are made a-z. It holds on text folded by `foldText` as
 * well: what folding changes in any other way is left out, so that of `(?i)task` only `ta` remains, for `ſ` and `K`.
 */
export function literalOf(tree: RegexNode): Uint8Array | undefined {
  const { best } = knownOf(tree)
  return best === '' ? undefined : Uint8Array.from(best, (byte) => byte.charCodeAt(0))
}

function knownOf(node: RegexNode): Known {
  if (node.type === 'class') return knownOfText(onlyFoldOf(node.set))
  if (node.type === 'assertion') return EMPTY_TEXT
  if (node.type === 'repeat') return repeated(knownOf(node.child), node.min, node.max)
  const children = node.children.map(knownOf)
  return node.type === 'choice' ? children.reduce(either) : children.reduce(followedBy, EMPTY_TEXT)
}

const knownOfText = (text: string | undefined): Known =>
  text === undefined ? NOTHING : { exact: text, prefix: text, suffix: text, best: text }

function followedBy(left: Known, right: Known): Known {
  const isExact = left.exact !== undefined && right.exact !== undefined
  const exact = isExact ? `${left.exact}${right.exact}` : undefined
  const prefix = left.exact === undefined ? left.prefix : left.exact + right.prefix
  const suffix = right.exact === undefined ? right.suffix : left.suffix + right.exact
  return bounded({ exact, prefix, suffix, best: longest(left.best, right.best, left.suffix + right.prefix) })
}

function either(left: Known, right: Known): Known {
  const prefix = commonPrefix(left.prefix, right.prefix)
  const suffix = commonSuffix(left.suffix, right.suffix)
  const exact = left.exact === right.exact ? left.exact : undefined
  return { exact, prefix, suffix, best: longest(prefix, suffix, commonBest(left, right)) }
}

function repeated(once: Known, min: number, max: number): Known {
  if (max === 0) return EMPTY_TEXT
  if (min === 0) return once.exact === '' ? EMPTY_TEXT : NOTHING
  const copies = Array.from({ length: Math.min(min, LITERAL_BYTES_MAX) }, () => once).reduce(followedBy, EMPTY_TEXT)
  return min === max && copies.exact !== undefined && min <= LITERAL_BYTES_MAX
    ? copies
    : { ...copies, exact: undefined }
}

/** What has become too long is no longer the whole, but its ends still are its ends. */
function bounded({ exact, prefix, suffix, best }: Known): Known {
  return {
    exact: exact !== undefined && exact.length > LITERAL_BYTES_MAX ? undefined : exact,
    prefix: prefix.slice(0, LITERAL_BYTES_MAX),
    suffix: suffix.slice(-LITERAL_BYTES_MAX),
    best: best.slice(0, LITERAL_BYTES_MAX),
  }
}

/** The bytes of the one character that all of the set are once A-Z are a-z, if there is one and folding lets it be. */
function onlyFoldOf(set: CodePointSet): string | undefined {
  const codePoints = set.slice(0, 2).flat()
  const texts = new Set(codePoints.map((codePoint) => String.fromCodePoint(codePoint)))
  const [folded, ...others] = new Set([...texts].map(foldedBytes))
  const isComplete = set.length <= 2 && set.every(([first, last]) => first === last)
  return isComplete && others.length === 0 && [...texts].every(isFoldedSimply) ? folded : undefined
}

/** ASCII, or without case. */
const isFoldedSimply = (text: string): boolean =>
  text < '\x80' || (text.toLowerCase() === text && text.toUpperCase() === text)

const foldedBytes = (text: string): string => String.fromCharCode(...foldAscii(new TextEncoder().encode(text)))

const longest = (...candidates: readonly string[]): string =>
  candidates.reduce((best, candidate) => (candidate.length > best.length ? candidate : best))

function commonBest(left: Known, right: Known): string {
  if (left.best.includes(right.best)) return right.best
  return right.best.includes(left.best) ? left.best : ''
}

function commonPrefix(left: string, right: string): string {
  let length = 0
  while (length < left.length && left[length] === right[length]) length++
  return left.slice(0, length)
}

function commonSuffix(left: string, right: string): string {
  let length = 0
  while (length < left.length && left.at(-1 - length) === right.at(-1 - length)) length++
  return length === 0 ? '' : left.slice(-length)
}
