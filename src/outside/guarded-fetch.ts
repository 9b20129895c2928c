import { checkOutsideAddress, isPublicAddress, type OutsideRules } from './outside-address'

/** What the guard uses of the world; tests bring their own. */
export interface OutsidePorts {
  readonly fetch: (request: Request) => Promise<Response>
  /** A signal that aborts after so many milliseconds. */
  readonly timeout: (milliseconds: number) => AbortSignal
  /**
   * The same with a clock that is stopped once the answer is there. Optional, and better where there is it: an object of the
   * platform stays in memory, and is paid for, for as long as one of its clocks runs.
   */
  readonly timer?: (milliseconds: number) => { readonly signal: AbortSignal; readonly stop: () => void }
  /**
   * All addresses of a host, asked through DNS over HTTPS. Optional: a Worker cannot choose the address that its fetch
   * connects to, so a name that changes between the two look-ups is still possible. It narrows the gap.
   */
  readonly resolve?: (host: string) => Promise<readonly string[]>
}

/** One request to the outside, with everything that bounds it. */
export interface OutsideRequest {
  readonly url: string
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  readonly rules: OutsideRules
  /** For the whole of it: connecting, waiting, every redirect and the last byte of the body. */
  readonly msMax: number
  /** Bytes of the answer's body, after any Content-Encoding is undone. */
  readonly bytesMax: number
  /** What becomes of a body with more bytes: without this it is no answer (`too_large`), with it the rest is not read. */
  readonly isBodyCut?: boolean
  /** Media types that the answer may have; any when absent. */
  readonly mediaTypes?: readonly string[]
  /** How many redirects are followed, each checked as the first address was. None when absent. */
  readonly redirectsMax?: number
}

/** Why there is no answer. The set is closed: callers decide by it whether to try again. */
export type OutsideFault =
  /** The address, or one it led to, may not be asked. */
  | { readonly kind: 'refused_address'; readonly reason: string }
  | { readonly kind: 'redirect' }
  | { readonly kind: 'too_slow' }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'media_type' }
  /** No connection, or one that broke. */
  | { readonly kind: 'unreachable' }

export type OutsideOutcome =
  | { readonly ok: true; readonly status: number; readonly headers: Headers; readonly body: Uint8Array }
  | { readonly ok: false; readonly fault: OutsideFault }

/**
 * The only way by which an address out of a tenant's settings is asked. The address is checked before every request and
 * redirect; no redirect is followed unless the caller says so; time and bytes are bounded. What it cannot do on Workers: see
 * to which address a name leads. There the platform's own rule holds, that fetch only reaches the public Internet (the flag
 * global_fetch_strictly_public), and on one's own machine workerd's `allow = ["public"]` for outbound connections.
 */
export async function guardedFetch(request: OutsideRequest, ports: OutsidePorts): Promise<OutsideOutcome> {
  const { signal, stop } = ports.timer?.(request.msMax) ?? { signal: ports.timeout(request.msMax), stop: () => {} }
  try {
    return await follow(request, ports, signal)
  } catch {
    // Causes of a failed connection would tell a tenant what stands behind a name, so only its kind is kept.
    return failed(signal.aborted ? { kind: 'too_slow' } : { kind: 'unreachable' })
  } finally {
    stop()
  }
}

const failed = (fault: OutsideFault): OutsideOutcome => ({ ok: false, fault })

async function follow(request: OutsideRequest, ports: OutsidePorts, signal: AbortSignal): Promise<OutsideOutcome> {
  const redirectsMax = request.redirectsMax ?? 0
  let address = request.url
  for (let redirects = 0; redirects <= redirectsMax; redirects++) {
    const reason = await addressFault(address, request.rules, ports, signal)
    if (reason !== undefined) return failed({ kind: 'refused_address', reason })
    const response = await unlessAborted(ports.fetch(toRequest(address, request, signal)), signal)
    if (!isRedirect(response)) return readAnswer(response, request, signal)
    await response.body?.cancel()
    const location = response.headers.get('location') ?? ''
    if (!URL.canParse(location, address)) return failed({ kind: 'redirect' })
    address = new URL(location, address).href
  }
  return failed({ kind: 'redirect' })
}

async function addressFault(
  address: string,
  rules: OutsideRules,
  { resolve }: OutsidePorts,
  signal: AbortSignal,
): Promise<string | undefined> {
  const checked = checkOutsideAddress(address, rules)
  if (!checked.ok) return checked.reason
  const { hostname, protocol } = checked.url
  if (resolve === undefined || protocol === 'http:' || /^\[|^[\d.]+$/.test(hostname)) return undefined
  const addresses = await unlessAborted(resolve(hostname), signal)
  if (addresses.length === 0) return 'its host has no address'
  return addresses.every(isPublicAddress) ? undefined : 'its host leads to an address that is not public'
}

const toRequest = (address: string, { method = 'GET', headers, body }: OutsideRequest, signal: AbortSignal): Request =>
  new Request(address, { method, headers: { ...headers }, redirect: 'manual', signal, ...(body && { body }) })

const isRedirect = ({ status }: Response): boolean => [301, 302, 303, 307, 308].includes(status)

async function readAnswer(
  response: Response,
  { bytesMax, mediaTypes, isBodyCut = false }: OutsideRequest,
  signal: AbortSignal,
): Promise<OutsideOutcome> {
  const mediaType = (response.headers.get('content-type') ?? '').split(';')[0].trim().toLowerCase()
  if (response.ok && mediaTypes !== undefined && !mediaTypes.includes(mediaType)) {
    await response.body?.cancel()
    return failed({ kind: 'media_type' })
  }
  const body = await readAtMost(response, bytesMax, signal)
  if (body.length > bytesMax && !isBodyCut) return failed({ kind: 'too_large' })
  return { ok: true, status: response.status, headers: response.headers, body: body.subarray(0, bytesMax) }
}

/** The body, up to the chunk with which it has more bytes than that; the rest is not read. */
async function readAtMost({ body }: Response, bytesMax: number, signal: AbortSignal): Promise<Uint8Array> {
  if (body === null) return new Uint8Array()
  const reader = body.getReader()
  const chunks: Uint8Array[] = []
  try {
    for (let bytes = 0; bytes <= bytesMax; ) {
      const { done, value } = await unlessAborted(reader.read(), signal)
      if (done) break
      chunks.push(value)
      bytes += value.length
    }
    return Buffer.concat(chunks)
  } finally {
    // After the end this does nothing; before it, the sender is told that nobody listens.
    reader.cancel().catch(() => {})
  }
}

/** What the work answers, or an error as soon as the signal aborts: not every stream listens to the signal itself. */
function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error('there was no answer in time'))
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
