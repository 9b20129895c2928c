import type { PackPorts } from '../../segments/archive'
import { tenantPrefix } from './keys'

/** Archive objects in a bucket. */
export const archiveObjects = (bucket: R2Bucket): Omit<PackPorts, 'readSegments' | 'readHeaders'> => ({
  hasObject: async (key) => (await bucket.head(key)) !== null,
  createObject: (key, length, chunks) => createObject(bucket, key, length, chunks),
  readObject: (key, from, to) => readObject(bucket, key, from, to),
  deleteObject: (key) => bucket.delete(key),
})

/** Streams the chunks into a new object: a whole one would not fit an isolate's memory beside other work. */
async function createObject(
  bucket: R2Bucket,
  key: string,
  length: number,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  const { readable, writable } = new FixedLengthStream(length)
  const stored = bucket.put(key, readable, { onlyIf: new Headers({ 'if-none-match': '*' }) })
  const written = write(writable, chunks)
  const outcomes = await Promise.allSettled([written, stored])
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}

async function write(writable: WritableStream, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const writer = writable.getWriter()
  try {
    for await (const chunk of chunks) await writer.write(chunk)
    await writer.close()
  } catch (error) {
    await writer.abort(error).catch(() => undefined)
    throw error
  }
}

/** A range of an object, to its end when `to` is undefined. Undefined when there is no such object. */
export async function readObject(
  bucket: R2Bucket,
  key: string,
  from: number,
  to: number | undefined,
): Promise<Uint8Array | undefined> {
  const object = await bucket.get(key, {
    range: to === undefined ? { offset: from } : { offset: from, length: to - from },
  })
  return object === null ? undefined : new Uint8Array(await object.arrayBuffer())
}

/** How many objects of a tenant there are, and their bytes. */
export async function countObjects(
  bucket: R2Bucket,
  tenantId: string,
): Promise<{ readonly objects: number; readonly bytes: number }> {
  let objects = 0
  let bytes = 0
  let cursor: string | undefined
  do {
    const page = await bucket.list({ prefix: tenantPrefix(tenantId), ...(cursor !== undefined && { cursor }) })
    objects += page.objects.length
    bytes += page.objects.reduce((sum, { size }) => sum + size, 0)
    cursor = page.truncated ? page.cursor : undefined
  } while (cursor !== undefined)
  return { objects, bytes }
}

/** Deletes some of a tenant's objects; answers whether there may be more. */
export async function deleteSomeObjects(bucket: R2Bucket, tenantId: string, limit: number): Promise<boolean> {
  const { objects } = await bucket.list({ prefix: tenantPrefix(tenantId), limit })
  if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key))
  return objects.length > 0
}
