import { describe, expect, it } from 'vitest'
import { CONFIGURATION_VARIABLES } from '../../src/config-variables'
import { readConfig, VARIABLE_NAMES } from '../../src/env'
import { SERVICE_KEY_CHARACTERS_MIN } from '../../src/limits/limits'

describe('readConfig', () => {
  it('knows every variable of the table', () => {
    for (const { name } of CONFIGURATION_VARIABLES) expect(VARIABLE_NAMES).toContain(name)
  })

  it('uses the documented defaults for what is unset or empty', () => {
    expect(readConfig({ HOT_HOURS: '', LOG_SERVICE_API_KEY: '' })).toMatchObject({
      ENVIRONMENT: 'production',
      LOG_LEVEL: 'info',
      API_KEY_HEADER: 'x-api-key',
      DEFAULT_TTL_DAYS: 30,
      HOT_HOURS: 24,
      CLEANUP_BATCH_SIZE: 1000,
      RATE_LIMIT_ENABLED: true,
    })
    expect(readConfig({ LOG_SERVICE_API_KEY: '' }).LOG_SERVICE_API_KEY).toBeUndefined()
  })

  it('reads numbers, flags and lists', () => {
    const config = readConfig({ HOT_HOURS: '0', ENABLE_WEBHOOKS: 'False', SERVICE_HOSTS: 'Logs.example.com, 10.0.0.7' })
    expect(config.HOT_HOURS).toBe(0)
    expect(config.ENABLE_WEBHOOKS).toBe(false)
    expect(config.SERVICE_HOSTS).toEqual(new Set(['logs.example.com', '10.0.0.7']))
  })

  it('brings hosts into the spelling that those of requests have', () => {
    const { SERVICE_HOSTS } = readConfig({ SERVICE_HOSTS: 'Bücher.Example.:443 [::1],logs.example.com.' })
    expect([...SERVICE_HOSTS]).toEqual(['xn--bcher-kva.example', '[::1]', 'logs.example.com'])
    expect(() => readConfig({ SERVICE_HOSTS: 'https://logs.example.com' })).toThrow(
      /SERVICE_HOSTS: it must be host names/,
    )
  })

  it('takes resolvers of two hosts at least', () => {
    const [one, two] = ['https://one.example/dns-query', 'https://two.example/dns-query']
    expect(readConfig({ DOH_RESOLVERS: `${one}, ${two}` }).DOH_RESOLVERS).toEqual([one, two])
    expect(readConfig({}).DOH_RESOLVERS).toHaveLength(3)
    for (const wrong of [one, `${one},${one}?again`, `${one},two.example`, `${one},ftp://two.example`])
      expect(() => readConfig({ DOH_RESOLVERS: wrong })).toThrow(
        /DOH_RESOLVERS: it must be URLs of at least 2 different hosts/,
      )
  })

  it('takes numbers as wrangler.toml may write them', () => {
    expect(readConfig(Object.assign({}, JSON.parse('{"HOT_HOURS": 12, "ENABLE_ANALYTICS": false}')))).toMatchObject({
      HOT_HOURS: 12,
      ENABLE_ANALYTICS: false,
    })
  })

  it('names every wrong variable and what it must be', () => {
    const wrong = {
      HOT_HOURS: '1.5',
      DEFAULT_TTL_DAYS: '0',
      LOG_LEVEL: 'loud',
      API_KEY_HEADER: 'a b',
      AUTH_SERVICE_URL: 'ftp://x',
    }
    const problems = Object.keys(wrong).map((name) => expect.stringContaining(`${name}: it must be`))
    for (const problem of problems)
      expect(() => readConfig(wrong)).toThrow(expect.objectContaining({ message: problem }))
  })

  it('takes no LOG_SERVICE_API_KEY that could be guessed, but for trying things out', () => {
    const short = { LOG_SERVICE_API_KEY: 'x'.repeat(SERVICE_KEY_CHARACTERS_MIN - 1) }
    const rule = /LOG_SERVICE_API_KEY: it must be at least 32 characters in production/
    expect(() => readConfig({ ...short })).toThrow(rule)
    expect(() => readConfig({ ...short, ENVIRONMENT: 'production' })).toThrow(rule)
    expect(readConfig({ ...short, ENVIRONMENT: 'development' })).toMatchObject(short)
    const long = { LOG_SERVICE_API_KEY: 'x'.repeat(SERVICE_KEY_CHARACTERS_MIN) }
    expect(readConfig({ ...long })).toMatchObject(long)
  })

  it('never shows the value of a wrong variable', () => {
    expect(() => readConfig({ AUTH_SERVICE_URL: 'hunter2' })).toThrow(
      /AUTH_SERVICE_URL: it must be an http or https URL/,
    )
    expect(() => readConfig({ AUTH_SERVICE_URL: 'hunter2' })).not.toThrow(/hunter2/)
  })

  it('checks an environment once', () => {
    const env = {}
    expect(readConfig(env)).toBe(readConfig(env))
  })
})
