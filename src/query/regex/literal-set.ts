import { foldCodePoint } from '../../records/fold'
import type { RegexNode } from './regex-tree'

/** Shorter literals stand in too many texts to be worth looking for. */
const LITERAL_CHARACTERS_MIN = 4

/** What a sequence can be in more ways is known by a part of it. */
const WAYS_MAX = 64

/** Alternatives, all together, that are still looked for at once. */
const LITERALS_MAX = 256

/** Beyond this, longer is no better. */
const TELLING_CHARACTERS = 8

/** A class of more characters than this is no literal. */
const CLASS_MAX = 4

/** What is known of the folded text of every match. */
interface Known {
  /** All that it can be, where that is not much. */
  readonly exact: readonly string[] | undefined
  /** Literals of which it holds one. */
  readonly best: readonly string[] | undefined
}

/**
 * Literals of which, once folded by `foldText`, every text that matches holds one: `(?i)(bad|wrong) password` gives
 * `bad password` and `wrong password`. Undefined where there are none worth looking for.
 */
export function literalSetOf(tree: RegexNode): readonly Uint8Array[] | undefined {
  const best = better(knownOf(tree).best, undefined)
  return best && shortest(best).map((literal) => new TextEncoder().encode(literal))
}

/** Those that hold no other one. */
const shortest = (literals: readonly string[]): readonly string[] =>
  literals.filter((literal) => !literals.some((other) => other !== literal && literal.includes(other)))

function knownOf(node: RegexNode): Known {
  switch (node.type) {
    case 'class':
      return known(foldedMembers(node.set))
    case 'assertion':
      return known([''])
    case 'repeat':
      return repeated(node)
    case 'choice':
      return choice(node.children.map(knownOf))
    case 'sequence':
      return sequence(node.children.map(knownOf))
  }
}

const known = (exact: readonly string[] | undefined): Known => ({ exact, best: exact })

function foldedMembers(set: readonly (readonly [number, number])[]): readonly string[] | undefined {
  const size = set.reduce((sum, [first, last]) => sum + last - first + 1, 0)
  if (size > CLASS_MAX * 3) return undefined
  const members = set.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index))
  const folded = [...new Set(members.map((codePoint) => String.fromCodePoint(foldCodePoint(codePoint))))]
  // Half of a pair is no text.
  return folded.length <= CLASS_MAX && folded.every((text) => text.isWellFormed()) ? folded : undefined
}

function repeated({ child, min, max }: Extract<RegexNode, { type: 'repeat' }>): Known {
  if (max === 0) return known([''])
  const once = knownOf(child)
  if (min === 0) return known(max === 1 && once.exact !== undefined ? distinct(['', ...once.exact]) : undefined)
  if (min === 1 && max === 1) return once
  return { exact: undefined, best: once.best }
}

function choice(ways: readonly Known[]): Known {
  const exact = ways.every((way) => way.exact !== undefined)
    ? distinct(ways.flatMap((way) => way.exact ?? []))
    : undefined
  const best = ways.map((way) => better(way.exact, way.best))
  const all = best.every((own) => own !== undefined) ? distinct(best.flatMap((own) => shortest(own ?? []))) : undefined
  return {
    exact: exact !== undefined && exact.length <= WAYS_MAX ? exact : undefined,
    best: all !== undefined && all.length <= LITERALS_MAX ? all : undefined,
  }
}

/** Goes on with what can follow, until that is too much: then a new run begins. */
function sequence(parts: readonly Known[]): Known {
  let run: readonly string[] = ['']
  let best: readonly string[] | undefined
  let isWhole = true
  for (const part of parts) {
    if (part.exact !== undefined && run.length * part.exact.length <= WAYS_MAX) {
      run = joined(run, part.exact)
      continue
    }
    best = better(better(best, run), part.best)
    run = part.exact ?? ['']
    isWhole = false
  }
  return { exact: isWhole ? run : undefined, best: better(best, run) }
}

const joined = (left: readonly string[], right: readonly string[]): readonly string[] =>
  distinct(left.flatMap((start) => right.map((end) => start + end)))

const distinct = (texts: readonly string[]): readonly string[] => [...new Set(texts)]

/** The one whose shortest literal is longer; of two that are alike in that, the one with fewer. */
function better(
  left: readonly string[] | undefined,
  right: readonly string[] | undefined,
): readonly string[] | undefined {
  const [own, other] = [tellingOf(left), tellingOf(right)]
  if (own < LITERAL_CHARACTERS_MIN) return other < LITERAL_CHARACTERS_MIN ? undefined : right
  if (own !== other) return own > other ? left : right
  return (left?.length ?? 0) <= (right?.length ?? 0) ? left : right
}

const tellingOf = (literals: readonly string[] | undefined): number =>
  literals === undefined || literals.length === 0
    ? 0
    : literals.reduce((least, { length }) => Math.min(least, length), TELLING_CHARACTERS)
