import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { newSecretsKey, readOrCreateSecretsKey } from '../../scripts/serve/credentials'

const directory = mkdtempSync(path.join(tmpdir(), 'sluice-credentials-'))
const file = path.join(directory, 'secrets.key')

afterEach(() => rmSync(file, { force: true }))

it('makes the key of secrets once, for its owner alone', () => {
  const key = readOrCreateSecretsKey(file)
  expect(Buffer.from(key, 'base64')).toHaveLength(32)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readOrCreateSecretsKey(file)).toBe(key)
  expect(newSecretsKey()).not.toBe(key)
})

it('neither uses nor replaces a damaged key', () => {
  writeFileSync(file, 'abc')
  expect(() => readOrCreateSecretsKey(file)).toThrow('damaged')
  expect(readFileSync(file, 'utf8')).toBe('abc')
})
