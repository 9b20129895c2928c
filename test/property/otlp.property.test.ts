import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BodyFailure, BodyTooLarge } from '../../src/formats/format'
import { OTLP } from '../../src/formats/otlp/otlp'
import { expectedDocuments, inOrder, otlpRequest, requestBytes, requestJson } from '../support/otlp-requests'
import { documentsOf, RECEIVED_MS } from '../support/read-back'
import { readBody, transcribed } from '../support/read-format-body'

const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'

describe('OTLP', () => {
  it('becomes the same documents out of protobuf and out of JSON, with nothing lost', () => {
    fc.assert(
      fc.property(otlpRequest, (request) => {
        const expected = expectedDocuments(request).map(inOrder)
        expect(transcribed(OTLP, requestBytes(request), PROTOBUF).map(inOrder)).toEqual(expected)
        expect(transcribed(OTLP, Buffer.from(requestJson(request)), JSON_TYPE).map(inOrder)).toEqual(expected)
      }),
      { numRuns: 400 },
    )
  })

  it('gives back what it took, or says of each record why not', () => {
    fc.assert(
      fc.property(otlpRequest, (request) => {
        const batch = readBody(OTLP, requestBytes(request), PROTOBUF)
        const expected = expectedDocuments(request)
        expect(batch.received).toBe(expected.length)
        const refused = new Set(batch.rejected.map(({ index }) => index))
        const kept = expected.filter((_, index) => !refused.has(index))
        expect(documentsOf(batch).map(inOrder)).toEqual(kept.map(inOrder))
        for (const { code } of batch.rejected) expect(code).toBe('timestamp_too_new')
      }),
      { numRuns: 150 },
    )
  })

  it('takes any damage for what it is: a refused body, and never an error of ours', () => {
    const damage = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }), cut: fc.nat(), insert: fc.boolean() })
    fc.assert(
      fc.property(
        otlpRequest,
        fc.array(damage, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        (request, damages, isJson) => {
          let body: Uint8Array = isJson ? Buffer.from(requestJson(request)) : requestBytes(request)
          for (const { at, byte, cut, insert } of damages) body = damaged(body, { at, byte, cut, insert })
          try {
            const batch = readBody(OTLP, body, isJson ? JSON_TYPE : PROTOBUF, RECEIVED_MS)
            expect(batch.summaries.reduce((sum, { rows }) => sum + rows, 0) + batch.rejected.length).toBe(
              batch.received,
            )
          } catch (error) {
            if (!(error instanceof BodyFailure || error instanceof BodyTooLarge)) throw error
          }
        },
      ),
      { numRuns: 700 },
    )
  })
})

interface Damage {
  readonly at: number
  readonly byte: number
  readonly cut: number
  readonly insert: boolean
}

function damaged(body: Uint8Array, { at, byte, cut, insert }: Damage): Uint8Array {
  const place = at % (body.length + 1)
  if (cut % 5 === 0) return body.subarray(0, place)
  return Buffer.concat([body.subarray(0, place), Uint8Array.from([byte]), body.subarray(insert ? place : place + 1)])
}
