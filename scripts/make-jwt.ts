import { parseArgs } from 'node:util'
import { platformToken } from './make-jwt/platform-token.ts'

// JWT_SECRET=… node scripts/run.mjs scripts/make-jwt.ts --role admin --tenant ten_… --subject grace --hours 8
const text = { type: 'string' } as const
const { values } = parseArgs({
  options: { role: text, tenant: text, subject: text, scope: text, filter: text, hours: { ...text, default: '1' } },
})
const { JWT_SECRET = '', JWT_ISSUER = 'sluice', JWT_AUDIENCE = 'sluice' } = process.env

try {
  const wishes = {
    ...{ secret: JWT_SECRET, issuer: JWT_ISSUER, audience: JWT_AUDIENCE },
    ...{ role: values.role ?? 'viewer', subject: values.subject ?? 'operator', hours: Number(values.hours) },
    ...{ tenant: values.tenant, scope: values.scope, filter: values.filter },
  }
  process.stdout.write(`${await platformToken(wishes, Date.now())}\n`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : 'The token could not be made.'}\n`)
  process.exitCode = 1
}
