import type { Env } from '../../src/env'
import { decodeHeader } from '../../src/segments/decode-segment'
import type { PublishPorts } from '../../src/segments/publish'
import { coreLength } from '../../src/segments/section-ranges'
import { putSegmentRow } from '../../src/storage/d1/catalog'
import { putPayload } from '../../src/storage/d1/payload'
import { putHotSegment } from '../../src/storage/kv/segments'

/** What publishing writes to, for one tenant. `forget` and `read` are the object's own. */
export function publishPorts(
  env: Env,
  tenantId: string,
  own: Pick<PublishPorts, 'read' | 'forget'> & { readonly hotSeconds: number },
): PublishPorts {
  return {
    read: own.read,
    forget: own.forget,
    putPayload: (segment, bytes) => putPayload(env.PAYLOAD, tenantId, segment.id, bytes),
    putCache: async (segment, bytes, headerBytes) => {
      const { header, sectionsAt } = decodeHeader(headerBytes)
      const split = sectionsAt + coreLength(header)
      const halves = { core: bytes.slice(sectionsAt, split), rest: bytes.slice(split), expiresSeconds: own.hotSeconds }
      // KV only makes reading faster: D1 has the same bytes.
      await putHotSegment(env.CACHE, tenantId, segment.id, halves).catch(() => undefined)
    },
    putCatalog: (segment, bytes, header, added) =>
      putSegmentRow(env.CONTROL, tenantId, segment, { bytes: bytes.length, header, added }),
  }
}
