import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { openapiDocument } from '../../src/openapi/document'
import { OPERATIONS } from '../../src/openapi/operations'

const ROOT = path.resolve(import.meta.dirname, '../..')
const REDOCLY = path.join(ROOT, 'node_modules/@redocly/cli/bin/cli.js')

it('is a description that the linter has nothing to say about', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-openapi-'))
  try {
    const file = path.join(folder, 'openapi.json')
    const about = { version: '0', server: 'https://logs.acme.com' }
    writeFileSync(file, JSON.stringify(openapiDocument(OPERATIONS, about), null, 1))
    const args = [REDOCLY, 'lint', file, '--config', path.join(ROOT, 'redocly.yaml'), '--max-problems', '20']
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: folder,
      encoding: 'utf8',
      // It asks nobody anything.
      env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    })
    expect({ status, problems: stdout.trim() }, stderr).toEqual({ status: 0, problems: '' })
    expect(stderr).not.toMatch(/warning/i)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
