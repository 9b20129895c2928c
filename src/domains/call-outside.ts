/** One request to a server that is not ours, with everything that bounds it. No redirect is followed. */
export interface OutsideCall {
  readonly url: string
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** For the whole of it, until the last byte of the answer. */
  readonly msMax: number
  /** Bytes of the answer's body. */
  readonly bytesMax: number
}

/** What came of it. Why there is no answer is only for our own log: it says what stands behind a name. */
export type OutsideReply =
  | { readonly ok: true; readonly status: number; readonly headers: Headers; readonly body: Uint8Array }
  | { readonly ok: false; readonly fault: { readonly kind: string } }

/** Asks a server outside. It never rejects. */
export type CallOutside = (call: OutsideCall) => Promise<OutsideReply>
