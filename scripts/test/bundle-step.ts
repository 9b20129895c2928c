import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'

/** A Worker starts faster the less there is to compile; the platform's own limit is 10 MB. */
const BUNDLE_GZIP_KB_MAX = 500

/** Bundles as a deployment would, without an account or a network, and says how large the bundle is. */
export function bundleStep(root: string, outputDirectory: string): boolean {
  const wrangler = path.join(root, 'node_modules/wrangler/bin/wrangler.js')
  const { status } = spawnSync(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', outputDirectory], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true' },
  })
  if (status !== 0) return false
  const kilobytes = gzipKilobytes(outputDirectory)
  console.log(`wrangler deploy --dry-run: the bundle is ${kilobytes.toFixed(1)} kB gzipped, of ${BUNDLE_GZIP_KB_MAX}`)
  return kilobytes <= BUNDLE_GZIP_KB_MAX
}

function gzipKilobytes(directory: string): number {
  const files = readdirSync(directory).filter((name) => name.endsWith('.js') || name.endsWith('.wasm'))
  const bytes = files.map((name) => gzipSync(readFileSync(path.join(directory, name))).length)
  return bytes.reduce((sum, size) => sum + size, 0) / 1000
}
