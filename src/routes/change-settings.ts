import * as z from 'zod'
import { toBodyErrors } from '../domains/body-errors'
import { planOf } from '../domains/tenant-terms'
import type { Env } from '../env'
import { refusalError } from '../http/caller'
import { checkIssuers } from '../http/check-issuers'
import type { Handler, TenantRequest } from '../http/handler'
import { ApiError, type ProblemItem } from '../http/problem'
import { outsideRulesOf } from '../http/prove-jwt'
import { readJson } from '../http/read-json'
import { ADMIN_BODY_BYTES_MAX, SETTINGS_WRITE_TRIES } from '../limits/limits'
import { type DirectoryRow, type Json, JsonObject, MemberRow } from '../tenant/directory-rows'
import { faultOfGrant } from '../tenant/grant'
import { readTenantSettings, TenantSettings } from '../tenant/settings'
import { mergePatch, shownSettings, storedSettings } from '../tenant/settings-document'
import { faultsOfSettings } from '../tenant/settings-faults'
import { readDirectoryPage } from './directory-page'
import { grantOf, grantOfMember, requireGrant, rowOf } from './grant-of'
import { refuseParameters, settingsAnswer, tagOf } from './show-settings'
import { readSettings, type SettingsDocument, writeSettings } from './tenant-settings'

/** `PUT /admin/settings`: these settings in the place of all that were set; what the body leaves out is the default again. */
export const putSettings: Handler = async (request, env) => {
  const body = await readJson(request, ShallowObject, ADMIN_BODY_BYTES_MAX)
  return changeSettings(request, env, () => body)
}

/** `PATCH /admin/settings`: a merge patch (RFC 7396). Members are set, null takes one back to its default. */
export const patchSettings: Handler = async (request, env) => {
  const patch = await readJson(request, ShallowObject, ADMIN_BODY_BYTES_MAX)
  return changeSettings(request, env, (shown) => mergePatch(shown, patch))
}

/** Deeper than any settings are: what follows goes through a body by calling itself. */
const DEPTH_MAX = 16

const isShallow = (value: unknown, levels: number): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1)))

const ShallowObject = z
  .record(z.string(), z.unknown())
  .refine((body) => isShallow(body, DEPTH_MAX), { error: 'it is nested deeper than settings are' })
  .transform((body): JsonObject => JsonObject.parse(body))

/** Makes the change on top of what is there; one that comes in between is only overwritten where nobody named a version. */
async function changeSettings(request: TenantRequest, env: Env, next: (shown: JsonObject) => Json): Promise<Response> {
  refuseParameters(request.url)
  const condition = request.headers.get('if-match')
  for (let tries = 1; ; tries++) {
    const before = await readSettings(request, env)
    if (condition !== null && !isMatch(condition, before)) throw new ApiError('precondition_failed')
    const asked = checked(request, next(shownSettings(before.value)))
    await refuseIssuersOfOthers(request, env, readTenantSettings(before.value), asked)
    const value = storedSettings(before.value, asked, Date.now())
    const written = await writeSettings(request, env, value, before.version)
    if (written.ok) return settingsAnswer({ value, version: written.version })
    const isOvertaken = written.refusal.kind === 'precondition_failed'
    if (!isOvertaken || condition !== null) throw refusalError(written.refusal)
    if (tries === SETTINGS_WRITE_TRIES) throw new ApiError('conflict', 'The settings are being changed all the time.')
  }
}

/** If-Match (RFC 9110, 13.1.1): any version, or one of a list. A weak tag names no version for sure. */
const isMatch = (condition: string, { version }: SettingsDocument): boolean =>
  condition.trim() === '*' || condition.split(',').some((tag) => tag.trim() === tagOf(version))

function checked(request: TenantRequest, document: Json): TenantSettings {
  const parsed = TenantSettings.safeParse(document)
  if (!parsed.success) throw invalid(toBodyErrors(parsed.error))
  const settings = parsed.data
  const rules = outsideRulesOf(request.config, request.host)
  const issuers = checkIssuers(settings.jwt_issuers, rules, request.config).map((item) => ({
    ...item,
    pointer: `/jwt_issuers${item.pointer ?? ''}`,
  }))
  const faults = faultsOfSettings(settings, planOf(request.settings)).map((fault) => ({
    code: 'validation_failed',
    ...fault,
  }))
  if (issuers.length + faults.length > 0) throw invalid([...issuers, ...faults])
  return settings
}

/** Issuers say who belongs to the tenant, and as what: nobody may give away more by them than by naming members. */
async function refuseIssuersOfOthers(
  request: TenantRequest,
  env: Env,
  { jwt_issuers: known }: Pick<TenantSettings, 'jwt_issuers'>,
  { jwt_issuers: wanted }: Pick<TenantSettings, 'jwt_issuers'>,
): Promise<void> {
  if (JSON.stringify(known) === JSON.stringify(wanted)) return
  const own = grantOf(request)
  // Nor may who sees some of the logs let people in who see all of them.
  if (own.filter !== undefined)
    throw new ApiError('scope_missing', 'Changing issuers needs credentials that see all logs of the tenant.')
  if (!own.scopes.has('admin:members'))
    throw new ApiError('scope_missing', 'Changing issuers needs the scope admin:members.')
  for (const role of [...known, ...wanted].flatMap(rolesOf)) requireGrant(own, grantOfMember({ role }))
  // Who says what an issuer's keys are can come as any of its people: also as a member who may do more.
  const mayMore = (row: DirectoryRow) => faultOfGrant(own, grantOfMember(rowOf(MemberRow, row))) !== undefined
  const above = { kind: 'member', limit: 1, cursor: undefined, isWanted: mayMore } as const
  if ((await readDirectoryPage(request, env, above)).rows.length > 0)
    throw new ApiError('scope_missing', 'Changing issuers needs all that any member of the tenant may do.')
}

const rolesOf = ({ role }: TenantSettings['jwt_issuers'][number]) =>
  role === undefined ? [] : [...Object.values(role.map), ...(role.default === undefined ? [] : [role.default])]

const invalid = (errors: readonly ProblemItem[]): ApiError =>
  new ApiError('validation_failed', 'The settings are not what they can be.', { errors })

/** A patch of the settings: any of their members, or null. */
export const SettingsPatch = z
  .record(z.string(), z.unknown())
  .meta({ description: 'Members of the settings as GET shows them, nested as they are; null takes one back.' })
