/** Where batches go. */
export interface Destination {
  readonly url: string
  readonly key: string
}

/** What became of a batch: taken; refused for good, which no second try mends; or to be tried again, after a while if that is known. */
export type PostOutcome =
  | { readonly kind: 'taken'; readonly rejected: number }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'again'; readonly reason: string; readonly afterMs: number | undefined }

const POST_TIMEOUT_MS = 30_000

/** Statuses that say something of these messages; every other failure is of the service or of the key, and passes. */
const FOR_GOOD: ReadonlySet<number> = new Set([400, 413, 415, 422])

/** Posts messages, each with its length before it. The name makes a batch that is sent again be stored once. */
export async function postBatch(
  { url, key }: Destination,
  messages: readonly Buffer[],
  batchId: string,
): Promise<PostOutcome> {
  const body = Buffer.concat(messages.flatMap(framed))
  try {
    const response = await fetch(new URL('/ingest/syslog', url), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/syslog',
        'idempotency-key': batchId,
      },
      body,
      signal: AbortSignal.timeout(POST_TIMEOUT_MS),
    })
    return outcomeOf(response.status, await response.text(), response.headers.get('retry-after'))
  } catch (error) {
    return { kind: 'again', reason: error instanceof Error ? error.message : 'unknown', afterMs: undefined }
  }
}

/** What has no priority gets the one that a relay gives it (RFC 3164, 4.3.3): then its length is seen to be one. */
function framed(message: Buffer): readonly Buffer[] {
  const isPrioritised = /^<\d/.test(message.toString('latin1', 0, 2))
  const whole = isPrioritised ? message : Buffer.concat([USER_NOTICE, message])
  return [Buffer.from(`${whole.length} `), whole]
}

const USER_NOTICE = Buffer.from('<13>')

function outcomeOf(status: number, text: string, retryAfter: string | null): PostOutcome {
  if (status === 202) return { kind: 'taken', rejected: rejectedIn(text) }
  const reason = `${status} ${text.slice(0, 200).trim()}`
  if (FOR_GOOD.has(status)) return { kind: 'refused', reason }
  const seconds = Number(retryAfter ?? Number.NaN)
  return { kind: 'again', reason, afterMs: Number.isFinite(seconds) ? seconds * 1000 : undefined }
}

function rejectedIn(receipt: string): number {
  const { rejected }: { readonly rejected?: unknown } = JSON.parse(receipt)
  return typeof rejected === 'number' ? rejected : 0
}
