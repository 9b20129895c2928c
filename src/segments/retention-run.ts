import { decodeErased } from './erased-rows'

/** Records and bytes that retention has removed of a policy's. */
export interface RemovedByPolicy {
  readonly rows: number
  /** Of segments; of one that holds records of several policies, in proportion to them. */
  readonly bytes: number
}

/** What a change has removed, for the account of its run. */
export interface RemovalReport {
  /** The run, by the time that it was due. */
  readonly slotMs: number
  readonly segmentsRemoved: number
  readonly segmentsRewritten: number
  readonly policies: Readonly<Record<string, RemovedByPolicy>>
}

/** A run of retention. */
export interface RetentionRun extends RemovalReport {
  readonly startedMs: number
  /** Undefined while it goes on. */
  readonly finishedMs?: number
}

/** A run that has removed nothing so far. */
export const newRun = (slotMs: number, startedMs: number): RetentionRun => ({
  ...{ slotMs, startedMs, segmentsRemoved: 0, segmentsRewritten: 0, policies: {} },
})

/** The run with what another change of it has removed. */
export function addRemoval(run: RetentionRun, removal: RemovalReport): RetentionRun {
  return {
    ...run,
    segmentsRemoved: run.segmentsRemoved + removal.segmentsRemoved,
    segmentsRewritten: run.segmentsRewritten + removal.segmentsRewritten,
    policies: addPolicies(run.policies, removal.policies),
  }
}

/** Two accounts as one. */
export function addPolicies(
  left: RemovalReport['policies'],
  right: RemovalReport['policies'],
): Record<string, RemovedByPolicy> {
  const sum = new Map(Object.entries(left))
  for (const [policy, { rows, bytes }] of Object.entries(right)) {
    const known = sum.get(policy) ?? { rows: 0, bytes: 0 }
    sum.set(policy, { rows: known.rows + rows, bytes: known.bytes + bytes })
  }
  return Object.fromEntries(sum)
}

/** The bytes that went with expired records of several policies, in proportion. The last gets what rounding leaves. */
export function shareBytes(expired: Readonly<Record<string, number>>, bytes: number): Record<string, RemovedByPolicy> {
  const policies = Object.entries(expired)
  const rows = policies.reduce((sum, [, count]) => sum + count, 0)
  let left = bytes
  return Object.fromEntries(
    policies.map(([policy, count], index) => {
      const own = index === policies.length - 1 ? left : Math.floor((bytes * count) / rows)
      left -= own
      return [policy, { rows: count, bytes: own }]
    }),
  )
}

/** Records of a segment that were not erased. */
export const rowsAlive = ({ rows, mask }: { readonly rows: number; readonly mask: string | undefined }): number =>
  mask === undefined ? rows : decodeErased(mask, rows).reduce((left, gone) => left - gone, rows)
