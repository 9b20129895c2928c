/** What the tests use of splunk-logging, which brings no types. */
declare module 'splunk-logging' {
  interface Event {
    readonly message: unknown
    readonly severity?: string
    readonly metadata?: Readonly<Record<string, unknown>>
  }

  export class Logger {
    constructor(config: Readonly<Record<string, unknown>>)
    requestOptions: { headers?: Readonly<Record<string, string>> }
    error: (error: unknown, context: unknown) => void
    send(event: Event): void
    flush(callback: (error: unknown, response: unknown, body: unknown) => void): void
  }
}
