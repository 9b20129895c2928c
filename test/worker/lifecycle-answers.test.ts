import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { JOURNAL_BYTES_MAX } from '../../src/limits/limits'
import { decodeHeader } from '../../src/segments/decode-segment'
import { tenantStub } from '../../src/tenant-stub'
import { demo } from '../support/demo'

const MINUTE_MS = 60_000

const { ask, tenantId } = await demo()
const stub = tenantStub(env, tenantId)
let aheadMs = 0

const send = (messages: readonly string[]) =>
  ask('ingest', '/logs', {
    method: 'POST',
    body: messages.map((message) => JSON.stringify({ message, note: `about ${message}` })).join('\n'),
  })

interface Answer {
  data: { body: { message: string } }[]
  meta: { partial: boolean; partial_reason: string | null }
}

async function search(query: string): Promise<{ messages: string[]; reason: string | null }> {
  const response = await ask('query', `/logs?order=asc&q=${encodeURIComponent(query)}`)
  expect(response.status).toBe(200)
  const { data, meta } = await response.json<Answer>()
  expect(meta.partial).toBe(meta.partial_reason !== null)
  return { messages: data.map(({ body }) => body.message), reason: meta.partial_reason }
}

/** Makes and publishes segments of everything, and leaves nothing of them in KV. Answers the newest segment. */
async function seal(): Promise<{ id: string; header: string }> {
  aheadMs += 11 * MINUTE_MS
  await runInDurableObject(stub, (instance) => {
    instance.clock = () => Date.now() + aheadMs
  })
  await stub.wake()
  for (const { name } of (await env.CACHE.list()).keys) await env.CACHE.delete(name)
  const newest = env.CONTROL.prepare('SELECT id, header FROM segment ORDER BY added DESC LIMIT 1')
  return (await newest.first<{ id: string; header: string }>()) ?? expect.fail('nothing was published')
}

/** Changes a byte in the cells of a column. */
async function damage({ id, header: text }: { id: string; header: string }, name: string): Promise<void> {
  const { header, sectionsAt } = decodeHeader(new Uint8Array(Buffer.from(text, 'base64')))
  const column = header.columns.find((one) => one.name === name) ?? expect.fail(`there is no column ${name}`)
  const { as } = column
  const section =
    as.form === 'dictionary' ? as.values : as.form === 'text' ? as.text : expect.fail(`${name} is ${as.form}`)
  const row = await env.PAYLOAD.prepare('SELECT data FROM payload_part WHERE segment_id = ?')
    .bind(id)
    .first<string>('data')
  const bytes = Buffer.from(row ?? '', 'base64')
  bytes[sectionsAt + header.sections[section][0]] ^= 0xff
  await env.PAYLOAD.prepare('UPDATE payload_part SET data = ? WHERE segment_id = ?')
    .bind(bytes.toString('base64'), id)
    .run()
}

describe('an answer', () => {
  it('is the same after everything was sealed and published', async () => {
    expect((await send(['first one', 'first two'])).status).toBe(202)
    const before = await search('first')
    await seal()
    expect(await search('first')).toEqual(before)
    expect(before).toEqual({ messages: ['first one', 'first two'], reason: null })
  })

  it('says that it is partial when a column that the query reads is damaged, and has the rest', async () => {
    await send(['second one', 'second two'])
    await damage(await seal(), 'message')
    expect(await search('second or first')).toEqual({
      messages: ['first one', 'first two'],
      reason: 'segment_unavailable',
    })
  })

  it('says that it is partial when a record that was found cannot be read', async () => {
    await send(['third one', 'third two'])
    await damage(await seal(), 'note')
    expect(await search('message:third')).toEqual({ messages: [], reason: 'segment_unavailable' })
  })

  it('says that it is partial when the bytes of a segment are gone', async () => {
    await send(['fourth one'])
    const { id } = await seal()
    await env.PAYLOAD.prepare('DELETE FROM payload_part WHERE segment_id = ?').bind(id).run()
    expect(await search('fourth')).toEqual({ messages: [], reason: 'segment_unavailable' })
  })
})

it('answers 503 with Retry-After once the journal is full, and finds what it took before', async () => {
  await send(['fifth one'])
  const setJournalBytes = (bytes: number) =>
    runInDurableObject(stub, (_, { storage }) =>
      storage.sql.exec("UPDATE state SET json = json_set(json, '$.journalBytes', ?)", bytes),
    )
  await setJournalBytes(JOURNAL_BYTES_MAX)
  await evictDurableObject(stub)
  const refused = await send(['sixth one'])
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
  expect((await search('fifth or sixth')).messages).toEqual(['fifth one'])
})
