import path from 'node:path'
import { expect, it } from 'vitest'
import {
  createCommands,
  deployedConfig,
  parseBuckets,
  parseDatabases,
  parseDeployedUrl,
  parseNamespaces,
  parseOperatorKeys,
  parseSecretNames,
} from '../../scripts/deploy/plan'
import { readWranglerConfig, readWranglerToml } from '../../scripts/serve/wrangler-config'

// The outputs have the shape of what wrangler 4.156 prints.
const D1_LIST = `[
  {"uuid":"11111111-aaaa-4000-8000-000000000001","name":"sluice-control","created_at":"2026-11-01T10:00:00.000Z","version":"production","num_tables":9,"file_size":90112},
  {"uuid":"22222222-aaaa-4000-8000-000000000002","name":"sluice-payload","created_at":"2026-11-01T10:00:01.000Z","version":"production","num_tables":1,"file_size":8192}
]`
const KV_LIST = `[{"id":"0123456789abcdef0123456789abcdef","title":"sluice-CACHE","supports_url_encoding":true}]`
const R2_LIST = `Listing buckets...
name:           other
creation_date:  2026-01-01T00:00:00.000Z

name:           sluice-archive
creation_date:  2026-11-01T10:00:02.000Z
`

const config = readWranglerConfig('wrangler.toml')
const nothing = { databases: [], namespaces: [], buckets: [] }
const everything = {
  databases: parseDatabases(D1_LIST),
  namespaces: parseNamespaces(KV_LIST),
  buckets: parseBuckets(R2_LIST),
}

it('creates all of it in a new account', () => {
  expect(createCommands(config, nothing)).toEqual([
    ['d1', 'create', 'sluice-control'],
    ['d1', 'create', 'sluice-payload'],
    ['kv', 'namespace', 'create', 'sluice-CACHE'],
    ['r2', 'bucket', 'create', 'sluice-archive'],
  ])
})

it('creates only what an interrupted deployment left out', () => {
  const half = { ...everything, databases: everything.databases.slice(0, 1), buckets: ['other'] }
  expect(createCommands(config, half)).toEqual([
    ['d1', 'create', 'sluice-payload'],
    ['r2', 'bucket', 'create', 'sluice-archive'],
  ])
})

it('creates nothing when all is there', () => {
  expect(createCommands(config, everything)).toEqual([])
})

it('goes on without R2 where the account has none', () => {
  const withoutR2 = { ...everything, buckets: undefined }
  expect(createCommands(config, withoutR2)).toEqual([])
  expect(deployedConfig(readWranglerToml('wrangler.toml'), config, withoutR2, '/repository').r2_buckets).toEqual([])
})

it('writes the ids of the account, absolute paths, and all else as wrangler.toml has it', () => {
  const toml = readWranglerToml('wrangler.toml')
  expect(deployedConfig(toml, config, everything, '/repository')).toEqual({
    ...toml,
    main: path.join('/repository', config.main),
    d1_databases: [
      expect.objectContaining({ binding: 'CONTROL', database_id: '11111111-aaaa-4000-8000-000000000001' }),
      expect.objectContaining({ binding: 'PAYLOAD', database_id: '22222222-aaaa-4000-8000-000000000002' }),
    ],
    kv_namespaces: [{ binding: 'CACHE', id: '0123456789abcdef0123456789abcdef' }],
    r2_buckets: [{ binding: 'ARCHIVE', bucket_name: 'sluice-archive' }],
  })
})

it('refuses to deploy with an id that it does not know', () => {
  expect(() => deployedConfig({}, config, nothing, '/repository')).toThrow(
    'sluice-control was created but is not listed yet',
  )
})

it('reads how many operator keys there are, and the address', () => {
  expect(parseOperatorKeys('[{"results":[{"operator_keys":2}],"success":true,"meta":{"duration":0.2}}]')).toBe(2)
  expect(parseDeployedUrl('Deployed sluice triggers (1.2 sec)\n  https://sluice.someone.workers.dev\n')).toBe(
    'https://sluice.someone.workers.dev',
  )
})

it('sees which secrets the Worker has', () => {
  expect(
    parseSecretNames('[{"name":"JWT_SECRET","type":"secret_text"},{"name":"SECRETS_KEY","type":"secret_text"}]'),
  ).toEqual(['JWT_SECRET', 'SECRETS_KEY'])
  expect(parseSecretNames('[]\n')).toEqual([])
})
