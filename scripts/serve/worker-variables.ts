import { CONFIGURATION_VARIABLES } from '../../src/config-variables.ts'
import type { WranglerConfig } from './wrangler-config.ts'

type Variables = WranglerConfig['vars']

/**
 * What differs under npm start: whoever tries it out on their own machine is not held to the limits that the seeds name for a
 * public service. What plans and settings name holds.
 */
const LOCAL: Variables = {
  ENVIRONMENT: 'development',
  RATE_LIMIT_ENABLED: 'false',
  API_V1_REQUESTS_PER_MINUTE: '0',
  API_V1_BATCHES_PER_MINUTE: '0',
}

/** What the Worker's env holds under npm start: wrangler.toml's [vars], then whatever the environment sets of the known names. */
export function workerVariables(vars: Variables, environment: Record<string, string | undefined>): Variables {
  const names = new Set([...Object.keys(vars), ...CONFIGURATION_VARIABLES.map(({ name }) => name)])
  const set = [...names].flatMap((name) => {
    const value = environment[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return { ...vars, ...LOCAL, ...Object.fromEntries(set) }
}
