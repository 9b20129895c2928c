import { describe, expect, it } from 'vitest'
import { mintKey } from '../../src/http/api-key'
import { basicCredential, headerCredential, queryCredential, schemeCredential } from '../../src/http/dialect'
import { CREDENTIAL_CHARACTERS_MAX } from '../../src/limits/limits'

const asked = (headers: Record<string, string>, query = '') => new Request(`http://localhost/${query}`, { headers })
const basic = (text: string) => asked({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
const KEY = mintKey('ing', new Uint8Array(32).fill(7))

describe('the credential of a protocol', () => {
  it('stands behind its own scheme, in any case, and behind no other', () => {
    expect(schemeCredential(asked({ authorization: 'Splunk  abc ' }), 'splunk')).toBe('abc')
    expect(schemeCredential(asked({ authorization: 'apikey abc' }), 'ApiKey')).toBe('abc')
    for (const other of ['Splunkabc', 'Splunk', 'Bearer abc', ''])
      expect(schemeCredential(asked({ authorization: other }), 'splunk')).toBeUndefined()
  })

  it('is the password of Basic, or the user where that is a key or stands alone', () => {
    expect(basicCredential(basic(`12345:${KEY}`))).toBe(KEY)
    expect(basicCredential(basic(`${KEY}:anything`))).toBe(KEY)
    expect(basicCredential(basic(`${KEY}:`))).toBe(KEY)
    expect(basicCredential(basic('secret'))).toBe('secret')
    expect(basicCredential(basic('user:with:colons'))).toBe('with:colons')
    for (const none of [':', '']) expect(basicCredential(basic(none))).toBeUndefined()
    expect(basicCredential(asked({ authorization: 'Basic §§' }))).toBeUndefined()
    expect(basicCredential(asked({ authorization: `Bearer ${KEY}` }))).toBeUndefined()
  })

  it('is never longer than any credential is', () => {
    const long = 'x'.repeat(CREDENTIAL_CHARACTERS_MAX + 1)
    expect(headerCredential(asked({ 'dd-api-key': long }), 'dd-api-key')).toBeUndefined()
    expect(queryCredential(asked({}, `?token=${long}`), 'token')).toBeUndefined()
    expect(headerCredential(asked({ 'dd-api-key': ' k ' }), 'dd-api-key')).toBe('k')
    expect(queryCredential(asked({}, '?token=k'), 'token')).toBe('k')
  })
})
