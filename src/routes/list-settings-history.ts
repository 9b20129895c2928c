import * as z from 'zod'
import { refusalError } from '../http/caller'
import type { Handler } from '../http/handler'
import { ApiError } from '../http/problem'
import { withFreshHints } from '../http/with-fresh-hints'
import { ADMIN_PAGE_DEFAULT, SETTINGS_HISTORY_MAX } from '../limits/limits'
import { tenantDirectory } from '../tenant-stub'
import { jsonAnswer } from './search-answer'

/** The parameters of GET /admin/settings/history. */
export const HistoryQuery = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(SETTINGS_HISTORY_MAX)
    .default(ADMIN_PAGE_DEFAULT)
    .meta({ description: 'Changes on a page.', examples: [10] }),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional()
    .meta({ description: 'next_cursor of the page before.' }),
})

/** `GET /admin/settings/history`: who changed what of the settings, the last change first. */
export const listSettingsHistory: Handler = async (request, env) => {
  const { searchParams } = new URL(request.url)
  const parsed = HistoryQuery.safeParse(Object.fromEntries(searchParams))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new ApiError('validation_failed', `${issue.path.join('.')}: ${issue.message}`)
  }
  const { limit, cursor } = parsed.data
  const beforeVersion = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor)
  const directory = tenantDirectory(env, request.tenantId)
  const outcome = await withFreshHints(request, (by) =>
    directory.readSettingsHistory(by, { beforeVersion, limit: limit + 1 }),
  )
  if (!outcome.ok) throw refusalError(outcome.refusal)
  const changes = outcome.changes.slice(0, limit)
  const hasMore = outcome.changes.length > limit
  return jsonAnswer({
    data: changes.map(({ version, atMs, by, address, before, after }) => ({
      ...{ version, at: new Date(atMs).toISOString(), by, address, before, after },
    })),
    page: { next_cursor: hasMore ? String(changes.at(-1)?.version) : null, has_more: hasMore },
  })
}
