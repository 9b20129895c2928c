import { isUtf8 } from 'node:buffer'
import { DEFAULT_LEVEL_RANK, LEVELS, levelRank, numericLevelRank, otelSeverityRank } from '../records/levels'
import { CLUE_CHARACTERS, type LineClues, readLineClues } from '../records/line-clues'
import {
  type Claim,
  claimOf,
  countsOutcomes,
  isSeverityNumber,
  promisesTime,
  type ReadClaim,
  type Role,
} from '../records/names'
import { type Instant, isImpossibleTime, parseInstant } from '../records/time'
import {
  type Block,
  type ColumnKind,
  LEVEL_FORM,
  LEVEL_SLOT,
  type Shape,
  type Slot,
  type SystemColumn,
  TIME_FORM,
  TIME_SLOT,
} from './block'
import { BLOCK_COST, CELL_COST, headerCost, rowCost } from './block-cost'
import { ColumnBuilder } from './column-builder'
import { readEpochMs, readEpochSeconds, readIsoInstant } from './iso-bytes'
import { fail, JsonFailure, skipSpace } from './json-text'
import { Arena, type DepthLimits, type ReadRecord, type ReadSlot, readRecord, VALUE } from './record-reader'
import { ShapeTrie } from './shape-trie'

/** Why a record was not taken. `at` is the byte of the body it is about. */
export interface RecordProblem {
  readonly code:
    | 'invalid_json'
    | 'too_deep'
    | 'record_too_large'
    | 'invalid_utf8'
    | 'invalid_timestamp'
    | 'invalid_service_name'
    | 'invalid_record'
    | 'too_many_records'
    | 'timestamp_too_old'
    | 'timestamp_too_new'
    | 'unsupported_action'
    | 'known_id'
    | 'missing_event'
    | 'blank_event'
    | 'invalid_fields'
  readonly detail: string
  readonly at: number
  /** JSON pointer to the member, when it is about one. */
  readonly pointer?: string
}

export interface BatchOptions {
  readonly receivedMs: number
  /** Records outside [from, to] are refused. */
  readonly timeWindow: { readonly fromMs: number; readonly toMs: number }
  readonly recordBytesMax: number
  readonly depth: DepthLimits
  readonly columnsMax: number
  readonly shapesMax: number
  /** No block may become larger than this, encoded. */
  readonly blockBytesMax: number
  /** The body is not valid UTF-8 as a whole, so each record has to be checked. */
  readonly checkUtf8: boolean
  /** Where the records come from: `http`, `otlp`, … */
  readonly source: string
  /** What to write instead of values under a member of this name, or undefined to keep them. */
  readonly placeholderFor: (memberName: string) => string | undefined
  /** The only names of services that are taken, where an API has a rule for them. */
  readonly serviceNames?: ServiceNames | undefined
  /** What members mean, where the tenant has said it of some. */
  readonly claims?: ReadClaim | undefined
  /** Ranks of words and numbers in lower case that are a level here, whatever they mean elsewhere. */
  readonly levels?: LevelWords | undefined
}

/** Ranks of words in lower case. */
export interface LevelWords {
  readonly get: (word: string) => number | undefined
}

/** A rule for names of services. */
export interface ServiceNames {
  readonly form: RegExp
  /** The rule in words, for who has broken it. */
  readonly rule: string
}

/** The roles for which a shape's slot becomes a system column rather than a field of its own. */
const TEXT_ROLES = ['service', 'message', 'trace_id', 'span_id'] as const

/** A shape as the builder knows it: which slot says what, and its layouts by time and level form. */
interface KnownShape {
  readonly record: Pick<ReadRecord, 'parts'>
  readonly slots: readonly ReadSlot[]
  readonly timeSlot: number
  readonly levelSlot: number
  readonly levelRule: number
  readonly serviceSlot: number
  readonly roles: ReadonlyMap<number, Role>
  readonly layouts: (Layout | undefined)[]
}

/** A shape with every slot assigned: what a row needs to be filed. */
interface Layout {
  readonly shape: number
  /** The column of each slot; undefined where the time or level column holds the value. */
  readonly columns: readonly (ColumnBuilder | undefined)[]
  /** Placeholder position for slots whose value must not be kept. */
  readonly replaced: readonly ({ readonly from: number; readonly to: number } | undefined)[]
  /** How many bytes those values have in a row. */
  readonly replacedBytes: number
}

const LEVEL_FORMS = 4

/** How the value in a level's place is read: the same digits mean another level under another rule. */
const LEVEL_RULE = { word: 0, number: 1, otelNumber: 2 } as const

/**
 * Builds blocks from documents in one request body. Records are read one by one; `finish` hands over the block of those
 * taken so far and begins the next.
 */
export class BatchBuilder {
  readonly #body: Uint8Array
  readonly #options: BatchOptions
  readonly #arena: Arena
  #trie = new ShapeTrie<KnownShape>()
  #shapes: Shape[] = []
  #shapeIndex = new Map<string, number>()
  #columns: ColumnBuilder[] = []
  #columnIndex = new Map<string, number>()
  #rows = 0
  #times: Float64Array
  #nanos: Uint32Array
  #hasNanos = false
  #levels: Uint8Array
  #shapeOf: Uint16Array
  #instantMs = 0
  #instantNanos = 0
  #knownLevels: KnownLevel[] = []
  #placeholders = new Map<string, string | undefined>()
  #bytes = 0

  constructor(body: Uint8Array, options: BatchOptions) {
    this.#body = body
    this.#options = options
    this.#arena = new Arena(body.length)
    const rows = Math.min(Math.max(body.length >>> RECORD_BYTES_SHIFT, ROWS_AT_FIRST), ROWS_AT_FIRST_MAX)
    this.#times = new Float64Array(rows)
    this.#nanos = new Uint32Array(rows)
    this.#levels = new Uint8Array(rows)
    this.#shapeOf = new Uint16Array(rows)
  }

  get rows(): number {
    return this.#rows
  }

  /** How many bytes the block will have at most. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * Reads the JSON document at `from`. Answers where it ends, or the problem; a problem of kind invalid_json or too_deep
   * leaves it to the caller where to go on. Where the caller knows that the document ends at `to`, but for white space, anything
   * else that stands before it is a problem.
   */
  addJson(from: number, to?: number): { readonly end: number; readonly problem: RecordProblem | undefined } {
    try {
      const trie = this.#trie
      const known = trie.read(this.#body, from, this.#arena, this.#options.depth.refuse)
      if (known !== undefined) {
        this.#checkEnd(trie.end, to)
        return {
          end: trie.end,
          problem: this.#file(known, trie.from, trie.to, trie.hasSources ? trie.sources : undefined, from, trie.end),
        }
      }
      return this.#addUnknown(from, to)
    } catch (error) {
      if (error instanceof JsonFailure) return { end: error.problem.at, problem: error.problem }
      throw error
    }
  }

  /** Takes a line of plain text as a record whose document is that string. Its time and level are read from its beginning. */
  addLine(from: number, to: number): RecordProblem | undefined {
    this.#lineShape ??= this.#learnLine()
    this.#spanFrom[0] = from
    this.#spanTo[0] = to
    this.#clues = readLineClues(this.#text(from, Math.min(to, from + CLUE_CHARACTERS)))
    const problem = this.#file(this.#lineShape, this.#spanFrom, this.#spanTo, undefined, from, to)
    this.#clues = undefined
    return problem
  }

  /** The block of all records taken since the last call, or undefined when there is none. */
  finish(): Block | undefined {
    if (this.#rows === 0) return undefined
    const source = { body: this.#body, split: this.#body.length, arena: this.#arena.bytes }
    const block = {
      rows: this.#rows,
      receivedMs: this.#options.receivedMs,
      times: this.#times.slice(0, this.#rows),
      nanos: this.#hasNanos ? this.#nanos.slice(0, this.#rows) : undefined,
      levels: this.#levels.slice(0, this.#rows),
      shapes: this.#shapes,
      shapeOf: this.#shapeOf.slice(0, this.#rows),
      columns: this.#columns.map((column) => column.finish(source)),
    }
    this.discard()
    return block
  }

  /** Forgets the records taken since the last block. */
  discard(): void {
    this.#trie = new ShapeTrie()
    this.#lineShape = undefined
    this.#shapes = []
    this.#shapeIndex = new Map()
    this.#columns = []
    this.#columnIndex = new Map()
    this.#rows = 0
    this.#bytes = 0
    this.#hasNanos = false
  }

  readonly #spanFrom = new Int32Array(1)
  readonly #spanTo = new Int32Array(1)
  #lineShape: KnownShape | undefined
  /** What the line being filed says about itself; undefined for JSON. */
  #clues: LineClues | undefined

  #learnLine(): KnownShape {
    const slot = {
      path: 'message',
      kind: VALUE.string,
      level: 0,
      from: 0,
      to: 0,
      source: undefined,
      literalFrom: 0,
      literalTo: 0,
    }
    // A line has no members that a tenant could have mapped.
    return this.#know({ slots: [slot], parts: ['"', '"'] }, claimOf)
  }

  #checkEnd(end: number, to: number | undefined): void {
    if (to === undefined || end === to) return
    if (end > to || skipSpace(this.#body, end) < to) fail(end, 'the text goes on after the end of the log')
  }

  #addUnknown(
    from: number,
    to: number | undefined,
  ): { readonly end: number; readonly problem: RecordProblem | undefined } {
    const record = readRecord(this.#body, from, this.#arena, this.#options.depth)
    const { slots, end } = record
    this.#checkEnd(end, to)
    const spanFrom = Int32Array.from(slots, (slot) => slot.from)
    const spanTo = Int32Array.from(slots, (slot) => slot.to)
    const sources = slots.some((slot) => slot.source !== undefined) ? slots.map((slot) => slot.source) : undefined
    const known = this.#know(record, this.#options.claims ?? claimOf)
    if (this.#hasRoomFor(slots)) this.#trie.learn(this.#body, record, known)
    return { end, problem: this.#file(known, spanFrom, spanTo, sources, from, end) }
  }

  #hasRoomFor(slots: readonly ReadSlot[]): boolean {
    const { columnsMax, shapesMax } = this.#options
    return (
      this.#shapes.length + SPARE_SHAPES < shapesMax &&
      this.#columns.length + slots.length + SPARE_COLUMNS <= columnsMax
    )
  }

  #costOfLayout({ record, slots }: KnownShape): number {
    return this.#hasRoomFor(slots) ? headerCost(record.parts, slots) : Number.POSITIVE_INFINITY
  }

  /** Decides what each slot of a shape means. */
  #know(record: Pick<ReadRecord, 'slots' | 'parts'>, readClaim: ReadClaim): KnownShape {
    const { slots, parts } = record
    const best = new Map<Role, { index: number; claim: Claim }>()
    for (const [index, slot] of slots.entries()) {
      const claim = readClaim(slot.path)
      if (!claim || !canHold(claim, slot)) continue
      const rival = best.get(claim.role)
      if (!rival || claim.strength < rival.claim.strength) best.set(claim.role, { index, claim })
    }
    const roles = new Map([...best].map(([role, { index }]): [number, Role] => [index, role]))
    const timeSlot = best.get('time')?.index ?? -1
    const levelSlot = best.get('level')?.index ?? -1
    const levelRule = levelSlot < 0 ? LEVEL_RULE.word : levelRuleOf(slots[levelSlot])
    const serviceSlot = best.get('service')?.index ?? -1
    return { record: { parts }, slots, timeSlot, levelSlot, levelRule, serviceSlot, roles, layouts: [] }
  }

  /** Files one record: its time, its level, its cells. Answers why not, if not. */
  #file(
    known: KnownShape,
    from: Int32Array,
    to: Int32Array,
    sources: readonly (string | undefined)[] | undefined,
    start: number,
    end: number,
  ): RecordProblem | undefined {
    const unfit = this.#bytesProblem(start, end) ?? this.#serviceProblem(known, from, to, start)
    if (unfit) return unfit
    const timeForm = this.#readTime(known, from, to)
    if (timeForm < 0) return this.#timeProblem(known, from, to, start)
    const { fromMs, toMs } = this.#options.timeWindow
    if (this.#instantMs < fromMs || this.#instantMs > toMs) return this.#windowProblem(known, start)
    const level = this.#readLevel(known, from, to)
    const variant = timeForm * LEVEL_FORMS + level.form
    let layout = known.layouts[variant]
    const extra = layout === undefined ? this.#costOfLayout(known) : layout.replacedBytes
    const cost = rowCost(end - start, known.slots.length, sources) + extra
    if (this.#bytes + cost > this.#options.blockBytesMax) {
      return this.#fileWhole(known, from, to, start, end, level.rank)
    }
    if (layout === undefined) {
      layout = this.#layOut(known, timeForm, level.form)
      known.layouts[variant] = layout
    }
    const { columns, replaced } = layout
    for (let index = 0; index < columns.length; index++) {
      const column = columns[index]
      if (column === undefined) continue
      const instead = replaced[index]
      if (instead !== undefined) {
        column.push(instead.from, instead.to)
        continue
      }
      if (sources !== undefined) {
        const source = sources[index]
        if (source !== undefined) column.noteSource(source)
      }
      column.push(from[index], to[index])
    }
    this.#takeRow(layout.shape, level.rank)
    this.#bytes += cost
    return undefined
  }

  /**
   * A record that needs more columns or more room than there is gets kept whole; what the system reads is copied out as
   * far as there is room. Secrets in it are found by name when the block is redacted.
   */
  #fileWhole(
    known: KnownShape,
    from: Int32Array,
    to: Int32Array,
    start: number,
    end: number,
    levelRank: number,
  ): undefined {
    const { blockBytesMax } = this.#options
    const whole = this.#arena.putCompact(this.#body, start, end)
    const isNew = this.#rows === 0 ? BLOCK_COST : 0
    this.#bytes += rowCost(whole.to - whole.from, SPARE_COLUMNS, undefined) + isNew
    const hidden: number[] = []
    for (const [index, role] of known.roles) {
      const size = to[index] - from[index] + CELL_COST
      if (!isTextRole(role) || this.#bytes + size > blockBytesMax) continue
      if (this.#placeholderOf(known.slots[index]) !== undefined) continue
      const column = this.#systemColumn(role, 'string')
      this.#columns[column].push(from[index], to[index])
      this.#bytes += size
      hidden.push(column)
    }
    const rest = this.#systemColumn('rest', 'json')
    this.#columns[rest].push(whole.from, whole.to)
    const slots = [{ column: rest, form: 0, path: '' }]
    this.#takeRow(this.#indexOfShape({ parts: ['', ''], slots, hidden: this.#withSource(hidden) }), levelRank)
  }

  #takeRow(shape: number, levelRank: number): void {
    const row = this.#rows++
    if (row === this.#times.length) this.#grow()
    this.#times[row] = this.#instantMs
    this.#nanos[row] = this.#instantNanos
    if (this.#instantNanos !== 0) this.#hasNanos = true
    this.#levels[row] = levelRank
    this.#shapeOf[row] = shape
    this.#sourceColumn?.push(this.#sourceSpan.from, this.#sourceSpan.to)
  }

  /** Reads the record's time into #instantMs and #instantNanos; answers its form, or −1 when one was meant that there cannot be. */
  #readTime(known: KnownShape, from: Int32Array, to: Int32Array): number {
    this.#instantNanos = 0
    this.#instantMs = this.#options.receivedMs
    const { timeSlot } = known
    if (timeSlot < 0) {
      this.#takeClue()
      return TIME_FORM.column
    }
    const slot = known.slots[timeSlot]
    const start = from[timeSlot]
    const length = to[timeSlot] - start
    if (slot.kind === VALUE.string && start < this.#body.length) {
      const form = readIsoInstant(this.#body, start, length, instantScratch)
      if (form !== 0) {
        this.#instantMs = instantScratch[0]
        this.#instantNanos = instantScratch[1]
        return form
      }
    }
    const epochMs = slot.kind === VALUE.number ? readEpochMs(this.#body, start, length) : undefined
    if (epochMs !== undefined) {
      this.#instantMs = epochMs
      return TIME_FORM.epochMs
    }
    if (start < this.#body.length && readEpochSeconds(this.#body, start, length, instantScratch)) {
      this.#instantMs = instantScratch[0]
      this.#instantNanos = instantScratch[1]
      return TIME_FORM.column
    }
    const text = this.#text(start, to[timeSlot])
    const instant = readTimeText(text, slot)
    if (instant === undefined) return promisesTime(slot.path) || isImpossibleTime(text) ? -1 : TIME_FORM.column
    this.#instantMs = instant.ms
    this.#instantNanos = instant.nanos
    if (slot.kind !== VALUE.number || instant.nanos !== 0) return TIME_FORM.column
    if (text === String(instant.ms) && text.length === 13) return TIME_FORM.epochMs
    return text.length === 10 && text === String(instant.ms / 1000) ? TIME_FORM.epochSeconds : TIME_FORM.column
  }

  /** A line is not refused for what it only seems to say: its time counts where it may be. */
  #takeClue(): void {
    const instant = this.#clues?.instant
    const { fromMs, toMs } = this.#options.timeWindow
    if (instant === undefined || instant.ms < fromMs || instant.ms > toMs) return
    this.#instantMs = instant.ms
    this.#instantNanos = instant.nanos
  }

  #readLevel(known: KnownShape, from: Int32Array, to: Int32Array): KnownLevel {
    const { levelSlot, levelRule } = known
    if (levelSlot < 0)
      return this.#clues?.levelRank === undefined ? NO_LEVEL : { ...NO_LEVEL, rank: this.#clues.levelRank }
    const start = from[levelSlot]
    const end = to[levelSlot]
    // A level that had to be rewritten was not spelled plainly, so its column keeps how it was.
    if (start >= this.#body.length) {
      return { ...this.#readLevelText(this.#text(start, end), levelRule), form: LEVEL_FORM.column }
    }
    for (const level of this.#knownLevels)
      if (level.rule === levelRule && sameAt(this.#body, start, end, level.spelling)) return level
    const level = this.#readLevelText(this.#text(start, end), levelRule)
    if (end - start <= 16 && this.#knownLevels.length < 32) {
      this.#knownLevels.push({ ...level, spelling: this.#body.slice(start, end) })
    }
    return level
  }

  /** What the tenant calls a level is one, whatever it means to everybody else. */
  #readLevelText(text: string, rule: number): KnownLevel {
    const rank = this.#options.levels?.get(text.trim().toLowerCase()) ?? rankOf(text, rule)
    if (rank === undefined) return { ...NO_LEVEL, rule }
    const form = rule === LEVEL_RULE.word ? levelForm(text, rank) : LEVEL_FORM.column
    return { rank, form, rule, spelling: NO_LEVEL.spelling }
  }

  #layOut(known: KnownShape, timeForm: number, levelForm: number): Layout {
    const occurrences = new Map<string, number>()
    const columns: (ColumnBuilder | undefined)[] = []
    const replaced: ({ from: number; to: number } | undefined)[] = []
    const parts = [...known.record.parts]
    let replacedBytes = 0
    const slots = known.slots.map((slot, index): Slot => {
      const role = known.roles.get(index)
      const placeholder = this.#placeholderOf(slot)
      if (placeholder === undefined && role === 'time' && timeForm !== 0)
        return this.#virtualSlot(columns, TIME_SLOT, timeForm, slot)
      if (placeholder === undefined && role === 'level' && levelForm !== 0)
        return this.#virtualSlot(columns, LEVEL_SLOT, levelForm, slot)
      const kind = placeholder === undefined ? columnKind(slot.kind) : 'string'
      if (placeholder !== undefined && slot.kind !== VALUE.string) {
        parts[index] += '"'
        parts[index + 1] = `"${parts[index + 1]}`
      }
      const column =
        role !== undefined && isTextRole(role)
          ? this.#systemColumn(role, kind)
          : this.#fieldColumn(slot.path, kind, occurrences)
      columns[index] = this.#columns[column]
      if (placeholder !== undefined) {
        replaced[index] = this.#arena.putText(placeholder)
        replacedBytes += placeholder.length
      }
      return { column, form: 0, path: slot.path }
    })
    const shape = this.#indexOfShape({ parts, slots, hidden: this.#withSource([]) })
    return { shape, columns, replaced, replacedBytes }
  }

  /** `true`, `false` and `null` are no secrets; everything else under a secret's name, or in what has one, is replaced. */
  #placeholderOf(slot: ReadSlot): string | undefined {
    if (slot.kind === VALUE.literal) return undefined
    const known = this.#placeholders.get(slot.path)
    if (known !== undefined || this.#placeholders.has(slot.path)) return known
    const name = slot.path.split('.').find((part) => this.#options.placeholderFor(part) !== undefined)
    const placeholder = name === undefined ? undefined : this.#options.placeholderFor(name)
    if (this.#placeholders.size < PLACEHOLDERS_MAX) this.#placeholders.set(slot.path, placeholder)
    return placeholder
  }

  #virtualSlot(columns: (ColumnBuilder | undefined)[], column: number, form: number, slot: ReadSlot): Slot {
    columns.push(undefined)
    return { column, form, path: slot.path }
  }

  #sourceColumn: ColumnBuilder | undefined
  #sourceSpan = { from: 0, to: 0 }

  /** Every row has the system column `source`. */
  #withSource(hidden: readonly number[]): number[] {
    const index = this.#systemColumn('source', 'string')
    if (this.#sourceColumn !== this.#columns[index]) {
      this.#sourceColumn = this.#columns[index]
      this.#sourceSpan = this.#arena.putText(this.#options.source)
    }
    return [...hidden, index]
  }

  #systemColumn(name: SystemColumn, kind: ColumnKind): number {
    return this.#columnNamed(`\u0000${name}`, () => new ColumnBuilder(name, kind, true))
  }

  /** The same path with the same kind shares a column; a second member of that path in one document gets its own. */
  #fieldColumn(path: string, kind: ColumnKind, occurrences: Map<string, number>): number {
    const key = `${kind}\u0000${path}`
    const occurrence = occurrences.get(key) ?? 0
    occurrences.set(key, occurrence + 1)
    return this.#columnNamed(`${key}\u0000${occurrence}`, () => new ColumnBuilder(path, kind, false))
  }

  #columnNamed(key: string, create: () => ColumnBuilder): number {
    const known = this.#columnIndex.get(key)
    if (known !== undefined) return known
    this.#columnIndex.set(key, this.#columns.length)
    return this.#columns.push(create()) - 1
  }

  #indexOfShape(shape: Shape): number {
    const text = JSON.stringify(shape)
    const known = this.#shapeIndex.get(text)
    if (known !== undefined) return known
    this.#shapeIndex.set(text, this.#shapes.length)
    return this.#shapes.push(shape) - 1
  }

  #text(from: number, to: number): string {
    const split = this.#body.length
    return decoder.decode(
      from < split ? this.#body.subarray(from, to) : this.#arena.bytes.subarray(from - split, to - split),
    )
  }

  #bytesProblem(from: number, to: number): RecordProblem | undefined {
    const { recordBytesMax: max, checkUtf8 } = this.#options
    if (checkUtf8 && !isUtf8(this.#body.subarray(from, to))) {
      return { code: 'invalid_utf8', detail: 'the record is not valid UTF-8', at: from }
    }
    if (to - from <= max) return undefined
    return { code: 'record_too_large', detail: `the record has ${to - from} bytes; the limit is ${max}`, at: from }
  }

  #serviceProblem(known: KnownShape, from: Int32Array, to: Int32Array, at: number): RecordProblem | undefined {
    const { serviceNames } = this.#options
    if (serviceNames === undefined) return undefined
    const { serviceSlot: slot } = known
    if (slot >= 0 && serviceNames.form.test(this.#text(from[slot], to[slot]))) return undefined
    const pointer = slot < 0 ? undefined : pointerTo(known.slots[slot].path)
    const problem = { code: 'invalid_service_name', detail: serviceNames.rule, at } as const
    return pointer === undefined ? problem : { ...problem, pointer }
  }

  #timeProblem(known: KnownShape, from: Int32Array, to: Int32Array, at: number): RecordProblem {
    const slot = known.slots[known.timeSlot]
    const text = this.#text(from[known.timeSlot], to[known.timeSlot])
    const what = text.length <= TIME_LENGTH_MAX ? JSON.stringify(text) : `a text of ${text.length} characters`
    return {
      code: 'invalid_timestamp',
      detail: `${what} is not a time`,
      at,
      pointer: pointerTo(slot.path),
    }
  }

  #windowProblem(known: KnownShape, at: number): RecordProblem {
    const { fromMs, toMs } = this.#options.timeWindow
    const old = this.#instantMs < fromMs
    const bound = new Date(old ? fromMs : toMs).toISOString()
    const detail = `${printTime(this.#instantMs)} is ${old ? 'before the oldest' : 'after the latest'} time taken, ${bound}`
    const pointer = known.timeSlot < 0 ? undefined : pointerTo(known.slots[known.timeSlot].path)
    return {
      code: old ? 'timestamp_too_old' : 'timestamp_too_new',
      detail,
      at,
      ...(pointer === undefined ? {} : { pointer }),
    }
  }

  #grow(): void {
    const size = this.#times.length * 2
    this.#times = grown(new Float64Array(size), this.#times)
    this.#nanos = grown(new Uint32Array(size), this.#nanos)
    this.#levels = grown(new Uint8Array(size), this.#levels)
    this.#shapeOf = grown(new Uint16Array(size), this.#shapeOf)
  }
}

/** Room for records at first: a guess of 128 bytes a record, so that small batches cost little and large ones grow seldom. */
const RECORD_BYTES_SHIFT = 7
const ROWS_AT_FIRST = 8
const ROWS_AT_FIRST_MAX = 4096

/** System columns that a record kept whole may still need. */
const SPARE_COLUMNS = 8

/** Shapes of records kept whole: one for each choice of system columns copied out of them. */
const SPARE_SHAPES = 16

/** Paths whose placeholder a builder remembers. */
const PLACEHOLDERS_MAX = 10_000

/** The longest spelling of a time, with some to spare. */
const TIME_LENGTH_MAX = 40

interface KnownLevel {
  readonly rank: number
  readonly form: number
  readonly rule: number
  readonly spelling: Uint8Array
}

const NO_LEVEL: KnownLevel = {
  rank: DEFAULT_LEVEL_RANK,
  form: LEVEL_FORM.column,
  rule: LEVEL_RULE.word,
  spelling: new Uint8Array(0),
}

/** Milliseconds and nanoseconds of the last time read; a result register, not state. */
const instantScratch = new Float64Array(2)
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

const levelRuleOf = (slot: ReadSlot): number => {
  if (slot.kind === VALUE.string) return LEVEL_RULE.word
  return isSeverityNumber(slot.path) ? LEVEL_RULE.otelNumber : LEVEL_RULE.number
}

function rankOf(text: string, rule: number): number | undefined {
  if (rule === LEVEL_RULE.otelNumber) return otelSeverityRank(Number(text))
  if (rule === LEVEL_RULE.number) return numericLevelRank(Number(text))
  // GELF and the systemd journal send the number as a text.
  return levelRank(text) ?? (/^\d{1,2}$/.test(text) ? numericLevelRank(Number(text)) : undefined)
}

function levelForm(text: string, rank: number): number {
  if (text === LEVELS[rank]) return LEVEL_FORM.lower
  return text === LEVELS[rank].toUpperCase() ? LEVEL_FORM.upper : LEVEL_FORM.column
}

/** A small number under a loose name (`time: 0.25`) is a duration or a counter, not a time: `time: "12"` likewise. */
function readTimeText(text: string, slot: ReadSlot): Instant | undefined {
  const instant = parseInstant(text)
  const isSmall = instant !== undefined && instant.ms < YEAR_1973_MS && /^[\d.]+$/.test(text)
  return isSmall && !promisesTime(slot.path) ? undefined : instant
}

const YEAR_1973_MS = 100_000_000_000

/** Of numbers under `status` only a tenant knows that they are levels. */
function canHold({ role, strength }: Claim, slot: ReadSlot): boolean {
  if (slot.kind === VALUE.string) return true
  if (slot.kind !== VALUE.number) return false
  return role === 'time' || (role === 'level' && (strength < 0 || !countsOutcomes(slot.path)))
}

const isTextRole = (role: Role): role is (typeof TEXT_ROLES)[number] => TEXT_ROLES.some((text) => text === role)

function columnKind(kind: number): ColumnKind {
  if (kind === VALUE.string) return 'string'
  if (kind === VALUE.number) return 'number'
  return kind === VALUE.literal ? 'literal' : 'json'
}

const pointerTo = (path: string): string => `/${path.replaceAll('~', '~0').replaceAll('.', '/')}`

function printTime(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : 'the time'
}

function sameAt(bytes: Uint8Array, from: number, to: number, other: Uint8Array): boolean {
  if (to - from !== other.length) return false
  for (let index = 0; index < other.length; index++) if (bytes[from + index] !== other[index]) return false
  return true
}

function grown<T extends { set(values: T): void }>(target: T, values: T): T {
  target.set(values)
  return target
}
