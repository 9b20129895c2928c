const PERSONAL_KINDS = ['email', 'ip', 'phone'] as const

const SECRET_KINDS = [
  'private_key',
  'jwt',
  'bearer',
  'basic',
  'cookie',
  'url_password',
  'card',
  'aws_key',
  'google_key',
  'azure_key',
  'github_token',
  'gitlab_token',
  'slack_token',
  'stripe_key',
  'openai_key',
  'anthropic_key',
  'sendgrid_key',
  'twilio_key',
  'npm_token',
  'pypi_token',
  'shopify_token',
  'square_token',
  'mailgun_key',
  'telegram_token',
  'discord_token',
  'digitalocean_token',
  'databricks_token',
  'cloudflare_key',
  'heroku_key',
  'vault_token',
  'age_key',
  'sluice_key',
  'api_key',
  'secret',
] as const

/** What a redacted value was. `secret` is a value that only its name gave away, `api_key` one of a smaller vendor. */
export type RedactionKind = (typeof SECRET_KINDS)[number] | (typeof PERSONAL_KINDS)[number]

/** Everything that grants access or pays. Personal data is found in ordinary logs too often to hide it unasked. */
export const DEFAULT_KINDS: ReadonlySet<RedactionKind> = new Set(SECRET_KINDS)

/** Every kind there is. */
export const ALL_KINDS: ReadonlySet<RedactionKind> = new Set([...SECRET_KINDS, ...PERSONAL_KINDS])
