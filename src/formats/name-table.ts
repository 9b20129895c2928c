/** Finds names of members in bytes without making texts of them. */
export class NameTable {
  readonly #buckets: Entry[][]

  /** Several names may stand for one number. */
  constructor(names: Readonly<Record<string, number>>) {
    this.#buckets = Array.from({ length: BUCKETS }, () => [])
    for (const [name, number] of Object.entries(names)) {
      const bytes = new TextEncoder().encode(name)
      this.#buckets[bucketOf(bytes, 0, bytes.length)].push({ bytes, number })
    }
  }

  /** The number of the name that stands there, or 0. */
  find(bytes: Uint8Array, from: number, to: number): number {
    if (to === from) return 0
    for (const entry of this.#buckets[bucketOf(bytes, from, to)])
      if (isAt(bytes, from, to, entry.bytes)) return entry.number
    return 0
  }
}

interface Entry {
  readonly bytes: Uint8Array
  readonly number: number
}

const BUCKETS = 64

const bucketOf = (bytes: Uint8Array, from: number, to: number): number =>
  ((to - from) * 7 + bytes[from] * 3 + bytes[to - 1]) & (BUCKETS - 1)

function isAt(bytes: Uint8Array, from: number, to: number, name: Uint8Array): boolean {
  if (to - from !== name.length) return false
  for (let index = 0; index < name.length; index++) if (bytes[from + index] !== name[index]) return false
  return true
}
