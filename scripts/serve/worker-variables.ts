import { CONFIGURATION_VARIABLES } from '../../src/config-variables.ts'
import type { WranglerConfig } from './wrangler-config.ts'

type Variables = WranglerConfig['vars']

/** What the Worker's env holds under npm start: wrangler.toml's [vars], then whatever the environment sets of the known names. */
export function workerVariables(vars: Variables, environment: Record<string, string | undefined>): Variables {
  const names = new Set([...Object.keys(vars), ...CONFIGURATION_VARIABLES.map(({ name }) => name)])
  const set = [...names].flatMap((name) => {
    const value = environment[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return { ...vars, ENVIRONMENT: 'development', ...Object.fromEntries(set) }
}
