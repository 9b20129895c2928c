import { computed, signal } from '@preact/signals'

/** Where the page is, below /app. */
export interface Place {
  readonly path: string
  readonly parameters: URLSearchParams
}

const BASE = '/app'

const read = (): Place => ({
  path: location.pathname.slice(BASE.length) || '/',
  parameters: new URLSearchParams(location.search),
})

export const place = signal<Place>(read())

addEventListener('popstate', () => {
  place.value = read()
})

/** The tenant and screen of /t/:tenant/:screen/…; undefined where the address names none. */
export const named = computed(() => {
  const [, mark, tenant, screen, ...rest] = place.value.path.split('/')
  if (mark !== 't') return undefined
  return { tenant: decodeURIComponent(tenant ?? ''), screen: screen ?? 'explore', rest: rest.map(decodeURIComponent) }
})

/** Goes to a path below /app. `replace` leaves no step to go back to. */
export function go(path: string, { replace = false }: { readonly replace?: boolean } = {}): void {
  const url = `${BASE}${path}`
  if (url === `${location.pathname}${location.search}`) return
  if (replace) history.replaceState(null, '', url)
  else history.pushState(null, '', url)
  place.value = read()
}

/** The address of one of a tenant's screens. */
export const screenPath = (tenant: string, screen: string, parameters?: URLSearchParams): string => {
  const query = parameters?.toString() ?? ''
  return `/t/${encodeURIComponent(tenant)}/${screen}${query === '' ? '' : `?${query}`}`
}

/** Follows links of our own without loading the page again. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (link === null || link.target !== '' || link.hasAttribute('download') || link.origin !== location.origin) return
  if (!link.pathname.startsWith(`${BASE}/`)) return
  event.preventDefault()
  go(`${link.pathname.slice(BASE.length)}${link.search}`)
}
