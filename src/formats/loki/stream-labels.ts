import { DocumentWriter, memberName } from '../document-writer'
import { NAME } from './names'
import { parseLabels } from './parse-labels'

/** Streams of one body whose labels are remembered: some clients make a stream of every line. */
const STREAMS_MAX = 1000

/** How much of labels that are none is shown. */
const SHOWN_CHARACTERS = 200

const NONE = new Uint8Array(0)

/** The labels of the streams of a body, each as the member that its entries get. */
export class StreamLabels {
  readonly #known = new Map<string, Uint8Array | undefined>()
  readonly #scratch = new DocumentWriter(0)

  /** Undefined for what are no labels. */
  memberOf(text: string): Uint8Array | undefined {
    if (this.#known.has(text)) return this.#known.get(text)
    const labels = parseLabels(text)
    const member = labels === undefined ? undefined : this.#write(labels)
    if (this.#known.size < STREAMS_MAX) this.#known.set(text, member)
    return member
  }

  /** What is said of the entries of such a stream, in Loki's words. */
  problemOf(text: string): string {
    return `error parsing labels ${JSON.stringify(text.slice(0, SHOWN_CHARACTERS))}: they are no labels`
  }

  #write(labels: readonly (readonly [string, string])[]): Uint8Array {
    if (labels.length === 0) return NONE
    const scratch = this.#scratch
    scratch.rewind(0)
    scratch.member(NAME.labels)
    scratch.beginObject()
    for (const [name, value] of labels) {
      scratch.member(memberName(name))
      scratch.string(value)
    }
    scratch.endObject()
    return scratch.copySince(0)
  }
}
