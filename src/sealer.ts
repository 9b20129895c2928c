import { WorkerEntrypoint } from 'cloudflare:workers'
import type { Env } from './env'
import { type SealedSegment, type SealInput, sealBlocks } from './segments/seal'

/**
 * Encodes segments away from the tenant's object, whose one thread is for taking logs. It holds nothing: bytes in, bytes
 * out.
 */
export class Sealer extends WorkerEntrypoint<Env> {
  seal(blocks: readonly SealInput[], about: { readonly shard: number; readonly class: string }): SealedSegment[] {
    return sealBlocks(blocks, about)
  }
}
