import type { KnownService } from './service-row'

/** The variables by which an installation registers services of its default tenant. */
export interface ServiceVariables {
  readonly AUTH_SERVICE_URL?: string | undefined
  readonly AUTH_SERVICE_API_KEY?: string | undefined
  readonly DATA_SERVICE_URL?: string | undefined
  readonly DATA_SERVICE_API_KEY?: string | undefined
  readonly CONTENT_SKIMMER_URL?: string | undefined
  readonly CONTENT_SKIMMER_API_KEY?: string | undefined
}

/** A service that a variable has registered. Its key is in the variables, and nowhere else. */
export interface VariableService {
  readonly known: KnownService
  readonly apiKey: string | undefined
}

const NAMED = [
  { id: 'svc_auth', name: 'auth-service', url: 'AUTH_SERVICE_URL', apiKey: 'AUTH_SERVICE_API_KEY' },
  { id: 'svc_data', name: 'data-service', url: 'DATA_SERVICE_URL', apiKey: 'DATA_SERVICE_API_KEY' },
  {
    id: 'svc_content_skimmer',
    name: 'content-skimmer',
    url: 'CONTENT_SKIMMER_URL',
    apiKey: 'CONTENT_SKIMMER_API_KEY',
  },
] as const

/** The services that the variables register: asked at `/health` below their addresses. */
export const variableServices = (variables: ServiceVariables, last4Of: (key: string) => string | undefined) =>
  NAMED.flatMap(({ id, name, url: urlName, apiKey: keyName }): VariableService[] => {
    const url = variables[urlName]
    const apiKey = variables[keyName]
    if (url === undefined) return []
    const known = {
      ...{ id, edition: 1, name, url, healthEndpoint: '/health', capabilities: ['health-check'] },
      ...{ hasApiKey: apiKey !== undefined, apiKeyLast4: apiKey === undefined ? undefined : last4Of(apiKey) },
      ...{ isFixed: true, createdMs: 0, changedMs: 0 },
    }
    return [{ known, apiKey }]
  })
