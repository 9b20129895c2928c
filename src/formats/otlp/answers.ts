/** What was not stored of a request. */
export interface PartialSuccess {
  readonly rejected: number
  readonly message: string
}

/** ExportLogsServiceResponse: nothing when everything was stored (opentelemetry-proto, docs/specification.md, "Partial Success"). */
export function otlpResponse(partial: PartialSuccess | undefined, isJson: boolean): Uint8Array {
  if (partial === undefined) return isJson ? encoder.encode('{}') : new Uint8Array(0)
  const { rejected, message } = partial
  if (isJson)
    return encoder.encode(
      JSON.stringify({ partialSuccess: { rejectedLogRecords: String(rejected), errorMessage: message } }),
    )
  return bytesField(1, Buffer.concat([varintField(1, rejected), bytesField(2, encoder.encode(message))]))
}

/** google.rpc.Status: what was refused, in the encoding of the request. */
export function otlpStatus(code: number, message: string, isJson: boolean): Uint8Array {
  if (isJson) return encoder.encode(JSON.stringify({ code, message }))
  return Buffer.concat([varintField(1, code), bytesField(2, encoder.encode(message))])
}

const encoder = new TextEncoder()

const varintField = (field: number, value: number): Uint8Array => Uint8Array.from([field << 3, ...varint(value)])

const bytesField = (field: number, bytes: Uint8Array): Uint8Array =>
  Buffer.concat([Uint8Array.from([(field << 3) | 2, ...varint(bytes.length)]), bytes])

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varint(Math.floor(value / 0x80))]
}
