import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Where Debian's package `chromium` puts it. */
const CHROMIUM = '/usr/bin/chromium'

/** Where the browser is. Tests fail where there is none, rather than pass without having been run. */
export function chromiumPath(): string {
  const executablePath = process.env.SLUICE_CHROMIUM ?? CHROMIUM
  if (!existsSync(executablePath))
    throw new Error(
      `There is no browser at ${executablePath}: install the Debian package "chromium" (apt-get install chromium), or name another Chromium in SLUICE_CHROMIUM.`,
    )
  return executablePath
}

/** A browser without a window. */
export const openChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox', '--disable-dev-shm-usage'] })
