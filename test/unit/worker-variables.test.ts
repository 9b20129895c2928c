import { expect, it } from 'vitest'
import { workerVariables } from '../../scripts/serve/worker-variables'

const vars = { ENVIRONMENT: 'production', LOG_LEVEL: 'info' }

it('hands the known variables of the environment to the Worker, and nothing else', () => {
  const environment = { LOG_LEVEL: 'debug', JWT_SECRET: 'secret', PATH: '/bin' }
  expect(workerVariables(vars, environment)).toMatchObject({ LOG_LEVEL: 'debug', JWT_SECRET: 'secret' })
  expect(workerVariables(vars, environment)).not.toHaveProperty('PATH')
})

it('has no limits but those of plans and settings unless it is told otherwise', () => {
  const limits = ['RATE_LIMIT_ENABLED', 'API_V1_REQUESTS_PER_MINUTE', 'API_V1_BATCHES_PER_MINUTE']
  const shipped = Object.fromEntries(limits.map((name) => [name, '100']))
  const told = (environment: Record<string, string>) => {
    const variables = workerVariables({ ...vars, ...shipped }, environment)
    return limits.map((name) => variables[name])
  }
  expect(told({})).toEqual(['false', '0', '0'])
  expect(told({ RATE_LIMIT_ENABLED: 'true', API_V1_BATCHES_PER_MINUTE: '7' })).toEqual(['true', '0', '7'])
})

it('is development unless it is told otherwise', () => {
  expect(workerVariables(vars, {}).ENVIRONMENT).toBe('development')
  expect(workerVariables(vars, { ENVIRONMENT: 'staging' }).ENVIRONMENT).toBe('staging')
})
