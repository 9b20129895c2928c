/**
 * The steps of erasing a tenant, in their order. What could write again goes first: the object, which is the only writer of
 * payloads, archive and catalog. KV goes before the control rows that name its keys; the tenant's own row goes last, so that
 * its name and hosts are free only when everything else is gone.
 */
export const ERASURE_STEPS = [
  'close',
  'count',
  'object',
  'payload',
  'archive',
  'cache',
  'control',
  'verify',
  'certify',
] as const

export type ErasureStep = (typeof ERASURE_STEPS)[number]

/** What a tenant's object held. */
export interface HeldFacts {
  /** Of its database. */
  readonly bytes: number
  /** Records that were not sealed yet. */
  readonly unsealedRecords: number
  /** Sealed segments that were in no other store yet, with their hashes. */
  readonly unpublished: readonly { readonly id: string; readonly rows: number; readonly hash: string }[]
  /** Records of all time, whether they were still there or had expired. */
  readonly recordsStored: number
  /** Rows of the directory by kind. */
  readonly directory: Readonly<Record<string, number>>
}

/** What the stores outside the object held. */
export interface StoreFacts {
  /** Rows of the CONTROL database by table. */
  readonly control: Readonly<Record<string, number>>
  readonly payload: { readonly segments: number; readonly parts: number }
  readonly archive: { readonly objects: number; readonly bytes: number }
  readonly cache: { readonly values: number }
}

/** The published segments of a tenant, and one hash over the ids and hashes of all of them. */
export interface SegmentFacts {
  readonly count: number
  readonly records: number
  readonly bytes: number
  readonly sha256: string
}

/** What there was to erase, as it was before the first thing went. */
export interface ErasureFacts {
  readonly object: HeldFacts
  readonly stores: StoreFacts
  readonly segments: SegmentFacts
  readonly tenant: { readonly plan: string; readonly createdMs: number; readonly deleteMs: number }
}

/** How far the end of a tenant has come. */
export interface Erasure {
  readonly tenantId: string
  readonly name: string
  readonly step: ErasureStep
  readonly begunMs: number
  readonly facts: ErasureFacts | undefined
  readonly doneMs: number | undefined
  /** A compact JWS (RFC 7515). */
  readonly certificate: string | undefined
}

/** What erasing needs. Each call may be repeated. Those that delete answer whether there is more. */
export interface EraseTenantPorts {
  read(): Promise<Erasure | undefined>
  /** Goes from one step to another; does nothing where somebody else has gone on from that step before. */
  move(from: ErasureStep, to: ErasureStep, facts?: ErasureFacts): Promise<void>
  /** Keeps the certificate; does nothing where there is one. */
  finish(certificate: string, doneMs: number): Promise<void>
  /** Forgets that the tenant was to be erased. */
  cancel(): Promise<void>
  /** Has the object refuse everybody from now on; false when the tenant is not to be erased any more. */
  close(): Promise<boolean>
  count(): Promise<ErasureFacts>
  emptyObject(): Promise<void>
  deletePayloads(): Promise<boolean>
  deleteArchive(): Promise<boolean>
  deleteCache(): Promise<boolean>
  deleteControl(): Promise<boolean>
  /** Whether any store still has something of the tenant. */
  isAnythingLeft(): Promise<boolean>
  certify(erasure: Erasure, doneMs: number): Promise<string>
}

/** What became of a run, and how many steps it took. */
export interface ErasureRun {
  readonly outcome: 'done' | 'cancelled' | 'more'
  readonly steps: number
}

/**
 * Erases a tenant, or as much of it as a number of steps does. It may stop at any await and be run again, also beside itself:
 * the step that is next stands in D1 and every step can be repeated.
 */
export async function eraseTenant(ports: EraseTenantPorts, stepsMax: number, clock: () => number): Promise<ErasureRun> {
  for (let steps = 0; ; steps++) {
    const erasure = await ports.read()
    if (erasure === undefined) return { outcome: 'cancelled', steps }
    if (erasure.doneMs !== undefined) return { outcome: 'done', steps }
    if (steps >= stepsMax || !(await takeStep(ports, erasure, clock()))) return { outcome: 'more', steps }
  }
}

/** Answers whether the next step can be taken at once. */
async function takeStep(ports: EraseTenantPorts, erasure: Erasure, nowMs: number): Promise<boolean> {
  if (erasure.step === 'verify') return verify(ports)
  await takeOrderedStep(ports, erasure, nowMs)
  return true
}

/**
 * What was under way when the object was emptied may have written since: then all of it is done again, in a later run. KV, too,
 * lists what was deleted for up to a minute.
 */
async function verify(ports: EraseTenantPorts): Promise<boolean> {
  const isAnythingLeft = await ports.isAnythingLeft()
  await ports.move('verify', isAnythingLeft ? 'object' : 'certify')
  return !isAnythingLeft
}

async function takeOrderedStep(ports: EraseTenantPorts, erasure: Erasure, nowMs: number): Promise<void> {
  switch (erasure.step) {
    case 'close':
      return (await ports.close()) ? ports.move('close', 'count') : ports.cancel()
    case 'count':
      return ports.move('count', 'object', await ports.count())
    case 'object':
      await ports.emptyObject()
      return ports.move('object', 'payload')
    case 'payload':
      return goOn(ports, 'payload', await ports.deletePayloads())
    case 'archive':
      return goOn(ports, 'archive', await ports.deleteArchive())
    case 'cache':
      return goOn(ports, 'cache', await ports.deleteCache())
    case 'control':
      return goOn(ports, 'control', await ports.deleteControl())
    case 'verify':
      return
    case 'certify':
      return ports.finish(await ports.certify(erasure, nowMs), nowMs)
  }
}

const goOn = async (ports: EraseTenantPorts, step: ErasureStep, hasMore: boolean): Promise<void> =>
  hasMore ? undefined : ports.move(step, ERASURE_STEPS[ERASURE_STEPS.indexOf(step) + 1])
