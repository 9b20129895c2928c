import { damagedData } from './data-directory.ts'
import { StartError } from './start-error.ts'

export interface Attempt {
  directory: string
  host: string
  port: number
}

/** Turns what the runtime threw into the sentence that helps, where we know one. */
export function explainFailure(error: unknown, { directory, host, port }: Attempt): unknown {
  if (error instanceof StartError || !(error instanceof Error)) return error
  const text = `${error.message} ${error.cause}`
  if (/address already in use|EADDRINUSE/i.test(text)) {
    return sentence(
      error,
      `Port ${port} on ${host} is taken; choose another with --port, or --port 0 for any free one.`,
    )
  }
  if (/Cannot assign requested address|EADDRNOTAVAIL|getaddrinfo/i.test(text)) {
    return sentence(error, `This machine has no address ${host}; choose another with --host.`)
  }
  if (/malformed|SQLITE_CORRUPT|SQLITE_NOTADB|not a database/i.test(text)) return damagedData(directory)
  if (/EACCES|EPERM|readonly database|SQLITE_CANTOPEN|ENOSPC/.test(text)) {
    return sentence(error, `The data directory ${directory} cannot be written (${error.message.split('\n')[0]}).`)
  }
  return error
}

const sentence = (cause: Error, text: string): StartError => new StartError(text, { cause })
