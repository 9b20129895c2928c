import { parsePageCursor, toPageCursor } from '../domains/page-cursor'
import type { Env } from '../env'
import { refusalError } from '../http/caller'
import type { TenantRequest } from '../http/handler'
import { ApiError } from '../http/problem'
import { withFreshHints } from '../http/with-fresh-hints'
import { ADMIN_PAGE_MAX } from '../limits/limits'
import type { DirectoryKind, DirectoryRow } from '../tenant/directory-rows'
import { tenantDirectory } from '../tenant-stub'

/** Rows of a directory in the order of their ids, which is that of their age. */
export interface DirectoryPage {
  readonly rows: readonly DirectoryRow[]
  /** Begins the next page; null where there is none. */
  readonly nextCursor: string | null
}

/** Reads a page of those rows of the tenant's directory that `isWanted`. */
export async function readDirectoryPage(
  request: TenantRequest,
  env: Env,
  page: {
    readonly kind: DirectoryKind
    readonly limit: number
    readonly cursor: string | undefined
    readonly isWanted: (row: DirectoryRow) => boolean
  },
): Promise<DirectoryPage> {
  const { kind, limit, cursor, isWanted } = page
  const rows: DirectoryRow[] = []
  let after = cursor === undefined ? '' : positionOf(cursor, kind)
  for (;;) {
    const read = await readRows(request, env, kind, after)
    rows.push(...read.filter(isWanted))
    const last = read.at(-1)
    if (rows.length > limit) return { rows: rows.slice(0, limit), nextCursor: toPageCursor([rows[limit - 1].id, kind]) }
    if (last === undefined || read.length < ADMIN_PAGE_MAX) return { rows, nextCursor: null }
    after = last.id
  }
}

async function readRows(
  request: TenantRequest,
  env: Env,
  kind: DirectoryKind,
  after: string,
): Promise<readonly DirectoryRow[]> {
  const directory = tenantDirectory(env, request.tenantId)
  const page = { after, limit: ADMIN_PAGE_MAX }
  const outcome = await withFreshHints(request, (caller) => directory.readDirectory(caller, kind, page))
  if (!outcome.ok) throw refusalError(outcome.refusal)
  return outcome.rows
}

function positionOf(cursor: string, kind: DirectoryKind): string {
  const [id, of] = parsePageCursor(cursor) ?? []
  if (id === undefined || of !== kind) throw new ApiError('cursor_mismatch')
  return id
}
