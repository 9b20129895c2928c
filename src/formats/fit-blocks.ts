import type { Block } from '../blocks/block'
import { encodeBlock } from '../blocks/block-bytes'
import { compactBlock } from '../blocks/compact-block'
import { sliceBlock } from '../blocks/slice-block'
import { BLOCK_BYTES_MAX } from '../limits/limits'
import type { Rejection } from './json-documents'

/** Blocks as bytes, and records that turned out not to fit into one. */
export interface FittedBlocks {
  readonly blocks: readonly { readonly block: Block; readonly bytes: Uint8Array }[]
  readonly rejected: readonly Rejection[]
}

/**
 * Encodes blocks. The builder keeps them small enough, but a placeholder may be longer than the secret that it replaces, and
 * rules add to records: a block that has outgrown a row of the journal is halved, and a record that has is refused. `placeOf`
 * tells which of the accepted records of the batch the nth of the blocks is.
 */
export function fitBlocks(
  blocks: readonly Block[],
  rejected: readonly Rejection[],
  placeOf: (nth: number) => number = (nth) => nth,
): FittedBlocks {
  let accepted = 0
  const pieces = blocks.flatMap((block) => {
    const first = accepted
    accepted += block.rows
    return piecesOf(block, first)
  })
  const fits = (piece: Piece): boolean => piece.bytes.length <= BLOCK_BYTES_MAX
  const refused = pieces.filter((piece) => !fits(piece)).map(({ first }) => refusal(placeOf(first), rejected))
  return {
    blocks: pieces.filter(fits),
    rejected:
      refused.length === 0 ? rejected : [...rejected, ...refused].sort((left, right) => left.index - right.index),
  }
}

interface Piece {
  readonly block: Block
  readonly bytes: Uint8Array
  /** How many records of the batch were accepted before its first. */
  readonly first: number
}

function piecesOf(block: Block, first: number): Piece[] {
  const bytes = encodeBlock(block)
  if (bytes.length <= BLOCK_BYTES_MAX || block.rows === 1) return [{ block, bytes, first }]
  const half = block.rows >>> 1
  // Shapes and columns take room too: each half keeps those that it needs.
  return [
    ...piecesOf(compactBlock(sliceBlock(block, 0, half)), first),
    ...piecesOf(compactBlock(sliceBlock(block, half, block.rows)), first + half),
  ]
}

/** The refusal of the nth accepted record: its place in the batch counts the refused ones before it. */
function refusal(nth: number, rejected: readonly Rejection[]): Rejection {
  const index = rejected.reduce((place, one) => (one.index <= place ? place + 1 : place), nth)
  return {
    index,
    at: 0,
    code: 'record_too_large',
    detail: 'with its secrets replaced, and with what rules add, the record is too large',
  }
}
