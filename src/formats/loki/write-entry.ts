import { BRACE_OPEN, JsonFailure, skipSpace, skipValue } from '../../blocks/json-text'
import { EMBEDDED_JSON_CHARACTERS_MAX, EMBEDDED_JSON_DEPTH_MAX } from '../../limits/limits'
import { LEVELS } from '../../records/levels'
import { CLUE_CHARACTERS, readLineClues } from '../../records/line-clues'
import type { DocumentWriter } from '../document-writer'
import { NAME } from './names'

/**
 * Adds to a document what its line says of itself: the members of a line that is a JSON object, as those of any other record, and
 * the level that a line of text begins with, as Loki does.
 */
export function writeClues(line: Line, writer: DocumentWriter): void {
  const { bytes, from, to } = line
  const start = skipSpace(bytes, from)
  if (bytes[start] === BRACE_OPEN && isObject(bytes, start, to)) {
    writer.member(NAME.json)
    writer.raw(bytes, start, to)
    return
  }
  if (line.hasLevel) return
  const beginning = Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.min(to - from, CLUE_CHARACTERS))
  const { levelRank } = readLineClues(beginning.toString('latin1'))
  if (levelRank === undefined) return
  writer.member(NAME.detectedLevel)
  writer.json(`"${LEVELS[levelRank]}"`)
}

/** Where a line stands, and whether its labels say its level already. */
export interface Line {
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
  readonly hasLevel: boolean
}

const LEVEL_LABEL = /"(?:level|detected_level|severity|lvl|loglevel|log_level|levelname)":/i

/** Whether the labels of a stream, as the member that they are, name a level. */
export const namesLevel = (labels: Uint8Array | undefined): boolean =>
  labels !== undefined &&
  LEVEL_LABEL.test(Buffer.from(labels.buffer, labels.byteOffset, labels.length).toString('latin1'))

/** One that is so deep or large that it is better kept as the text that it is, is none. */
function isObject(line: Uint8Array, start: number, to: number): boolean {
  if (to - start > EMBEDDED_JSON_CHARACTERS_MAX) return false
  try {
    const text = line.subarray(0, to)
    return skipSpace(text, skipValue(text, start, { at: 0, max: EMBEDDED_JSON_DEPTH_MAX })) === to
  } catch (error) {
    if (error instanceof JsonFailure) return false
    throw error
  }
}
