import type { ColumnKind, Shape } from '../blocks/block'
import type { HexLayout } from './hex-cells'

/**
 * The header of a segment: everything but the cells. docs/segment-format.md describes the file; its bytes are frozen by
 * tests. Names are short because the header is in the catalog row of every segment.
 */
export interface SegmentHeader {
  /** Version of the encoder that wrote it. Readers take every version up to their own. */
  readonly version: number
  readonly rows: number
  readonly shard: number
  /** UTC day since 1970 of every row. */
  readonly day: number
  /** Retention class. */
  readonly class: string
  readonly minTime: number
  readonly maxTime: number
  readonly minSeq: number
  readonly maxSeq: number
  /** Rows by level rank. */
  readonly levels: readonly number[]
  /** Rows by service and level rank, while there are few services; rows without a service are not counted. */
  readonly services?: Readonly<Record<string, readonly number[]>>
  readonly shapes: readonly Shape[]
  readonly sections: readonly Section[]
  readonly times: IntegerPart
  /** Nanoseconds within the millisecond; absent while all are zero. */
  readonly nanos?: IntegerPart
  readonly seqs: IntegerPart
  readonly received: IntegerPart
  /** Section of level ranks, one byte a row. */
  readonly level: number
  /** Shape of each row; absent when there is but one. */
  readonly shapeOf?: IntegerPart
  readonly columns: readonly SegmentColumn[]
}

/** Where a section lies: offset from the beginning of the segment, stored bytes, bytes when unpacked, codec. */
export type Section = readonly [offset: number, stored: number, length: number, codec: number]

export interface IntegerPart {
  readonly section: number
  readonly mode: 'base' | 'delta'
  readonly width: number
  readonly base: number
}

export interface SegmentColumn {
  readonly name: string
  readonly kind: ColumnKind
  readonly system: boolean
  readonly cells: number
  readonly as: ColumnEncoding
  /** Section of a token filter over the folded values, if there is one. */
  readonly filter?: number
  /** Section with `[[cell, source], …]` of strings that were spelled in an unusual way. */
  readonly sources?: number
}

/** Texts, each followed by a CELL_END byte, and their lengths. */
export interface TextPart {
  readonly text: number
  readonly lengths: IntegerPart
}

export type ColumnEncoding =
  | { readonly form: 'text'; readonly text: number; readonly patch: number; readonly lengths: IntegerPart }
  | {
      readonly form: 'template'
      /** Section of the templates, each followed by a CELL_END byte, and how many there are. */
      readonly templates: number
      readonly count: number
      readonly codes: IntegerPart
      /** Values by their place in the text. */
      readonly numbers: readonly IntegerPart[]
      readonly words: readonly TextPart[]
      readonly patch: number
    }
  | {
      readonly form: 'dictionary'
      readonly codes: number
      readonly width: 1 | 2
      readonly values: number
      readonly count: number
    }
  | { readonly form: 'integers'; readonly part: IntegerPart }
  | { readonly form: 'hex'; readonly bytes: number; readonly width: number; readonly layout: HexLayout }

/** The version this code writes. Version 2 brought columns of templates. */
export const SEGMENT_VERSION = 2
