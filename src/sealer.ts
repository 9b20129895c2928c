import { WorkerEntrypoint } from 'cloudflare:workers'
import type { Env } from './env'
import { type PackPlan, storePack } from './segments/archive'
import type { Stored } from './segments/change'
import { type Merged, mergeSegments } from './segments/merge-small'
import { type SealedSegment, type SealInput, sealBlocks } from './segments/seal'
import { readPayloads } from './storage/d1/payload'
import { archiveObjects } from './storage/r2/archive'

/**
 * Encodes and moves segments away from the tenant's object, whose one thread is for taking logs. It holds nothing and
 * decides nothing.
 */
export class Sealer extends WorkerEntrypoint<Env> {
  seal(blocks: readonly SealInput[], about: { readonly shard: number; readonly class: string }): SealedSegment[] {
    return sealBlocks(blocks, about)
  }

  /** Reads small segments from D1 and makes larger ones of them. */
  async merge(
    tenantId: string,
    sources: readonly {
      readonly id: string
      readonly hash: string
      readonly bytes: number
      readonly mask: string | undefined
    }[],
    about: { readonly shard: number; readonly class: string },
  ): Promise<Merged> {
    const payloads = await readPayloads(this.env.PAYLOAD, tenantId, sources)
    return mergeSegments(
      sources.map(({ id, hash, mask }, index) => ({ id, hash, mask, bytes: payloads[index] })),
      about,
    )
  }

  /** Copies segments from D1 into an archive object, and reads it back. */
  async pack(tenantId: string, key: string, plan: PackPlan): Promise<Stored> {
    const { ARCHIVE, PAYLOAD } = this.env
    if (ARCHIVE === undefined) throw new Error('there is no ARCHIVE to write to')
    const readSegments = (members: Parameters<typeof readPayloads>[2]) => readPayloads(PAYLOAD, tenantId, members)
    return storePack({ ...archiveObjects(ARCHIVE), readSegments }, key, plan)
  }
}
