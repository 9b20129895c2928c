import type { Handler } from '../http/handler'
import { ApiError } from '../http/problem'
import { shownSettings } from '../tenant/settings-document'
import { jsonAnswer } from './search-answer'
import { readSettings, type SettingsDocument } from './tenant-settings'

/** `GET /admin/settings`: everything that the tenant can set, with an ETag for whoever wants to change it. */
export const showSettings: Handler = async (request, env) => {
  refuseParameters(request.url)
  return settingsAnswer(await readSettings(request, env))
}

/** The settings as an answer. The tag names the version that they are of. */
export function settingsAnswer({ value, version }: SettingsDocument): Response {
  const response = jsonAnswer(shownSettings(value))
  response.headers.set('etag', tagOf(version))
  return response
}

/** The ETag of a version of the settings. */
export const tagOf = (version: number): string => `"${version}"`

/** Parameters mean nothing here, and are refused rather than ignored. */
export function refuseParameters(url: string): void {
  for (const name of new URL(url).searchParams.keys())
    throw new ApiError('validation_failed', `There is no parameter "${name.slice(0, 40)}" here.`)
}
