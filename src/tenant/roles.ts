/**
 * Everything a principal can be allowed to do. `operator` is the platform's, and goes with no tenant; the others are of
 * one tenant.
 */
export const SCOPES = [
  'logs:write',
  'logs:read',
  'tail',
  'integrations:read',
  'integrations:write',
  'admin:read',
  'admin:keys',
  'admin:members',
  'admin:domains',
  'admin:settings',
  'admin:audit',
  'admin:tenant',
  'operator',
] as const

export type Scope = (typeof SCOPES)[number]

/** Who a principal is, from the most to the least allowed. */
export const ROLES = ['operator', 'owner', 'admin', 'editor', 'viewer', 'ingest'] as const

export type Role = (typeof ROLES)[number]

const OF_EDITORS = [
  'logs:write',
  'logs:read',
  'tail',
  'integrations:read',
  'integrations:write',
] as const satisfies readonly Scope[]

const OF_ADMINS = [
  ...OF_EDITORS,
  'admin:read',
  'admin:keys',
  'admin:members',
  'admin:domains',
  'admin:settings',
  'admin:audit',
] as const satisfies readonly Scope[]

/** The most that each role may do. What a credential says beside it can only make it less. */
export const ROLE_SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  operator: ['operator'],
  owner: [...OF_ADMINS, 'admin:tenant'],
  admin: OF_ADMINS,
  editor: OF_EDITORS,
  viewer: ['logs:read', 'tail', 'integrations:read'],
  ingest: ['logs:write'],
}

/**
 * The scopes that a role has of those that a credential names. The word `admin` means all of `admin:…` and of
 * `integrations:…`, so that keys from before there were integrations administer them too; names that are not known mean nothing.
 */
export function scopesOf(role: Role, names: readonly string[]): ReadonlySet<Scope> {
  const isNamed = (scope: Scope): boolean =>
    names.includes(scope) || (/^(admin|integrations):/.test(scope) && names.includes('admin'))
  return new Set(ROLE_SCOPES[role].filter(isNamed))
}

/** Whether a text from outside is the name of a role. */
export const isRole = (text: string): text is Role => ROLES.some((role) => role === text)

/** The role of keys that were made before keys had one of their own, by their kind; the least for a kind that is unknown. */
export function roleOfKind(kind: string): Role {
  switch (kind) {
    case 'op':
      return 'operator'
    case 'adm':
      return 'admin'
    case 'rd':
      return 'viewer'
    default:
      return 'ingest'
  }
}
