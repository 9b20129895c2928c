/** What an event of Splunk says about itself beside its text, in the order in which it is written. */
export const HEC_METADATA = ['time', 'host', 'source', 'sourcetype', 'index'] as const

/** What the address of a request says of all its events. */
export type HecMetadata = Readonly<Partial<Record<(typeof HEC_METADATA)[number], string>>>

/** Reads the parameters of an address; empty ones say nothing. */
export function readHecMetadata(parameters: URLSearchParams): HecMetadata {
  return Object.fromEntries(
    HEC_METADATA.flatMap((name): [string, string][] => {
      const value = parameters.get(name)
      return value === null || value === '' ? [] : [[name, value]]
    }),
  )
}
