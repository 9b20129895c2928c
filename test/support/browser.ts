import type { Browser, BrowserContext, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { expect } from 'vitest'
import * as z from 'zod'
import { chromiumPath } from './chromium.ts'
import type { Server } from './server.ts'

/** Starts headless Chromium. Without it these tests fail, and say what is missing. */
export const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })

/** A page of the app with what it has asked for and what it has complained about. */
export interface AppPage {
  readonly page: Page
  /** Origins of everything that was asked for. */
  readonly origins: ReadonlySet<string>
  /** Exceptions, dialogs, and what broke the content policy. */
  readonly complaints: readonly string[]
  /** The address of one of the tenant's screens. */
  readonly address: (screen: string) => string
}

export interface AppOptions {
  readonly theme?: 'light' | 'dark'
  readonly width?: number
  /** Whose app it is: the tenant of the demo when it is left out. */
  readonly tenant?: { readonly domain: string; readonly adminKey: string }
  /** The key to sign in with; the tenant's admin key when it is left out. */
  readonly key?: string
  /** A context that there is already: pages of one context share cookies, as tabs of a browser do. */
  readonly context?: BrowserContext
  /** What is to be done with the page before it goes anywhere. */
  readonly prepare?: (page: Page) => Promise<unknown>
}

/** Opens the app of a server's tenant by the link that npm start prints, and waits until it shows Explore. */
export async function openApp(browser: Browser, server: Server, options: AppOptions = {}): Promise<AppPage> {
  const { theme = 'light', width = 1280, tenant = server.tenant } = options
  const context =
    options.context ??
    (await browser.newContext({
      ...{ viewport: { width, height: 800 }, colorScheme: theme, timezoneId: 'UTC', acceptDownloads: true },
      permissions: ['clipboard-read', 'clipboard-write'],
    }))
  const page = await context.newPage()
  const { origins, complaints } = await watch(page)
  await options.prepare?.(page)
  await page.goto(`http://${tenant.domain}:${server.port}/app#key=${options.key ?? tenant.adminKey}`)
  await page.waitForURL(/\/explore/)
  await page.locator('.status-line').waitFor()
  const base = page.url().replace(/explore.*$/, '')
  return { page, origins, complaints, address: (screen) => `${base}${screen}` }
}

/** What a page asks for and complains of, from here on. */
async function watch(page: Page): Promise<Pick<AppPage, 'origins' | 'complaints'>> {
  const origins = new Set<string>()
  const complaints: string[] = []
  page.on('request', (request) => origins.add(new URL(request.url()).origin))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  await page.exposeFunction('noteViolation', (what: string) => complaints.push(what))
  await page.addInitScript(
    `document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
      window.noteViolation('policy: ' + violatedDirective + ' ' + blockedURI + ' ' + sample))`,
  )
  return { origins, complaints }
}

/** Waits until the list is live: what comes from here on shows by itself. */
export const untilLive = (page: Page): Promise<void> => page.locator('.status-line .is-live').waitFor()

/** Sends logs to a tenant, and answers once they are accepted. */
export async function sendLogs(server: Server, logs: readonly object[], key = server.tenant.ingestKey): Promise<void> {
  const response = await fetch(new URL('/logs', server.ready.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' },
    body: logs.map((log) => JSON.stringify(log)).join('\n'),
  })
  expect(response.status, await response.text()).toBe(202)
}

/** Asks the API as the tenant's admin, and answers the JSON. */
export async function askApi(
  server: Server,
  path: string,
  { key = server.tenant.adminKey, ...init }: RequestInit & { readonly key?: string } = {},
): Promise<unknown> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const response = await fetch(new URL(path, server.ready.url), { ...init, headers })
  const text = await response.text()
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}

const Found = z.object({ data: z.array(z.object({ id: z.string(), message: z.string().optional() })) })

/** The ids of what matches a query, the newest first. */
export async function idsOf(server: Server, q: string, key?: string): Promise<string[]> {
  const path = `/logs?${new URLSearchParams({ q, limit: '1000' })}`
  return Found.parse(await askApi(server, path, key === undefined ? {} : { key })).data.map(({ id }) => id)
}
