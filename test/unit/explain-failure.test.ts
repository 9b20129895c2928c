import { expect, it } from 'vitest'
import { explainFailure } from '../../scripts/serve/explain-failure'

const attempt = { directory: '/data', host: '127.0.0.1', port: 8787 }

it.each([
  ['Address already in use (127.0.0.1:8787). Please check', 'Port 8787 on 127.0.0.1 is taken'],
  ['workerd/server.c++: bind(): Cannot assign requested address', 'This machine has no address 127.0.0.1'],
  ['D1_ERROR: database disk image is malformed: SQLITE_CORRUPT', 'The data in /data is damaged'],
  ['D1_ERROR: file is not a database: SQLITE_NOTADB', 'The data in /data is damaged'],
  ["EACCES: permission denied, mkdir '/data/d1'", 'The data directory /data cannot be written'],
])('turns "%s" into a sentence that helps', (message, sentence) => {
  expect(explainFailure(new Error(message), attempt)).toMatchObject({ message: expect.stringContaining(sentence) })
})

it('leaves alone what it does not know', () => {
  const error = new Error('something else')
  expect(explainFailure(error, attempt)).toBe(error)
})
