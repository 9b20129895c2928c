import { type CodePointSet, closeUnderFolding, sameSet } from './code-points'

/** What a place between two characters can be asked. The `maybe` kinds are for folded text: see `foldTree`. */
export type AssertionKind =
  | 'textStart'
  | 'textEnd'
  | 'lineStart'
  | 'lineEnd'
  | 'wordBoundary'
  | 'notWordBoundary'
  | 'maybeWordBoundary'
  | 'maybeNotWordBoundary'

/**
 * What a pattern says once flags and groups are resolved. A literal character is a class of one; lazy and greedy are
 * the same, because only whether a pattern matches is asked.
 */
export type RegexNode =
  | { readonly type: 'class'; readonly set: CodePointSet }
  | { readonly type: 'assertion'; readonly kind: AssertionKind }
  | { readonly type: 'sequence' | 'choice'; readonly children: readonly RegexNode[] }
  | { readonly type: 'repeat'; readonly child: RegexNode; readonly min: number; readonly max: number }

/** Matches the empty text. */
export const EMPTY: RegexNode = { type: 'sequence', children: [] }

/**
 * The tree of a pattern that matches the folded form of every text that this tree matches. Folding turns `K` and `ſ`,
 * which are not ASCII word characters, into `k` and `s`, which are; so next to those a boundary becomes a maybe.
 */
export function foldTree(node: RegexNode): RegexNode {
  if (node.type === 'class') return { type: 'class', set: closeUnderFolding(node.set) }
  if (node.type === 'assertion') return { type: 'assertion', kind: foldAssertion(node.kind) }
  if (node.type === 'repeat') return { ...node, child: foldTree(node.child) }
  return { type: node.type, children: node.children.map(foldTree) }
}

/** Does the pattern give the same answer for a text and its folded form? */
export function isFoldSafe(node: RegexNode): boolean {
  if (node.type === 'class') return sameSet(node.set, closeUnderFolding(node.set))
  if (node.type === 'assertion') return !isOfWord(node.kind)
  if (node.type === 'repeat') return isFoldSafe(node.child)
  return node.children.every(isFoldSafe)
}

/** Is it about ASCII word characters? */
export const isOfWord = (kind: AssertionKind): boolean => /boundary/i.test(kind)

/** Can a match only begin where the text begins? May say no where the truth is yes. */
export function beginsAtTextStart(node: RegexNode): boolean {
  if (node.type === 'assertion') return node.kind === 'textStart'
  if (node.type === 'repeat') return node.min > 0 && beginsAtTextStart(node.child)
  if (node.type === 'choice') return node.children.every(beginsAtTextStart)
  return node.type === 'sequence' && node.children.length > 0 && beginsAtTextStart(node.children[0])
}

function foldAssertion(kind: AssertionKind): AssertionKind {
  if (kind === 'wordBoundary') return 'maybeWordBoundary'
  if (kind === 'notWordBoundary') return 'maybeNotWordBoundary'
  return kind
}
