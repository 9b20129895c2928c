import type { Operation } from './operation'

/** The variable that holds a key with the scope, in the examples. */
const KEYS: Readonly<Record<Operation['scope'], string>> = {
  public: '',
  'logs:write': '$INGEST_KEY',
  'logs:read': '$QUERY_KEY',
  tail: '$QUERY_KEY',
  'integrations:read': '$QUERY_KEY',
  'integrations:write': '$ADMIN_KEY',
  'admin:read': '$ADMIN_KEY',
  'admin:keys': '$ADMIN_KEY',
  'admin:members': '$ADMIN_KEY',
  'admin:domains': '$ADMIN_KEY',
  'admin:settings': '$ADMIN_KEY',
  'admin:audit': '$ADMIN_KEY',
  'admin:tenant': '$ADMIN_KEY',
  operator: '$OPERATOR_KEY',
}

/** An operation's example as a command that works on the demo tenant, once the keys are in the environment. */
export function curlLine({ method, path, scope, example }: Operation): string {
  const filled = path.replace(/:(\w+)/g, (_whole, name: string) => example.path?.[name] ?? '')
  const query = new URLSearchParams({ ...example.query })
  const address = query.size === 0 ? filled : `${filled}?${query}`
  const hasBody = example.body !== undefined || example.text !== undefined
  const headers = Object.entries({ ...example.headers }).map(([name, value]) => `-H '${name}: ${value}'`)
  return [
    `curl -s "$SLUICE${address}"`,
    ...(scope === 'public' ? [] : [`-H "Authorization: Bearer ${KEYS[example.by ?? scope]}"`]),
    ...headers,
    ...(example.body === undefined ? [] : [`-d '${JSON.stringify(example.body)}'`]),
    ...(example.text === undefined ? [] : [`--data-binary ${quoted(example.text)}`]),
    // curl takes a body for a POST, and no body for a GET.
    ...(method === (hasBody ? 'POST' : 'GET') ? [] : [`-X ${method}`]),
  ].join(' ')
}

/** A text with line ends is for shells that know `$'…'`. */
const quoted = (text: string): string =>
  text.includes('\n')
    ? `$'${text.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n')}'`
    : `'${text.replaceAll("'", "'\\''")}'`
