import * as z from 'zod'
import { compress, decompress } from '../blocks/zstd'
import type { GroupMemory } from './group-memory'
import type { GroupState, RuleState, RulesState } from './rules-state'

/**
 * What the rules remember as bytes: a byte that says the layout, the length of the text as a 32-bit little-endian integer,
 * then JSON as one zstd frame. Times of arrival are distances from the one before; infinity is null.
 */
const LAYOUT = 1
const PREAMBLE_BYTES = 5
const ZSTD_LEVEL = 1

const Numbers = z.array(z.number())
const Group = z.object({
  key: z.string(),
  at: Numbers,
  counts: Numbers,
  totals: Numbers,
  /** lastMs, meanMs, deviationMs, gaps. */
  seen: Numbers,
  phase: z.enum(['normal', 'pending', 'firing']),
  /** sinceMs, firing, count, quietMs, 1 when told. */
  alarm: Numbers,
  flips: Numbers,
  due: z.number().nullable(),
})
const Stored = z.object({
  atMs: z.number(),
  rules: z.array(
    z.object({
      id: z.string(),
      basis: z.string(),
      startedMs: z.number(),
      firings: z.number(),
      due: z.number().nullable(),
      values: z.array(z.string()),
      groups: z.array(Group),
    }),
  ),
})
type StoredGroup = z.infer<typeof Group>

/** The state as bytes. */
export function encodeRulesState({ atMs, rules }: RulesState): Uint8Array {
  const stored: z.infer<typeof Stored> = {
    atMs,
    rules: Array.from(rules, ([id, { basis, startedMs, firings, dueMs, values, groups }]) => ({
      ...{ id, basis, startedMs, firings, due: finite(dueMs), values: [...values] },
      groups: Array.from(groups, ([key, group]) => storedGroup(key, group)),
    })),
  }
  const text = new TextEncoder().encode(JSON.stringify(stored))
  const frame = compress(text, ZSTD_LEVEL)
  const bytes = new Uint8Array(PREAMBLE_BYTES + frame.length)
  bytes[0] = LAYOUT
  new DataView(bytes.buffer).setUint32(1, text.length, true)
  bytes.set(frame, PREAMBLE_BYTES)
  return bytes
}

/** The state that bytes say; undefined when they are in a layout of a later version of the code, which this one cannot know. */
export function decodeRulesState(bytes: Uint8Array): RulesState | undefined {
  if (bytes[0] !== LAYOUT) return undefined
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1, true)
  const text = new TextDecoder().decode(decompress(bytes.subarray(PREAMBLE_BYTES), length))
  const stored = Stored.safeParse(JSON.parse(text)).data
  if (stored === undefined) return undefined
  const rules = stored.rules.map(({ id, basis, startedMs, firings, due, values, groups }): [string, RuleState] => [
    id,
    {
      ...{ basis, startedMs, firings, dueMs: due ?? Number.POSITIVE_INFINITY, values: new Set(values) },
      groups: new Map(groups.map((group) => [group.key, readGroup(group)])),
    },
  ])
  return { atMs: stored.atMs, rules: new Map(rules) }
}

function storedGroup(key: string, { memory, alarm, dueMs }: GroupState): StoredGroup {
  const { at, counts, totals, lastMs, meanMs, deviationMs, gaps } = memory
  const { phase, sinceMs, isTold, firing, count, quietMs, flips } = alarm
  return {
    ...{ key, counts, totals, phase, flips },
    at: at.map((moment, index) => moment - (at[index - 1] ?? 0)),
    seen: [lastMs, meanMs, deviationMs, gaps],
    alarm: [sinceMs, firing, count, quietMs, isTold ? 1 : 0],
    due: finite(dueMs),
  }
}

function readGroup({ at, counts, totals, seen, phase, alarm, flips, due }: StoredGroup): GroupState {
  const [lastMs = 0, meanMs = 0, deviationMs = 0, gaps = 0] = seen
  const [sinceMs = 0, firing = 0, count = 0, quietMs = 0, told = 0] = alarm
  let moment = 0
  const times = at.map((distance) => {
    moment += distance
    return moment
  })
  const memory: GroupMemory = { at: times, counts, totals, lastMs, meanMs, deviationMs, gaps }
  return {
    memory,
    alarm: { phase, sinceMs, isTold: told === 1, firing, count, quietMs, flips },
    dueMs: due ?? Number.POSITIVE_INFINITY,
  }
}

const finite = (ms: number): number | null => (Number.isFinite(ms) ? ms : null)
