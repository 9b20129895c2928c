/**
 * Protobuf as protobuf.dev describes it, written without a look at the product's reader: what the tests send comes from here.
 */
export type Encoded = Uint8Array

export const message = (...fields: readonly Encoded[]): Encoded => Buffer.concat(fields)

export function varint(value: bigint): Encoded {
  const bytes: number[] = []
  for (let rest = BigInt.asUintN(64, value); ; rest >>= 7n) {
    const low = Number(rest & 0x7fn)
    if (rest < 128n) return Uint8Array.from([...bytes, low])
    bytes.push(low | 0x80)
  }
}

const tag = (field: number, wire: number): Encoded => varint(BigInt(field * 8 + wire))

export const varintField = (field: number, value: bigint | number): Encoded =>
  message(tag(field, 0), varint(BigInt(value)))

export const bytesField = (field: number, bytes: Uint8Array): Encoded =>
  message(tag(field, 2), varint(BigInt(bytes.length)), bytes)

export const textField = (field: number, text: string): Encoded => bytesField(field, Buffer.from(text))

export function fixed64Field(field: number, value: bigint): Encoded {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return message(tag(field, 1), bytes)
}

export function doubleField(field: number, value: number): Encoded {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return message(tag(field, 1), bytes)
}

export function fixed32Field(field: number, value: number): Encoded {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return message(tag(field, 5), bytes)
}
