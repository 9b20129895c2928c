import { expect, it } from 'vitest'
import { workerVariables } from '../../scripts/serve/worker-variables'

const vars = { ENVIRONMENT: 'production', LOG_LEVEL: 'info' }

it('hands the known variables of the environment to the Worker, and nothing else', () => {
  const environment = { LOG_LEVEL: 'debug', JWT_SECRET: 'secret', PATH: '/bin' }
  expect(workerVariables(vars, environment)).toEqual({
    ENVIRONMENT: 'development',
    LOG_LEVEL: 'debug',
    JWT_SECRET: 'secret',
  })
})

it('is development unless it is told otherwise', () => {
  expect(workerVariables(vars, {}).ENVIRONMENT).toBe('development')
  expect(workerVariables(vars, { ENVIRONMENT: 'staging' }).ENVIRONMENT).toBe('staging')
})
