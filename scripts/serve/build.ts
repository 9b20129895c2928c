import { existsSync } from 'node:fs'
import path from 'node:path'
import { type BuildOptions, build } from 'esbuild'
import * as z from 'zod'
import { StartError } from './start-error.ts'

const WORKER_OPTIONS: BuildOptions = {
  target: 'es2024',
  conditions: ['workerd', 'worker', 'browser'],
  external: ['cloudflare:*', 'node:*'],
  loader: { '.txt': 'text', '.html': 'text', '.sql': 'text' }, // as wrangler does
}

/** Builds the Worker into one module. */
export const buildWorker = (root: string, entry: string): Promise<string> => bundle(root, entry, WORKER_OPTIONS)

type BootstrapOperator = (control: D1Database, options: { nowMs: number }) => Promise<unknown>

type AddServiceTenant = (control: D1Database, nowMs: number) => Promise<void>

const isFunction = (value: unknown): boolean => typeof value === 'function'

const AdminModule = z.object({
  bootstrapOperator: z.custom<BootstrapOperator>(isFunction),
  addServiceTenant: z.custom<AddServiceTenant>(isFunction),
})
export type AdminModule = z.infer<typeof AdminModule>

/** Loads the Worker's own bootstrap into this process. Its imports have no extensions, so Node alone cannot. */
export async function importAdmin(root: string): Promise<AdminModule> {
  const code = await bundle(root, 'src/admin/bootstrap.ts', { target: 'node22', platform: 'node' })
  return AdminModule.parse(await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`))
}

/** Nothing is written to disk: the bundle goes straight into the runtime. */
async function bundle(root: string, entry: string, options: BuildOptions): Promise<string> {
  const entryPath = path.join(root, entry)
  if (!existsSync(entryPath)) throw new StartError(`There is nothing to build: ${entryPath} is missing.`)
  const { outputFiles } = await build({
    ...options,
    entryPoints: [entryPath],
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    write: false,
    logLevel: 'error',
  }).catch(() => {
    throw new StartError(`${entry} does not build; what esbuild said stands above.`)
  })
  return outputFiles[0].text
}
