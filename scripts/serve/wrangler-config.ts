import { readFileSync } from 'node:fs'
import { parse } from 'smol-toml'
import * as z from 'zod'

const Variable = z.union([z.string(), z.number(), z.boolean()])

/** The part of wrangler.toml that says what the Worker is bound to. */
export const WranglerConfig = z.object({
  name: z.string(),
  main: z.string(),
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()).default([]),
  durable_objects: z
    .object({ bindings: z.array(z.object({ name: z.string(), class_name: z.string() })) })
    .default({ bindings: [] }),
  d1_databases: z
    .array(
      z.object({
        binding: z.string(),
        database_name: z.string(),
        database_id: z.string(),
        migrations_dir: z.string().default('migrations'),
      }),
    )
    .default([]),
  kv_namespaces: z.array(z.object({ binding: z.string(), id: z.string() })).default([]),
  r2_buckets: z.array(z.object({ binding: z.string(), bucket_name: z.string() })).default([]),
  ratelimits: z
    .array(
      z.object({
        name: z.string(),
        namespace_id: z.string(),
        simple: z.object({ limit: z.number(), period: z.union([z.literal(10), z.literal(60)]) }),
      }),
    )
    .default([]),
  assets: z.object({ binding: z.string(), directory: z.string() }),
  triggers: z.object({ crons: z.array(z.string()).default([]) }).default({ crons: [] }),
  vars: z.record(z.string(), Variable).default({}),
})
export type WranglerConfig = z.infer<typeof WranglerConfig>

/** Everything in the file, for whoever writes it out again. */
export const readWranglerToml = (file: string) => parse(readFileSync(file, 'utf8'))

export const readWranglerConfig = (file: string): WranglerConfig => WranglerConfig.parse(readWranglerToml(file))
