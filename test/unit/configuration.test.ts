import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { HELP } from '../../scripts/serve/flags'
import { readWranglerConfig } from '../../scripts/serve/wrangler-config'
import { CONFIGURATION_VARIABLES } from '../../src/config-variables'
import { VARIABLE_NAMES } from '../../src/env'

const document = readFileSync('docs/configuration.md', 'utf8')
const nameOf = (variable: { name: string }) => variable.name

it('documents every variable with its default, meaning and seed, in the same order', () => {
  const rows = document.split('\n').filter((line) => /^\| `[A-Z0-9_]+` \| (`|unset)/.test(line))
  const expected = CONFIGURATION_VARIABLES.map(
    (variable) =>
      `| \`${variable.name}\` | ${variable.default === undefined ? 'unset' : `\`${variable.default}\``} | ${variable.meaning} | ${variable.seed} |`,
  )
  expect(rows).toEqual(expected)
})

it('lists exactly the variables that the Worker reads', () => {
  expect(CONFIGURATION_VARIABLES.map(nameOf).sort()).toEqual([...VARIABLE_NAMES].sort())
})

it('gives the variables of wrangler.toml the defaults that are documented', () => {
  for (const [name, value] of Object.entries(readWranglerConfig('wrangler.toml').vars)) {
    expect(CONFIGURATION_VARIABLES.find((variable) => variable.name === name)?.default, name).toBe(`${value}`)
  }
})

it('documents every flag of npm start', () => {
  for (const [flag] of HELP.matchAll(/--[a-z-]+|SLUICE_[A-Z_]+/g)) expect(document).toContain(flag)
})
