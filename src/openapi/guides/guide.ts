/** Where logs are to be sent, and with which key. */
export interface Place {
  /** Scheme, host and port, without a slash at the end. */
  readonly url: string
  readonly key: string
}

/** How to set up one shipper: what a person copies into its configuration. */
export interface Guide {
  /** Of its page, docs/shippers/NAME.md, where what maps to what, its retries and its traps are told. */
  readonly page: string
  /** The shipper, as its makers call it; more than one may share a page. */
  readonly title: string
  /** Where the configuration goes: a file, a shell, a form. */
  readonly where: string
  readonly configuration: (place: Place) => string
}

/** Host and port apart, for configurations that want them so. */
export function partsOf(url: string): { readonly host: string; readonly port: string; readonly tls: boolean } {
  const { hostname, port, protocol } = new URL(url)
  const tls = protocol === 'https:'
  return { host: hostname, port: port || (tls ? '443' : '80'), tls }
}

/** An address that names its port also where it is the scheme's own: Elastic's programs take 9200 for one that is not named. */
export function withPort(url: string): string {
  const { host, port, tls } = partsOf(url)
  return `${tls ? 'https' : 'http'}://${host}:${port}`
}

/** An address with the key in it as the user, for senders that take nothing but an address. */
export const withUser = ({ url, key }: Place, path: string): string => `${url.replace('://', `://${key}@`)}${path}`
