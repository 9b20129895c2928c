import {
  ARCHIVE_OBJECT_BYTES_MAX,
  CHANGE_SEGMENTS_MAX,
  EXPIRY_LOOKS_MAX,
  MERGE_SEGMENTS_MIN,
  REPACK_ALIVE_PARTS,
  SEAL_BYTES_MAX,
  SEAL_UNPACKED_BYTES_MAX,
  SEGMENT_ROWS_MAX,
  UPKEEP_EVERY_MS,
  WORK_STEPS_MAX,
} from '../limits/limits'
import { chooseForPack } from '../segments/archive'
import {
  applyChange,
  type Change,
  type ChangePorts,
  type CollectPorts,
  collectGarbage,
  type ExpirableSegment,
  type Garbage,
  type LeavingSegment,
  type PackMember,
} from '../segments/change'
import { DEFAULT_POLICY } from '../segments/compile-retention'
import { addToPlan, newExpiryPlan } from '../segments/expiry-plan'
import type { ExpiryLook } from '../segments/look-for-expired'
import { chooseForMerge, type Merged, type SmallSegment } from '../segments/merge-small'
import { type PublishableSegment, type PublishPorts, publishSealed } from '../segments/publish'
import { type Expiry, expiriesAt } from '../segments/retention'
import { rowsAlive, shareBytes } from '../segments/retention-run'
import type { SealedSegment, SealInput } from '../segments/seal'
import { type PublishDirectoryPorts, publishDirectory } from './publish-directory'
import { isUniform, type RetentionRules, shortestDays } from './retention-rules'
import { isSealDue } from './schedule'
import type { JournalEntry } from './snapshot'
import type { TenantState } from './state'

const DAY_MS = 86_400_000

/** Settings that decide what is due. They may be others at every run. */
export interface WorkSettings {
  readonly retention: RetentionRules
  /** The version of the tenant that the settings are of: what was found out by another may not be true any more. */
  readonly edition: number
  readonly hotMs: number
  /** Bytes of segments in D1 beyond which the oldest are archived sooner. */
  readonly hotBytesMax: number
  readonly hasArchive: boolean
  /** Segments that one step of retention takes. */
  readonly expireStep: number
}

/** What a day and class of a tenant has in D1. */
export interface CatalogGroup {
  readonly day: number
  readonly class: string
  /** Segments that are small, by rows, bytes and header. */
  readonly small: number
  /** Segments in D1, and the bytes of those sealed long enough ago. */
  readonly inD1: number
  readonly bytes: number
  readonly coldBytes: number
  readonly newestSealedMs: number
}

/** What is left of an archive object. */
export interface HeldPack {
  readonly key: string
  readonly day: number
  readonly class: string
  /** Of all the segments that it was made of. */
  readonly bytes: number
  /** The segments that readers see, in the order of their times. */
  readonly live: readonly PackMember[]
}

/** Which of the segments that may have expired in part. */
export interface ExpirablePage {
  readonly beforeMs: number
  readonly after: string
  readonly limit: number
}

/** What planning reads. */
export interface PlanPorts {
  readGroups(coldBeforeMs: number): Promise<readonly CatalogGroup[]>
  readSmall(group: CatalogGroup): Promise<readonly SmallSegment[]>
  readCold(group: CatalogGroup, coldBeforeMs: number): Promise<readonly PackMember[]>
  readExpired(expiries: readonly Expiry[], limit: number): Promise<readonly ExpirableSegment[]>
  /** Segments beyond one, by id, that hold records from before a time. */
  readExpirable(page: ExpirablePage): Promise<readonly ExpirableSegment[]>
  /** Asks of every record of a segment whether it has expired. */
  lookAside(segment: ExpirableSegment, rules: RetentionRules, nowMs: number): Promise<ExpiryLook>
  /** What is left of these archive objects. */
  readPacks(keys: readonly string[]): Promise<readonly HeldPack[]>
  /** Which of these ids the catalog has a row of, live or not. */
  findRows(ids: readonly string[]): Promise<ReadonlySet<string>>
  mergeAside(chosen: readonly SmallSegment[], shape: { readonly class: string }): Promise<Merged>
}

/** What the object itself holds. Every call is one turn, and one transaction. */
export interface HeldPorts {
  readState(): TenantState
  putState(state: TenantState): void
  listJournal(): readonly JournalEntry[]
  readJournal(beforeSeq: number): readonly SealInput[]
  keepSealed(cut: readonly JournalEntry[], segments: readonly SealedSegment[], nowMs: number): void
  listSealed(): readonly PublishableSegment[]
  readChange(): Change | undefined
  /** Saves the intention, and the bytes that it needs. */
  begin(change: Change, made: readonly SealedSegment[]): void
  /** The first that is due. Archive objects that something later has left behind too are left to that. */
  nextGarbage(nowMs: number): { readonly number: number; readonly garbage: Garbage } | undefined
  forgetGarbage(number: number): void
  /** Which of these segments need not be looked at yet, by what an edition of the settings has found out. */
  notDue(ids: readonly string[], edition: number, nowMs: number): ReadonlySet<string>
  noteLooks(looks: readonly { readonly id: string; readonly dueMs: number }[], edition: number): void
  /** The run of retention has looked at everything. */
  endRetention(nowMs: number): void
  /** Segments that cannot be read, and such that merging gains nothing with: left alone until the object is loaded again. */
  readonly damaged: Set<string>
  readonly unmerged: Set<string>
}

/** Everything that work needs. */
export interface WorkPorts
  extends HeldPorts,
    PlanPorts,
    PublishPorts,
    ChangePorts,
    CollectPorts,
    PublishDirectoryPorts {
  sealAside(blocks: readonly SealInput[], rules: RetentionRules): Promise<readonly SealedSegment[]>
}

/**
 * Does what is due, up to a number of steps. Sealing needs nothing but the object, so it goes on while the stores are away;
 * everything else stops at its first failure. Throws what failed, after everything that could be done is done.
 */
export async function work(ports: WorkPorts, settings: WorkSettings, nowMs: number): Promise<void> {
  const failures: unknown[] = []
  const attempt = (task: () => Promise<void>): Promise<void> => task().catch((error) => void failures.push(error))
  let steps = 0
  await attempt(() => publishDirectory(ports))
  await attempt(async () => {
    for (; steps < WORK_STEPS_MAX && isSealDue(ports.readState(), nowMs); steps++)
      await sealOldest(ports, settings.retention, nowMs)
  })
  await attempt(async () => {
    await settle(ports)
    for (; steps < WORK_STEPS_MAX && (await takeStep(ports, settings, nowMs)); steps++);
  })
  if (failures.length > 0) throw failures[0]
}

/**
 * Finishes what was begun and publishes what was sealed. Only then may another change begin: two of them would make the
 * same generation, and a reader would see one of them half.
 */
export async function settle(ports: WorkPorts): Promise<void> {
  const begun = ports.readChange()
  if (begun) await applyChange(ports, begun)
  const sealed = ports.listSealed()
  if (sealed.length > 0) await publishSealed(ports, sealed, ports.readState().generation)
}

/** Saves the intention of a change and carries it out. */
export async function change(ports: WorkPorts, planned: Change, made: readonly SealedSegment[]): Promise<void> {
  ports.begin(planned, made)
  await applyChange(ports, planned)
}

/** Makes segments of the oldest part of the journal. Appends go on meanwhile; the cut is by sequence number. */
async function sealOldest(ports: WorkPorts, rules: RetentionRules, nowMs: number): Promise<void> {
  const cut = takeForSealing(ports.listJournal())
  const last = cut[cut.length - 1]
  const segments = await ports.sealAside(ports.readJournal(last.firstSeq + last.rows), rules)
  ports.keepSealed(cut, segments, nowMs)
}

/** The oldest blocks that fit into one segment: whole blocks, at least one. A row too many would make two halves of it. */
function takeForSealing(entries: readonly JournalEntry[]): readonly JournalEntry[] {
  let bytes = 0
  let unpackedBytes = 0
  let rows = 0
  const end = entries.findIndex((entry) => {
    const isFirst = rows === 0
    bytes += entry.size
    unpackedBytes += entry.unpackedSize
    rows += entry.rows
    const fits = rows <= SEGMENT_ROWS_MAX && bytes <= SEAL_BYTES_MAX && unpackedBytes <= SEAL_UNPACKED_BYTES_MAX
    return !isFirst && !fits
  })
  return end < 0 ? entries : entries.slice(0, end)
}

/** Does one thing that is due; false when nothing is. */
async function takeStep(ports: WorkPorts, settings: WorkSettings, nowMs: number): Promise<boolean> {
  const left = ports.nextGarbage(nowMs)
  if (left) {
    const staying = await collectGarbage(ports, left.garbage)
    // Forgotten last: until then the next try finds again what is to be packed again.
    if (settings.hasArchive && (await repackOne(ports, staying, nowMs))) return true
    ports.forgetGarbage(left.number)
    return true
  }
  const state = ports.readState()
  if (state.isExpiring) return expireSome(ports, settings, nowMs)
  if (state.upkeepMs === 0 || state.upkeepMs > nowMs) return false
  return lookThrough(ports, settings, nowMs)
}

function expireSome(ports: WorkPorts, settings: WorkSettings, nowMs: number): Promise<boolean> {
  return isUniform(settings.retention) ? expireOld(ports, settings, nowMs) : expireByPolicy(ports, settings, nowMs)
}

/** Where all records are kept equally long, what has expired is seen without a look at any. */
async function expireOld(ports: WorkPorts, settings: WorkSettings, nowMs: number): Promise<boolean> {
  const limit = Math.min(settings.expireStep, CHANGE_SEGMENTS_MAX)
  const expired = await ports.readExpired(expiriesAt(nowMs, settings.retention.defaultDays), limit)
  if (expired.length > 0) {
    const rows = expired.reduce((sum, segment) => sum + rowsAlive(segment), 0)
    const policies = shareBytes({ [DEFAULT_POLICY]: rows }, bytesOf(expired))
    const report = { ...runOf(ports), segmentsRemoved: expired.length, segmentsRewritten: 0, policies }
    await change(ports, { ...nextOf(ports, nowMs), what: 'expired', removed: expired.map(toLeaving), report }, [])
  }
  if (expired.length < limit) ports.endRetention(nowMs)
  return true
}

/** Looks at some of the segments that may hold expired records: which go, which are written again, and which stay. */
async function expireByPolicy(ports: WorkPorts, settings: WorkSettings, nowMs: number): Promise<boolean> {
  const { retention, edition, expireStep } = settings
  const limit = Math.min(expireStep, CHANGE_SEGMENTS_MAX)
  const beforeMs = nowMs - shortestDays(retention) * DAY_MS
  const { expiryCursor: after } = ports.readState()
  // Where nothing ever expires there is nothing to ask for, and no time that D1 could compare.
  const page = Number.isFinite(beforeMs) ? await ports.readExpirable({ beforeMs, after, limit }) : []
  const notDue = ports.notDue(
    page.map(({ id }) => id),
    edition,
    nowMs,
  )
  const due = page.filter(({ id }) => !notDue.has(id) && !ports.damaged.has(id))
  const chosen = due.slice(0, EXPIRY_LOOKS_MAX)
  await expireChosen(ports, chosen, settings, nowMs)
  const last = due.length > chosen.length ? chosen.at(-1) : page.at(-1)
  if (due.length <= chosen.length && page.length < limit) ports.endRetention(nowMs)
  else ports.putState({ ...ports.readState(), expiryCursor: last?.id ?? after })
  return true
}

async function expireChosen(
  ports: WorkPorts,
  chosen: readonly ExpirableSegment[],
  { retention, edition }: WorkSettings,
  nowMs: number,
): Promise<void> {
  const plan = newExpiryPlan()
  for (const segment of chosen) {
    const look = await ports.lookAside(segment, retention, nowMs)
    const taken = await takenIds(ports, look)
    addToPlan(plan, segment, look, taken)
    if (!look.ok) ports.damaged.add(segment.id)
  }
  if (plan.removed.length > 0) {
    const made = plan.made.map(({ sealed: { bytes: _, headerBytes: __, ...segment }, sealedMs }) => ({
      ...segment,
      sealedMs,
    }))
    const report = { ...runOf(ports), ...plan.counts, policies: plan.policies }
    const removed = plan.removed.map(toLeaving)
    const planned: Change = { ...nextOf(ports, nowMs), what: 'expired', removed, made, report }
    await change(
      ports,
      planned,
      plan.made.map(({ sealed }) => sealed),
    )
  }
  if (plan.looks.length > 0) ports.noteLooks(plan.looks, edition)
}

/** Which of the segments that would be made have a row already: of an earlier one with the same records. */
const takenIds = async (ports: WorkPorts, look: ExpiryLook): Promise<ReadonlySet<string>> =>
  look.ok && look.made !== undefined && look.made.length > 0
    ? await ports.findRows(look.made.map(({ id }) => id))
    : new Set()

const runOf = (ports: WorkPorts): { readonly slotMs: number } => ({ slotMs: ports.readState().retentionSlotMs })

const bytesOf = (segments: readonly ExpirableSegment[]): number => segments.reduce((sum, { bytes }) => sum + bytes, 0)

const toLeaving = ({ id, hash, place, archiveKey }: ExpirableSegment): LeavingSegment => ({
  ...{ id, hash, place, archiveKey },
})

/** Looks through the catalog for something to merge or to archive; notes when to look again when there is nothing. */
async function lookThrough(ports: WorkPorts, settings: WorkSettings, nowMs: number): Promise<boolean> {
  const coldBeforeMs = nowMs - settings.hotMs
  const groups = await ports.readGroups(coldBeforeMs)
  for (const group of groups)
    if (group.small >= MERGE_SEGMENTS_MIN && (await mergeSome(ports, group, nowMs))) return true
  if (settings.hasArchive)
    for (const { group, beforeMs } of toArchive(groups, settings, nowMs))
      if (await archiveSome(ports, group, beforeMs, nowMs)) return true
  const next = settings.hasArchive ? nextColdMs(groups, settings.hotMs, nowMs) : 0
  ports.putState({ ...ports.readState(), lookedMs: nowMs, upkeepMs: next })
  return false
}

/** Which groups to archive, and what of them: what is cold, then, while D1 holds too much, everything, the oldest first. */
function toArchive(
  groups: readonly CatalogGroup[],
  { hotMs, hotBytesMax }: WorkSettings,
  nowMs: number,
): { readonly group: CatalogGroup; readonly beforeMs: number }[] {
  const coldBeforeMs = nowMs - hotMs
  const cold = groups.filter((group) => isCold(group, coldBeforeMs)).map((group) => ({ group, beforeMs: coldBeforeMs }))
  const isTooMuch = groups.reduce((sum, { bytes }) => sum + bytes, 0) > hotBytesMax
  return isTooMuch ? [...cold, ...groups.map((group) => ({ group, beforeMs: nowMs }))] : cold
}

/** A day is packed once nothing came to it for long enough, or when there is enough for a whole object. */
const isCold = (group: CatalogGroup, coldBeforeMs: number): boolean =>
  group.inD1 > 0 && (group.newestSealedMs <= coldBeforeMs || group.coldBytes >= ARCHIVE_OBJECT_BYTES_MAX)

/** When the first of the groups that are still warm will be cold; 0 when there is none. */
function nextColdMs(groups: readonly CatalogGroup[], hotMs: number, nowMs: number): number {
  const times = groups.filter(({ inD1 }) => inD1 > 0).map(({ newestSealedMs }) => newestSealedMs + hotMs)
  const soonest = times.reduce((least, ms) => Math.min(least, ms), Number.POSITIVE_INFINITY)
  return Number.isFinite(soonest) ? Math.max(soonest, nowMs + UPKEEP_EVERY_MS) : 0
}

async function mergeSome(ports: WorkPorts, group: CatalogGroup, nowMs: number): Promise<boolean> {
  const small = await ports.readSmall(group)
  const chosen = chooseForMerge(small.filter(({ id }) => !ports.damaged.has(id) && !ports.unmerged.has(id)))
  if (chosen.length === 0) return false
  const merged = await ports.mergeAside(chosen, { class: group.class })
  if (!merged.ok) {
    for (const id of merged.damaged) ports.damaged.add(id)
    return true
  }
  // What comes out as it went in stays: everything else of it was erased.
  const same = new Set(merged.segments.map(({ id }) => id).filter((id) => chosen.some((source) => source.id === id)))
  const made = merged.segments.filter(({ id }) => !same.has(id))
  const removed = chosen.filter(({ id }) => !same.has(id))
  const taken = await ports.findRows(made.map(({ id }) => id))
  if (made.length >= removed.length || taken.size > 0) {
    for (const { id } of chosen) ports.unmerged.add(id)
    return true
  }
  const sealedMs = chosen.reduce((newest, segment) => Math.max(newest, segment.sealedMs), 0)
  const planned: Change = {
    ...nextOf(ports, nowMs),
    what: 'merged',
    removed: removed.map(({ id, hash }) => ({ id, hash, place: 'd1', archiveKey: undefined })),
    made: made.map(({ bytes: _, headerBytes: __, ...segment }) => ({ ...segment, sealedMs })),
  }
  await change(ports, planned, made)
  return true
}

async function archiveSome(
  ports: WorkPorts,
  group: CatalogGroup,
  coldBeforeMs: number,
  nowMs: number,
): Promise<boolean> {
  const cold = await ports.readCold(group, coldBeforeMs)
  const members = chooseForPack(cold.filter(({ id }) => !ports.damaged.has(id)))
  if (members.length === 0) return false
  const planned: Change = {
    ...nextOf(ports, nowMs),
    what: 'archived',
    day: group.day,
    class: group.class,
    members,
    keys: [],
    stored: undefined,
  }
  await change(ports, planned, [])
  return true
}

/** Packs what is left of one of these archive objects, if it is little; false when there is no such object. */
async function repackOne(ports: WorkPorts, keys: ReadonlySet<string>, nowMs: number): Promise<boolean> {
  if (keys.size === 0) return false
  const packs = await ports.readPacks([...keys])
  const wasteful = packs.find(
    ({ bytes, live }) =>
      live.length > 0 &&
      live.reduce((sum, member) => sum + member.bytes, 0) * REPACK_ALIVE_PARTS < bytes &&
      !live.some(({ id }) => ports.damaged.has(id)),
  )
  if (wasteful === undefined) return false
  const { key, day, class: retentionClass, live } = wasteful
  const about = { day, class: retentionClass, members: live, from: key, keys: [], stored: undefined }
  await change(ports, { ...nextOf(ports, nowMs), what: 'archived', ...about }, [])
  return true
}

const nextOf = (ports: WorkPorts, nowMs: number): { generation: number; atMs: number } => ({
  generation: ports.readState().generation + 1,
  atMs: nowMs,
})
