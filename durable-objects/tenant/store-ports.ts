import type { Env } from '../../src/env'
import { type PackRequest, planPack } from '../../src/segments/archive'
import type { ChangePorts, CollectPorts } from '../../src/segments/change'
import { decodeHeader } from '../../src/segments/decode-segment'
import type { PublishPorts } from '../../src/segments/publish'
import { STANDARD_CLASS } from '../../src/segments/retention'
import { coreLength } from '../../src/segments/section-ranges'
import { putSegmentRow } from '../../src/storage/d1/catalog'
import { deleteSegmentRows, editCatalog } from '../../src/storage/d1/catalog-edit'
import {
  findLive,
  findNamedObjects,
  findRows,
  readCold,
  readExpirable,
  readExpired,
  readGroups,
  readPacks,
  readSmall,
} from '../../src/storage/d1/catalog-upkeep'
import { putDirectory } from '../../src/storage/d1/directory'
import { deletePayloads, putPayload } from '../../src/storage/d1/payload'
import { forgetHints } from '../../src/storage/kv/forget-hints'
import { putHotCore } from '../../src/storage/kv/segments'
import { packKey } from '../../src/storage/r2/keys'
import type { ErasePorts } from '../../src/tenant/erase-rows'
import type { PublishDirectoryPorts } from '../../src/tenant/publish-directory'
import type { PlanPorts } from '../../src/tenant/work'

type StorePorts = PlanPorts &
  CollectPorts &
  Pick<PublishPorts, 'putPayload' | 'putCache' | 'putCatalog'> &
  Pick<ChangePorts, 'planPack' | 'storePack' | 'editCatalog'> &
  Pick<ErasePorts, 'sealAside' | 'lookAside' | 'findLive'> &
  Pick<PublishDirectoryPorts, 'putDirectory' | 'forgetHints'>

/** Segments are of the object's one shard. */
const SHARD = 0

/** The stores outside the object, for one tenant. `sealer` is where segments are encoded. */
export function storePorts(
  env: Env,
  tenantId: string,
  about: { readonly sealer: Cloudflare.Exports['Sealer']; readonly hotSeconds: number },
): StorePorts {
  const { CONTROL, PAYLOAD, CACHE, ARCHIVE } = env
  const { sealer, hotSeconds } = about
  const requestOf = ({ day, class: name, members }: Parameters<ChangePorts['planPack']>[0]): PackRequest => ({
    tenantId,
    day,
    class: name,
    members,
  })
  return {
    sealAside: (blocks, rules) => sealer.seal(blocks, { shard: SHARD, class: STANDARD_CLASS, rules }),
    lookAside: (segment, rules, nowMs) => sealer.look(tenantId, segment, { shard: SHARD, rules, nowMs }),
    putPayload: (segment, bytes) => putPayload(PAYLOAD, tenantId, segment.id, bytes),
    putCache: async (segment, bytes, headerBytes) => {
      const { header, sectionsAt } = decodeHeader(headerBytes)
      const core = bytes.slice(sectionsAt, sectionsAt + coreLength(header))
      // KV only makes reading faster: D1 has the same bytes.
      await putHotCore(CACHE, tenantId, segment.id, { core, expiresSeconds: hotSeconds }).catch(() => undefined)
    },
    putCatalog: (segment, bytes, header, added) =>
      putSegmentRow(CONTROL, tenantId, segment, { bytes: bytes.length, header, added }),
    planPack: (change) => {
      const { hash, places } = planPack(requestOf(change))
      return { key: packKey(tenantId, { day: change.day, class: change.class, hash }), places }
    },
    storePack: (change, { key }) => sealer.pack(key, requestOf(change), change.from),
    editCatalog: (edit) => editCatalog(CONTROL, tenantId, edit),
    readGroups: (coldBeforeMs) => readGroups(CONTROL, tenantId, coldBeforeMs),
    readSmall: (group) => readSmall(CONTROL, tenantId, group),
    readCold: (group, coldBeforeMs) => readCold(CONTROL, tenantId, group, coldBeforeMs),
    readExpirable: (page) => readExpirable(CONTROL, tenantId, page),
    readExpired: (expiries, limit) => readExpired(CONTROL, tenantId, expiries, limit),
    readPacks: (keys) => readPacks(CONTROL, tenantId, keys),
    findRows: (ids) => findRows(CONTROL, tenantId, ids),
    findLive: (id) => findLive(CONTROL, tenantId, id),
    mergeAside: (chosen, { class: retentionClass }) =>
      sealer.merge(
        tenantId,
        chosen.map(({ id, hash, bytes, mask }) => ({ id, hash, bytes, mask })),
        { shard: SHARD, class: retentionClass },
      ),
    deletePayloads: (ids) => deletePayloads(PAYLOAD, tenantId, ids),
    deleteCatalogRows: (ids) => deleteSegmentRows(CONTROL, tenantId, ids),
    findNamed: (keys) => findNamedObjects(CONTROL, tenantId, keys),
    deleteObject: async (key) => ARCHIVE?.delete(key),
    putDirectory: (changes) => putDirectory(CONTROL, tenantId, changes),
    forgetHints: ({ rows }) => forgetHints(CACHE, tenantId, rows),
  }
}
