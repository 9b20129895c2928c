import type { RecordProblem } from '../blocks/batch-builder'
import type { OpenedBody, RecordReader } from './format'
import type { Rejection } from './json-documents'
import { VainReading } from './vain-reading'

/** Documents whose places are known, in the order of the records. */
export interface PlacedDocuments {
  readonly documents: Uint8Array
  /** Where the document of each record begins, and where it must end but for white space. */
  readonly from: readonly number[]
  readonly to: readonly number[]
  /** Records that cannot be kept, whatever their document says, by their place among all. */
  readonly refused: ReadonlyMap<number, RecordProblem>
}

/** Reads documents by their places: one that is broken costs only itself, and nothing after the end of one is passed over. */
export const openPlaced = (placed: PlacedDocuments): OpenedBody => ({
  documents: placed.documents,
  read: placedReader(placed),
})

/** The reader alone. `unless` is asked before each record why it may not be taken; `taken` is told of each that was. */
export function placedReader(
  { from, to, refused }: Omit<PlacedDocuments, 'documents'>,
  watch: {
    readonly unless?: (index: number) => RecordProblem | undefined
    readonly taken?: (index: number) => void
  } = {},
): RecordReader {
  return (documents, builder, afterRecord) => {
    const rejected: Rejection[] = []
    const vain = new VainReading(documents)
    let isTooMuch = false
    for (let index = 0; index < from.length; index++) {
      const end = to[index]
      const known: RecordProblem | undefined =
        refused.get(index) ?? watch.unless?.(index) ?? (isTooMuch ? { ...NOT_READ, at: from[index] } : undefined)
      const problem: RecordProblem | undefined = known ?? builder.addJson(from[index], end).problem
      if (problem === undefined) watch.taken?.(index)
      else rejected.push({ ...problem, index })
      // A document that does not end where it should was read on into those after it.
      if (known === undefined && problem !== undefined) isTooMuch = !vain.note(end, Math.max(end, problem.at))
      const stop = afterRecord(index + 1)
      if (stop !== undefined) return { received: index + 1, rejected, broken: stop }
    }
    return { received: from.length, rejected, broken: undefined }
  }
}

const NOT_READ = {
  code: 'invalid_json',
  detail: 'so many before it have no end that it was not read',
} as const
