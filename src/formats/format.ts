import type { BatchBuilder } from '../blocks/batch-builder'
import type { ReadClaim } from '../records/names'
import type { AfterRecord, ReadOutcome, Rejection } from './json-documents'

/**
 * A way in which others send logs: what its bodies hold, as documents. Each record is one JSON document, and what is kept of
 * it is that document, so that what a client sent is what a search finds.
 */
export interface Format {
  /** What the records' `source` is: `otlp`, `loki`, `elastic`, … */
  readonly source: string
  /**
   * What members mean, where that differs from what all names mean (src/records/names.ts). Paths are those of the documents, joined
   * with dots. What a tenant has said of a member counts more.
   */
  readonly claims?: ReadClaim
  /** The rank of a word that is a level in this format, in lower case. What a tenant has said of it counts more. */
  readonly levels?: (word: string) => number | undefined
  /**
   * Reads a body that is decompressed already. It is called once for each request, and knows no clock. Throws a BodyFailure
   * when the body as a whole is not what it says it is, and BodyTooLarge: then nothing of it is stored.
   */
  readonly open: (body: Uint8Array, about: FormatRequest) => OpenedBody
}

/** What a format may know of the request beside its body. */
export interface FormatRequest {
  /** `type/subtype` in lower case, without parameters; empty when there is none. */
  readonly contentType: string
  /** Of the address. */
  readonly parameters: URLSearchParams
  readonly header: (name: string) => string | undefined
  readonly receivedMs: number
}

/** A body as documents. */
export interface OpenedBody {
  /** What the block builder reads from: the body itself where its records are JSON, else what was written out of it. */
  readonly documents: Uint8Array
  /** May be called more than once, and answers the same each time. */
  readonly read: RecordReader
  /** There where senders name records, each of which is stored once. */
  readonly ids?: RecordIds
}

/** Names that senders gave to records, of which none is to be stored a second time for as long as it is remembered. */
export interface RecordIds {
  /** Those of the records that the last reading has taken, but for the ones that were refused after all. */
  readonly taken: (rejected: readonly Rejection[]) => readonly string[]
  /** These are stored already: records with one of them are refused as `known_id` from the next reading on. */
  readonly leaveOut: (ids: readonly string[]) => void
}

/** Walks documents, hands each to the builder, and tells of those that were not taken by their place among the records. */
export type RecordReader = (documents: Uint8Array, builder: BatchBuilder, afterRecord: AfterRecord) => ReadOutcome

/** The body is not what it says it is. The message is shown to the client, so it holds nothing of ours. */
export class BodyFailure extends Error {
  override readonly name = 'BodyFailure'
}

/** The body becomes larger than it may, whatever it came as. The message is shown to the client, and the limit named. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge'
  readonly limit: { readonly name: string; readonly value: number }

  constructor(limit: BodyTooLarge['limit'], message: string) {
    super(message)
    this.limit = limit
  }
}
