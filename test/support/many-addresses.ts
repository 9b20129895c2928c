/** A way to ask the Worker, as `demo` has it. */
type Ask<Who> = (who: Who, path: string, init?: RequestInit) => Promise<Response>

/** The same, with another network address for each request: the limits per address are for other tests. */
export function fromManyAddresses<Who>(ask: Ask<Who>): Ask<Who> {
  let requests = 0
  return (who, path, init = {}) => {
    requests++
    const headers = new Headers(init.headers)
    headers.set('cf-connecting-ip', `10.0.${requests >> 8}.${requests & 255}`)
    return ask(who, path, { ...init, headers })
  }
}
