/** What no host name has in any spelling; left in, it would end the host of a URL or vanish from it. */
const NEVER_IN_A_HOST = /[\s\p{Cc}/?#@\\%<>^|]/u

/**
 * A host as requests name it, in the one spelling that is stored and compared: A-labels by UTS 46 in lower case, addresses
 * as WHATWG's URL writes them, without port and without one final dot. Undefined for what is no host.
 */
export function toHostName(text: string): string | undefined {
  const host = text.replace(/:\d*$/, '')
  if (NEVER_IN_A_HOST.test(host) || (host.includes(':') && !host.startsWith('['))) return undefined
  const hostname = URL.parse(`http://${host}/`)?.hostname
  const name = hostname?.replace(/\.$/, '')
  return name === '' ? undefined : name
}
