const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A text out of a body, or undefined where its bytes are no UTF-8. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

const windows1252 = new TextDecoder('windows-1252')

/**
 * A text of a sender that cannot say how it writes. What is no UTF-8 is taken for Windows-1252, in which every byte is a
 * character: a switch that writes umlauts as it did in 1998 is heard all the same.
 */
export const decodeAnyText = (bytes: Uint8Array): string => decodeText(bytes) ?? windows1252.decode(bytes)
