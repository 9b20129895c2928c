import { WorkerEntrypoint } from 'cloudflare:workers'
import type { Env } from './env'
import { type PackPorts, type PackRequest, storePack } from './segments/archive'
import type { ExpirableSegment, Stored } from './segments/change'
import { type ExpiryLook, type ExpiryQuestion, lookForExpired } from './segments/look-for-expired'
import { type Merged, mergeSegments } from './segments/merge-small'
import { type SealAbout, type SealedSegment, type SealInput, sealBlocks } from './segments/seal'
import { readHeaders } from './storage/d1/catalog-upkeep'
import { readPayloads } from './storage/d1/payload'
import { archiveObjects } from './storage/r2/archive'
import { readPackedSegments } from './storage/r2/packed-segments'

/**
 * Encodes and moves segments away from the tenant's object, whose one thread is for taking logs. It holds nothing and
 * decides nothing.
 */
export class Sealer extends WorkerEntrypoint<Env> {
  seal(blocks: readonly SealInput[], about: SealAbout): SealedSegment[] {
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

  /** Asks of every record of a segment, wherever it is, whether it has expired. */
  async look(tenantId: string, segment: ExpirableSegment, question: ExpiryQuestion): Promise<ExpiryLook> {
    const { ARCHIVE, PAYLOAD } = this.env
    const { id, hash, mask, archiveKey } = segment
    if (archiveKey !== undefined && ARCHIVE === undefined) return { ok: false }
    const [bytes] =
      archiveKey === undefined || ARCHIVE === undefined
        ? await readPayloads(PAYLOAD, tenantId, [segment])
        : await readPackedSegments(ARCHIVE, archiveKey, [segment])
    return lookForExpired({ id, hash, mask, bytes }, question)
  }

  /** Copies segments, from D1 or from the archive object `from`, into an archive object, and reads it back. */
  async pack(key: string, request: PackRequest, from: string | undefined): Promise<Stored> {
    const { ARCHIVE, CONTROL, PAYLOAD } = this.env
    if (ARCHIVE === undefined) throw new Error('there is no ARCHIVE to write to')
    const { tenantId } = request
    const ports: PackPorts = {
      ...archiveObjects(ARCHIVE),
      readHeaders: (ids) => readHeaders(CONTROL, tenantId, ids),
      readSegments: (members) =>
        from === undefined ? readPayloads(PAYLOAD, tenantId, members) : readPackedSegments(ARCHIVE, from, members),
    }
    return storePack(ports, key, request)
  }
}
