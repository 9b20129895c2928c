import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import * as z from 'zod'
import { StartError } from './start-error.ts'

export const Credentials = z.object({
  operatorKey: z.string(),
  tenant: z
    .object({
      id: z.string(),
      domain: z.string(),
      ingestKey: z.string(),
      queryKey: z.string(),
      adminKey: z.string(),
    })
    .optional(),
})
export type Credentials = z.infer<typeof Credentials>

/**
 * Answers the keys of the first run, which exist in readable form only in this file. `create` may run twice, when the
 * process dies between it and the file.
 */
export async function readOrCreateCredentials(file: string, create: () => Promise<unknown>): Promise<Credentials> {
  if (existsSync(file)) return readCredentials(file)
  const credentials = Credentials.parse(await create())
  writePrivately(file, `${JSON.stringify(credentials, null, 2)}\n`)
  return credentials
}

function readCredentials(file: string): Credentials {
  try {
    return Credentials.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    throw new StartError(`${file} is damaged; delete it, and the next start creates new keys.`)
  }
}

/** Whole or not at all, and readable by its owner only. */
export function writePrivately(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`
  writeFileSync(temporary, text, { mode: 0o600 })
  renameSync(temporary, file)
}
