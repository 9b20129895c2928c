import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import * as z from 'zod'
import { SECRETS_KEY_BYTES } from '../../src/limits/limits.ts'
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

/**
 * Answers the key that seals what others entrust to this server (the variable SECRETS_KEY), and makes it on the first run. What was
 * sealed opens with no other.
 */
export function readOrCreateSecretsKey(file: string): string {
  if (!existsSync(file)) writePrivately(file, `${newSecretsKey()}\n`)
  const key = readFileSync(file, 'utf8').trim()
  if (Buffer.from(key, 'base64').length === SECRETS_KEY_BYTES) return key
  throw new StartError(
    `${file} is damaged; put back its copy, or delete it and enter the keys of services and the secrets of webhooks again.`,
  )
}

/** A key for the variable SECRETS_KEY. */
export const newSecretsKey = (): string => randomBytes(SECRETS_KEY_BYTES).toString('base64')

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
